// Package edge proves how the server behaves at its ports: it runs the command
// as a process of its own and talks to it over sockets.
package edge

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/wingspan-grpc/session-facade/test/testinputs"
)

// waitLimit is how long a test waits for what should be there in moments, on a machine
// that is busy with other tests too.
const waitLimit = 90 * time.Second

// binary is the command, built once; raced says that it has the race detector.
var (
	binary string
	raced  bool
)

func TestMain(m *testing.M) { os.Exit(build(m)) }

func build(m *testing.M) int {
	dir, err := os.MkdirTemp("", "edge")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary = filepath.Join(dir, "server")
	args := []string{"build", "-o", binary}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, setting := range info.Settings {
			if setting.Key == "-race" {
				args = append(args, "-race="+setting.Value)
				raced = setting.Value == "true"
			}
		}
	}
	if out, err := exec.Command("go", append(args, "../../cmd/server")...).CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%s%v\n", out, err)
		return 1
	}
	return m.Run()
}

// process is a running server.
type process struct {
	// GRPC, REST and Admin are where it listens.
	GRPC, REST, Admin string

	// mayGiveWay says that responses give way to others that wait: on a busy machine an
	// honest one may have waited as long as they.
	mayGiveWay bool

	command *exec.Cmd
	ended   chan struct{} // closed when it has ended and all it wrote is in lines

	mu    sync.Mutex
	lines []string
	wrote chan struct{} // closed at the next line
}

// start starts a server on ports of its own and waits until it serves. It is
// killed when the test ends.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	return startWith(t, nil, args...)
}

// startWith is start with more environment variables.
func startWith(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	p := launchWith(t, env, append([]string{"--grpc-addr=127.0.0.1:0", "--http-addr=127.0.0.1:0", "--admin-addr=127.0.0.1:0"}, args...)...)
	var serving struct{ GRPC, HTTP, Admin string }
	if err := json.Unmarshal([]byte(p.await(t, `"msg":"serving"`)), &serving); err != nil {
		t.Fatal(err)
	}
	p.GRPC, p.REST, p.Admin = serving.GRPC, serving.HTTP, serving.Admin
	return p
}

// server is the command. All that it is built of is an input of the test.
func server(t *testing.T) string {
	t.Helper()
	testinputs.AddServer(t, filepath.Join("..", ".."))
	return binary
}

func launch(t *testing.T, args ...string) *process {
	t.Helper()
	return launchWith(t, nil, args...)
}

// launchWith is launch with more environment variables.
func launchWith(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	p := &process{ended: make(chan struct{}), wrote: make(chan struct{})}
	p.command = exec.Command(server(t), args...)
	p.command.Env = append(os.Environ(), env...)
	stderr, err := p.command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		p.read(stderr)
		_ = p.command.Wait() // how it ended is in its ProcessState
	}()
	t.Cleanup(func() {
		_ = p.command.Process.Kill()
		<-p.ended
		p.checkLog(t)
	})
	return p
}

func (p *process) read(stderr io.Reader) {
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		p.mu.Lock()
		p.lines = append(p.lines, lines.Text())
		close(p.wrote)
		p.wrote = make(chan struct{})
		p.mu.Unlock()
	}
}

// checkLog finds what no test may make a server write.
func (p *process) checkLog(t *testing.T) {
	t.Helper()
	for _, line := range p.log() {
		for _, bad := range []string{"DATA RACE", "panic", "PRIVATE KEY", "goroutine "} {
			if strings.Contains(line, bad) {
				t.Errorf("the server wrote %q", line)
			}
		}
	}
}

func (p *process) log() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lines[:len(p.lines):len(p.lines)]
}

// await waits for a line with the given text in it and returns it.
func (p *process) await(t *testing.T, text string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
	defer cancel()
	for {
		p.mu.Lock()
		lines, wrote := p.lines, p.wrote
		p.mu.Unlock()
		for _, line := range lines {
			if strings.Contains(line, text) {
				return line
			}
		}
		select {
		case <-wrote:
		case <-p.ended:
			t.Fatalf("ended without a line with %q: %q", text, p.log())
		case <-ctx.Done():
			t.Fatalf("no line with %q in %q", text, lines)
		}
	}
}

// checkMemory checks how much memory the server has had at most. The race detector takes
// several times what is needed without. (What wait4 tells of a process includes what the
// test itself had when it started it.)
func (p *process) checkMemory(t *testing.T) {
	t.Helper()
	if runtime.GOOS != "linux" {
		return
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "VmHWM:")
	kib := 0
	if _, err := fmt.Sscan(after, &kib); err != nil {
		t.Fatal(err)
	}
	t.Logf("the server took %d MiB of memory at most", kib>>10)
	most := 512
	if raced {
		most *= 3
	}
	if kib>>10 > most {
		t.Errorf("the server took %d MiB of memory", kib>>10)
	}
}

// terminate asks the server to end, as a supervisor does.
func (p *process) terminate(t *testing.T) {
	t.Helper()
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatal(err)
	}
}

// wait waits for the server to end and returns its exit code: -1 if it was
// killed by a signal.
func (p *process) wait(t *testing.T) int {
	t.Helper()
	select {
	case <-p.ended:
		return p.command.ProcessState.ExitCode()
	case <-time.After(waitLimit):
		t.Fatalf("does not end: %q", p.log())
		return 0
	}
}
