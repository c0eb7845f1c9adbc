package main

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
)

// server is the facade as a process.
type server struct {
	GRPC, HTTP, Admin string // host and port
	command           *exec.Cmd
	mu                sync.Mutex
	printed           strings.Builder // the codes that the sandbox "sends"
}

// start starts a server, or returns the one that runs with these flags.
func (e *env) start(ctx context.Context, flags ...string) (*server, error) {
	key := strings.Join(flags, " ")
	if s := e.servers[key]; s != nil {
		return s, nil
	}
	if err := e.build(ctx); err != nil {
		return nil, err
	}
	flags = append([]string{"--grpc-addr=127.0.0.1:0", "--http-addr=127.0.0.1:0", "--admin-addr=127.0.0.1:0", "--shutdown-delay=0s"}, flags...)
	s := &server{command: exec.Command(e.binary, flags...)} //nolint:noctx // it serves several judges
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
func (e *env) build(ctx context.Context) error {
	if e.binary != "" {
		return nil
	}
	binary := filepath.Join(e.work, "server")
	args := []string{"build", "-tags", "grpcnotrace", "-trimpath", "-buildvcs=false", "-o", binary}
	if e.overlay != "" {
		args = append(args, "-overlay", e.overlay)
	}
	command := exec.CommandContext(ctx, "go", append(args, "./cmd/server")...)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w: %s", err, tail(output))
	}
	e.binary = binary
	return nil
}

// keep keeps what the sandbox prints.
func (s *server) keep(out io.Reader) {
	for lines := bufio.NewScanner(out); lines.Scan(); {
		s.mu.Lock()
		s.printed.WriteString(lines.Text() + "\n")
		s.mu.Unlock()
	}
}

// awaitAddresses reads the log until the server serves; the rest of it is of no interest.
func (s *server) awaitAddresses(log io.Reader) error {
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

func (s *server) stop() {
	_ = s.command.Process.Signal(syscall.SIGTERM)
	_ = s.command.Wait()
}

// code waits for the last code that the sandbox has printed after these words.
func (s *server) code(ctx context.Context, words string) (string, error) {
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

// call makes a REST call at a base URL, and returns its status and body.
func call(ctx context.Context, base, token, verb, path, body string) (*http.Response, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, verb, base+path, strings.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	return response, read, err
}

const (
	ada   = `{"email":"ada@example.com","password":"analytical-engine"}`
	grace = `{"email":"grace@example.com","password":"compile-the-world"}`
)

// signIn is a token of a user of the sandbox.
func (s *server) signIn(ctx context.Context, user string) (string, error) {
	_, body, err := call(ctx, "http://"+s.HTTP, "", http.MethodPost, "/users/session", user)
	if err != nil {
		return "", err
	}
	var session struct{ Token string }
	if err := json.Unmarshal(body, &session); err != nil || session.Token == "" {
		return "", errors.Join(errors.New("no session"), err)
	}
	return session.Token, nil
}

// sandboxed is the server on the sandbox in plaintext.
func (e *env) sandboxed(ctx context.Context) (*server, error) { return e.start(ctx, "--sandbox") }

// secured is the server over TLS, and the file of the CA to trust.
func (e *env) secured(ctx context.Context, flags ...string) (*server, string, error) {
	folder := filepath.Join(e.work, "tls")
	if _, err := os.Stat(folder); err != nil {
		if err := writeCertificates(folder); err != nil {
			return nil, "", err
		}
	}
	ca := filepath.Join(folder, "ca.pem")
	for i, flag := range flags {
		flags[i] = strings.ReplaceAll(flag, "$CA", ca)
	}
	s, err := e.start(ctx, append([]string{"--sandbox", "--tls-cert=" + filepath.Join(folder, "cert.pem"), "--tls-key=" + filepath.Join(folder, "key.pem")}, flags...)...)
	return s, ca, err
}
