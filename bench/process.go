package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// clockTick is the unit of the times in /proc/PID/stat: USER_HZ, which Linux
// tells everybody is 100.
const clockTick = 10 * time.Millisecond

// listen opens a port of the system's choice on loopback.
func listen() (net.Listener, error) {
	return (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
}

// announce tells the parent where a child listens, as the facade does by its log.
func announce(addresses map[string]string) {
	line := map[string]any{"msg": "serving"}
	for name, address := range addresses {
		line[name] = address
	}
	_ = json.NewEncoder(os.Stderr).Encode(line) // a parent that has gone will end us
}

// child is a process that serves.
type child struct {
	GRPC    string `json:"grpc"`
	HTTP    string `json:"http"`
	REST    string `json:"rest"` // what builds before 2026-12 say for http
	Admin   string `json:"admin"`
	Plain   string `json:"plain"`
	Secure  string `json:"secure"`
	Control string `json:"control"`

	command *exec.Cmd
	drained chan struct{} // closed when all that it wrote has been read
}

// cores says which processes run where: what is measured has a core of its own.
type cores struct {
	measured, others string // "" where processes cannot be bound
}

func findCores() cores {
	if _, err := exec.LookPath("taskset"); err != nil || runtime.NumCPU() < 2 {
		return cores{}
	}
	last := runtime.NumCPU() - 1
	others := "0"
	if last > 1 {
		others += "-" + strconv.Itoa(last-1)
	}
	return cores{measured: strconv.Itoa(last), others: others}
}

// command makes a command that runs on given cores.
func command(ctx context.Context, core, name string, args ...string) *exec.Cmd {
	if core != "" {
		name, args = "taskset", append([]string{"-c", core, name}, args...)
	}
	c := exec.CommandContext(ctx, name, args...) //nolint:gosec // what we have built, or ourselves
	c.WaitDelay = time.Second
	return c
}

// start starts a process and waits until it says where it serves. What it logs
// afterwards is read and thrown away, as a collector would take it.
func start(ctx context.Context, core, name string, args ...string) (*child, error) {
	c := &child{command: command(ctx, core, name, args...), drained: make(chan struct{})}
	stderr, err := c.command.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := c.command.Start(); err != nil {
		return nil, err
	}
	var said []string
	lines := bufio.NewReaderSize(stderr, 64<<10)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			close(c.drained)
			c.stop()
			return nil, fmt.Errorf("%s does not serve: %w: %s", name, err, strings.Join(said, ""))
		}
		if said = append(said, line); strings.Contains(line, `"msg":"serving"`) {
			go func() {
				defer close(c.drained)
				_, _ = io.Copy(io.Discard, lines)
			}()
			err := json.Unmarshal([]byte(line), c)
			c.HTTP = cmp.Or(c.HTTP, c.REST)
			return c, err
		}
	}
}

// stop ends the process.
func (c *child) stop() {
	if c == nil {
		return
	}
	_ = c.command.Process.Kill()
	<-c.drained
	_ = c.command.Wait() // it was killed
}

func (c *child) pid() int { return c.command.Process.Pid }

// cpuTime is the processor time that a process has had, by user and system.
func cpuTime(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The second field is a name in brackets, which may hold anything.
	_, after, _ := strings.Cut(string(text[strings.LastIndexByte(string(text), ')'):]), " ")
	fields := strings.Fields(after)
	const user, system = 11, 12 // fields 14 and 15 of proc(5)
	if len(fields) <= system {
		return 0, errors.New("/proc/PID/stat is not as expected")
	}
	ticks := 0
	for _, field := range []string{fields[user], fields[system]} {
		n, err := strconv.Atoi(field)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * clockTick, nil
}

// memory is a figure of /proc/PID/status in KiB: VmRSS, or VmHWM for the most so far.
func memory(pid int, figure string) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, figure+":"); ok {
			return strconv.ParseFloat(strings.Fields(value)[0], 64)
		}
	}
	return 0, fmt.Errorf("/proc/PID/status has no %s", figure)
}
