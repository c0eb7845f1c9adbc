package testbed

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/wingspan-grpc/session-facade/test/httpclient"
)

// Server is the facade as a process.
type Server struct {
	GRPC, HTTP, Admin string // host and port
	command           *exec.Cmd
	mu                sync.Mutex
	printed           strings.Builder // the codes that the sandbox "sends"
}

// Start starts a server, or returns the one that runs with these flags.
func (e *Env) Start(ctx context.Context, flags ...string) (*Server, error) {
	key := strings.Join(flags, " ")
	if s := e.servers[key]; s != nil {
		return s, nil
	}
	if err := e.build(ctx); err != nil {
		return nil, err
	}
	flags = append([]string{"--grpc-addr=127.0.0.1:0", "--http-addr=127.0.0.1:0", "--admin-addr=127.0.0.1:0", "--shutdown-delay=0s"}, flags...)
	s := &Server{command: exec.Command(e.binary, flags...)} //nolint:noctx // it serves several judges
	out, err := s.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	log, err := s.command.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := s.command.Start(); err != nil {
		return nil, err
	}
	e.servers[key] = s
	go s.keep(out)
	if err := s.awaitAddresses(log); err != nil {
		return nil, fmt.Errorf("the server with %q: %w", flags, err)
	}
	return s, nil
}

// build builds the server, once.
func (e *Env) build(ctx context.Context) error {
	if e.binary != "" {
		return nil
	}
	binary := filepath.Join(e.Work, "server")
	args := []string{"build", "-tags", "grpcnotrace", "-trimpath", "-buildvcs=false", "-o", binary}
	if e.Overlay != "" {
		args = append(args, "-overlay", e.Overlay)
	}
	command := exec.CommandContext(ctx, "go", append(args, "./cmd/server")...)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w: %s", err, Tail(output))
	}
	e.binary = binary
	return nil
}

// keep keeps what the sandbox prints.
func (s *Server) keep(out io.Reader) {
	for lines := bufio.NewScanner(out); lines.Scan(); {
		s.mu.Lock()
		s.printed.WriteString(lines.Text() + "\n")
		s.mu.Unlock()
	}
}

// awaitAddresses reads the log until the server serves; the rest of it is of no interest.
func (s *Server) awaitAddresses(log io.Reader) error {
	lines := bufio.NewReader(log)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return fmt.Errorf("it has not begun to serve: %w", err)
		}
		var entry struct{ Msg, GRPC, HTTP, Admin string }
		if json.Unmarshal(line, &entry) == nil && entry.Msg == "serving" {
			s.GRPC, s.HTTP, s.Admin = entry.GRPC, entry.HTTP, entry.Admin
			go func() { _, _ = io.Copy(io.Discard, lines) }()
			return nil
		}
	}
}

func (s *Server) stop() {
	_ = s.command.Process.Signal(syscall.SIGTERM)
	_ = s.command.Wait()
}

// Code waits for the last code that the sandbox has printed after these words.
func (s *Server) Code(ctx context.Context, words string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		s.mu.Lock()
		text := s.printed.String()
		s.mu.Unlock()
		if at := strings.LastIndex(text, words); at >= 0 {
			line, _, _ := strings.Cut(text[at+len(words):], "\n")
			fields := strings.Fields(line)
			return strings.Trim(fields[len(fields)-1], `".,`), nil
		}
		time.Sleep(5 * time.Millisecond)
	}
	return "", fmt.Errorf("the sandbox has not printed a %s", words)
}

// Response is what a call has brought.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// Call makes a REST call at a base URL.
func Call(ctx context.Context, base, token, verb, path, body string) (*Response, error) {
	request, err := http.NewRequestWithContext(ctx, verb, base+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" || verb != http.MethodGet {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := httpclient.Shared.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	return &Response{response.StatusCode, response.Header, read}, err
}

// Ada and Grace are users of the sandbox as sign-ins have them.
const (
	Ada   = `{"email":"ada@example.com","password":"analytical-engine"}`
	Grace = `{"email":"grace@example.com","password":"compile-the-world"}`
)

// SignIn is a token of a user of the sandbox.
func (s *Server) SignIn(ctx context.Context, user string) (string, error) {
	response, err := Call(ctx, "http://"+s.HTTP, "", http.MethodPost, "/users/session", user)
	if err != nil {
		return "", err
	}
	var session struct{ Token string }
	if err := json.Unmarshal(response.Body, &session); err != nil || session.Token == "" {
		return "", errors.Join(errors.New("no session"), err)
	}
	return session.Token, nil
}

// Sandboxed is the server on the sandbox in plaintext.
func (e *Env) Sandboxed(ctx context.Context) (*Server, error) { return e.Start(ctx, "--sandbox") }

// Secured is the server over TLS, and the file of the CA to trust.
func (e *Env) Secured(ctx context.Context, flags ...string) (*Server, string, error) {
	folder := filepath.Join(e.Work, "tls")
	if _, err := os.Stat(folder); err != nil {
		if err := writeCertificates(folder); err != nil {
			return nil, "", err
		}
	}
	ca := filepath.Join(folder, "ca.pem")
	for i, flag := range flags {
		flags[i] = strings.ReplaceAll(flag, "$CA", ca)
	}
	s, err := e.Start(ctx, append([]string{"--sandbox", "--tls-cert=" + filepath.Join(folder, "cert.pem"), "--tls-key=" + filepath.Join(folder, "key.pem")}, flags...)...)
	return s, ca, err
}

// PortName is what a port is called, whose number is another each time.
func (e *Env) PortName(address string) string {
	for flags, s := range e.servers {
		suffix := ""
		if strings.Contains(flags, "--tls-cert") {
			suffix = " over TLS"
		}
		if strings.Contains(flags, "--tls-client-ca") {
			suffix += " with client certificates"
		}
		switch address {
		case s.GRPC:
			return "gRPC port" + suffix
		case s.HTTP:
			return "HTTP port" + suffix
		case s.Admin:
			return "admin port" + suffix
		}
	}
	return address
}
