//go:build unix

// Package redistest starts a server of Redis for tests, and makes it fail.
package redistest

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Server is a redis-server of its own, on a port of its own, that keeps nothing on disk
// unless it is told to. It is for one goroutine, but for Command.
type Server struct {
	// Addr is host and port.
	Addr string

	program string
	port    string
	dir     string
	args    []string
	process *exec.Cmd
	ended   chan struct{}
}

// ErrNotInstalled is returned where there is no redis-server.
var ErrNotInstalled = errors.New("redis-server is not installed: Debian's package redis-server has it")

// Start starts a server that ends with the test. The test is skipped where redis-server is
// not installed, but fails in CI.
func Start(tb testing.TB, args ...string) *Server {
	tb.Helper()
	s, err := Open(tb.TempDir(), args...)
	switch {
	case errors.Is(err, ErrNotInstalled) && os.Getenv("CI") == "":
		tb.Skip("NOT TESTED: ", err)
	case err != nil:
		tb.Fatal(err)
	}
	tb.Cleanup(s.Kill)
	return s
}

// Open starts a server that has its files, if any, in a folder. args are as redis-server
// takes them; with --tls-cert-file among them it speaks TLS only. REDIS_SERVER names another
// program, such as valkey-server.
func Open(dir string, args ...string) (*Server, error) {
	program, err := exec.LookPath(cmp.Or(os.Getenv("REDIS_SERVER"), "redis-server"))
	if err != nil {
		return nil, ErrNotInstalled
	}
	for range 5 { // another may take the port
		s := &Server{program: program, dir: dir, args: args}
		if s.port, err = freePort(); err != nil {
			return nil, err
		}
		s.Addr = net.JoinHostPort("127.0.0.1", s.port)
		if err = s.start(); err == nil {
			return s, nil
		}
	}
	return nil, err
}

func freePort() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // at once
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port), nil //nolint:forcetypeassert // as net says
}

// startTime is how long a server may take to start.
const startTime = 30 * time.Second

func (s *Server) start() error {
	port := "--port"
	if slices.Contains(s.args, "--tls-cert-file") {
		port = "--tls-port"
	}
	args := append([]string{"--port", "0", port, s.port, "--bind", "127.0.0.1", "--dir", s.dir, "--save", "", "--appendonly", "no"}, s.args...)
	s.process = exec.Command(s.program, args...) //nolint:gosec,noctx // it lives until Kill
	output, err := s.process.StdoutPipe()
	if err != nil {
		return err
	}
	if err := s.process.Start(); err != nil {
		return err
	}
	ready, said := make(chan struct{}), &strings.Builder{}
	s.ended = make(chan struct{})
	go func() {
		defer close(s.ended)
		read(output, said, ready)
		_ = s.process.Wait()
	}()
	timer := time.NewTimer(startTime)
	defer timer.Stop()
	select {
	case <-ready:
		return nil
	case <-s.ended:
		return fmt.Errorf("redis-server does not start:\n%s", said)
	case <-timer.C:
		s.Kill()
		return fmt.Errorf("redis-server does not start within %v", startTime)
	}
}

// read reads what the server says until it ends.
func read(output io.Reader, said *strings.Builder, ready chan struct{}) {
	var once sync.Once
	for lines := bufio.NewScanner(output); lines.Scan(); {
		if strings.Contains(lines.Text(), "Ready to accept connections") {
			once.Do(func() { close(ready) })
		}
		if said.Len() < 1<<16 {
			said.WriteString(lines.Text() + "\n")
		}
	}
}

// Pause stops the process: it keeps its connections, and does nothing.
func (s *Server) Pause() error { return s.process.Process.Signal(unix.SIGSTOP) }

// Resume lets it go on.
func (s *Server) Resume() error { return s.process.Process.Signal(unix.SIGCONT) }

// Kill ends the process, without a chance to save anything.
func (s *Server) Kill() {
	_ = s.process.Process.Kill()
	<-s.ended
}

// Restart kills the process, if it runs, and starts it anew, on the same port.
func (s *Server) Restart() error {
	s.Kill()
	return s.start()
}

// Command runs redis-cli with some arguments, and returns what it prints.
func (s *Server) Command(ctx context.Context, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	command := exec.CommandContext(ctx, "redis-cli", append([]string{"-h", "127.0.0.1", "-p", s.port}, args...)...) //nolint:gosec // tests'
	output, err := command.CombinedOutput()
	text := strings.TrimSpace(string(output))
	if err == nil && (strings.HasPrefix(text, "ERR ") || strings.HasPrefix(text, "NOAUTH")) {
		err = errors.New(text)
	}
	return text, err
}
