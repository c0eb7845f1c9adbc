// Package server starts servers of the facade for tools, each at addresses that stay the same
// when it is started again.
package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/wingspan-grpc/session-facade/test/httpclient"
)

// Server is a server that is always started at the same addresses.
type Server struct {
	Host, Port        string // gRPC's
	GRPC, HTTP, Admin string

	binary  string
	flags   []string
	command *exec.Cmd
	ended   chan struct{}
	failed  error // when it has ended
}

const (
	// glance is how often is looked whether a server is ready.
	glance = 50 * time.Millisecond
	// startTime is how long a server may take to be ready.
	startTime = 30 * time.Second
)

// Build builds the server of this checkout.
func Build(ctx context.Context, dir string) (binary string, err error) {
	binary = filepath.Join(dir, "server")
	command := exec.CommandContext(ctx, "go", "build", "-o", binary, "github.com/wingspan-grpc/session-facade/cmd/server")
	if out, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return binary, nil
}

// New gives each server an address of its own, like a pod, and the same ports.
func New(index int, binary string, flags ...string) *Server {
	s := &Server{Host: fmt.Sprintf("127.0.0.%d", 101+index), binary: binary}
	// Not ports of the system's choice: while the server is away, a connection
	// could get one of those.
	port := 20_000 + os.Getpid()%3_000*3
	s.Port = strconv.Itoa(port)
	for i, address := range []*string{&s.GRPC, &s.HTTP, &s.Admin} {
		*address = net.JoinHostPort(s.Host, strconv.Itoa(port+i))
	}
	s.flags = append([]string{"--grpc-addr=" + s.GRPC, "--http-addr=" + s.HTTP, "--admin-addr=" + s.Admin}, flags...)
	return s
}

// Start starts it and waits until it is ready.
func (s *Server) Start(ctx context.Context) error {
	if s.Ready(ctx) {
		return fmt.Errorf("another server is at %s already", s.HTTP)
	}
	s.command = exec.CommandContext(ctx, s.binary, s.flags...)
	s.command.Stderr = os.Stderr
	if err := s.command.Start(); err != nil {
		return err
	}
	s.ended = make(chan struct{})
	go func() {
		defer close(s.ended)
		s.failed = s.command.Wait()
	}()
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	ticker := time.NewTicker(glance)
	defer ticker.Stop()
	for !s.Ready(ctx) {
		select {
		case <-ticker.C:
		case <-s.ended:
			return errors.Join(fmt.Errorf("the server at %s has ended before it was ready", s.HTTP), s.failed)
		case <-ctx.Done():
			return fmt.Errorf("waiting for the server at %s: %w", s.HTTP, ctx.Err())
		}
	}
	return nil
}

// Terminate ends it as a supervisor does.
func (s *Server) Terminate() error {
	if err := s.command.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	<-s.ended
	if s.failed != nil {
		return fmt.Errorf("server at %s: %w", s.HTTP, s.failed)
	}
	return nil
}

// Kill ends it if it was started and has not ended.
func (s *Server) Kill() {
	if s.ended != nil {
		_ = s.command.Process.Kill()
		<-s.ended
	}
}

// Ready asks its /readyz.
func (s *Server) Ready(ctx context.Context) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.Admin+"/readyz", http.NoBody)
	if err != nil {
		return false
	}
	response, err := httpclient.Shared.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return err == nil && response.StatusCode == http.StatusOK && strings.HasPrefix(string(text), "ready")
}
