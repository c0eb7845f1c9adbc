package edge

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/wingspan-grpc/session-facade/test/httpclient"
)

// run runs a command to its end in the background; it is killed when the test ends.
func (p *process) run(t *testing.T) {
	t.Helper()
	p.ended, p.wrote = make(chan struct{}), make(chan struct{})
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		_ = p.command.Wait() // how it ended is in its ProcessState
	}()
	overdue := time.AfterFunc(2*waitLimit, func() { _ = p.command.Process.Kill() }) // ends who reads its log
	t.Cleanup(func() {
		overdue.Stop()
		_ = p.command.Process.Kill()
		<-p.ended
	})
}

// startUnread starts a server whose log is read until it serves. logs is the end of
// the pipe that nobody reads from then on.
func startUnread(t *testing.T, args ...string) (p *process, logs *os.File) {
	t.Helper()
	logs, written, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = logs.Close() })
	p = &process{command: exec.Command(server(t), append([]string{
		"--grpc-addr=127.0.0.1:0", "--http-addr=127.0.0.1:0", "--admin-addr=127.0.0.1:0", "--sandbox"}, args...)...)}
	p.command.Stderr = written
	p.run(t)
	_ = written.Close()
	var serving struct{ Msg, GRPC, HTTP, Admin string }
	for lines := bufio.NewScanner(logs); serving.Msg != "serving" && lines.Scan(); {
		if err := json.Unmarshal(lines.Bytes(), &serving); err != nil {
			t.Fatal(err)
		}
	}
	p.GRPC, p.REST, p.Admin = serving.GRPC, serving.HTTP, serving.Admin
	return p, logs
}

// full is the end of a pipe that takes no more and that nobody reads.
func full(t *testing.T) *os.File {
	t.Helper()
	unread, written, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = unread.Close(), written.Close() })
	if err := written.SetWriteDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, err := written.Write(make([]byte, 4<<20)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("the pipe is not full: %v", err)
	}
	return written
}

// floods makes calls, of which each has a line in the log, until lines are dropped.
func (p *process) floods(t *testing.T) {
	t.Helper()
	for began := time.Now(); p.dropped(t) == 0; {
		var calls sync.WaitGroup
		for range 4 {
			calls.Go(func() {
				for range 250 {
					response, err := httpclient.Shared.Get("http://" + p.REST + "/users/nothing")
					if err != nil {
						t.Errorf("a call failed: %v", err)
						return
					}
					_, _ = io.Copy(io.Discard, response.Body)
					_ = response.Body.Close()
				}
			})
		}
		calls.Wait()
		if t.Failed() || time.Since(began) > waitLimit {
			t.Fatal("no line was dropped")
		}
	}
}

// dropped is how many log lines the server has dropped, as it says.
func (p *process) dropped(t *testing.T) int {
	t.Helper()
	response, err := httpclient.Shared.Get("http://" + p.Admin + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), "session_facade_log_dropped_total "); ok {
			dropped, err := strconv.Atoi(value)
			if err != nil {
				t.Fatal(err)
			}
			return dropped
		}
	}
	t.Fatal("session_facade_log_dropped_total is missing")
	return 0
}

// awaitNotReady waits until the admin port says that the server is shutting down.
func awaitNotReady(t *testing.T, p *process) {
	t.Helper()
	for began := time.Now(); ready(t, p) != http.StatusServiceUnavailable; {
		if time.Since(began) > waitLimit {
			t.Fatal("still ready")
		}
	}
}

// TestUnreadLog_HoldsUpNobody shows that calls, health and the shutdown go on where
// nobody reads the log, and that what is lost is counted.
func TestUnreadLog_HoldsUpNobody(t *testing.T) {
	t.Parallel()
	p, _ := startUnread(t, "--shutdown-delay=500ms")
	p.floods(t)
	works(t, p, nil)
	p.terminate(t)
	awaitNotReady(t, p)
	if code := p.wait(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// TestUnreadLog_SecondSignalEndsAtOnce shows that the log does not keep a process
// that is told twice to end.
func TestUnreadLog_SecondSignalEndsAtOnce(t *testing.T) {
	t.Parallel()
	p, _ := startUnread(t, "--shutdown-delay=1h")
	p.floods(t)
	p.terminate(t)
	awaitNotReady(t, p)
	endAtOnce(t, p)
}

// TestBrokenLogPipe_IsSurvived shows that who reads the log may go.
func TestBrokenLogPipe_IsSurvived(t *testing.T) {
	t.Parallel()
	p, logs := startUnread(t)
	_ = logs.Close()
	p.floods(t)
	works(t, p, nil)
	p.terminate(t)
	if code := p.wait(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// TestUnreadOutput_HoldsUpNobody shows that a sandbox works though nobody reads the
// codes that it prints.
func TestUnreadOutput_HoldsUpNobody(t *testing.T) {
	t.Parallel()
	p := &process{command: exec.Command(server(t), "--grpc-addr=127.0.0.1:0", "--http-addr=127.0.0.1:0", "--admin-addr=127.0.0.1:0", "--sandbox")}
	p.command.Stdout = full(t)
	logs, err := p.command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.run(t)
	var serving struct{ Msg, GRPC, HTTP, Admin string }
	lines := bufio.NewScanner(logs)
	for serving.Msg != "serving" && lines.Scan() {
		if err := json.Unmarshal(lines.Bytes(), &serving); err != nil {
			t.Fatal(err)
		}
	}
	go func() { _, _ = io.Copy(io.Discard, logs) }()
	p.GRPC, p.REST, p.Admin = serving.GRPC, serving.HTTP, serving.Admin
	works(t, p, nil)
	p.terminate(t)
	if code := p.wait(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// TestUnreadError_DoesNotKeepTheProcess shows that a process that fails ends, though
// it cannot say why.
func TestUnreadError_DoesNotKeepTheProcess(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		want int
		args []string
	}{
		"a flag": {2, []string{"--nope"}},
		"a port": {1, []string{"--sandbox", "--grpc-addr=256.0.0.1:1", "--http-addr=127.0.0.1:0", "--admin-addr=127.0.0.1:0"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &process{command: exec.Command(server(t), c.args...)}
			p.command.Stderr = full(t)
			p.run(t)
			if code := p.wait(t); code != c.want {
				t.Errorf("exit code %d, want %d", code, c.want)
			}
		})
	}
}

// TestHangup_Drains shows that a terminal that is closed ends the server as SIGTERM
// does.
func TestHangup_Drains(t *testing.T) {
	t.Parallel()
	if signal.Ignored(syscall.SIGHUP) {
		t.Skip("SIGHUP is ignored here, as by nohup, and so it is by the server")
	}
	u := newSlowUpstream(t)
	p := start(t, "--upstream-url="+u.url, "--shutdown-delay=0s")
	viaGRPC, viaREST := u.hold(t, newCaller(t, p, nil))
	if err := p.command.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	awaitClosed(t, p.GRPC, p.REST)
	close(u.release)
	if err := errors.Join(<-viaGRPC, <-viaREST); err != nil {
		t.Error(err)
	}
	if code := p.wait(t); code != 0 {
		t.Errorf("exit code %d: %q", code, p.log())
	}
}
