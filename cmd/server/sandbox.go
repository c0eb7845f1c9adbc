package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/localhost"
	"github.com/wingspan-grpc/session-facade/internal/sandbox"
	"github.com/wingspan-grpc/session-facade/internal/sandbox/seed"
)

// startSandbox serves the made-up upstream on loopback, for the configuration to name. The
// codes that it sends are printed, never logged.
func startSandbox(ctx context.Context, c *config, l *lifecycle, stdout io.Writer) (*sandbox.Sandbox, error) {
	l.open = localhost.Listen
	initial, err := readSeed(c.SandboxFile)
	if err != nil {
		return nil, c.blame(err, "sandbox-file")
	}
	made, err := sandbox.New(stdout, time.Now, initial)
	if err != nil {
		return nil, c.blame(err, "sandbox-file")
	}
	listener, err := listenTCP(ctx, "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	server := newHTTPServer(c, made, 0, l.logger)
	// The connection that is opened before the first call has sent nothing until then: to
	// net/http it is not idle, but slow.
	server.IdleTimeout, server.ReadHeaderTimeout, server.ReadTimeout = upstreamIdleTimeout, upstreamIdleTimeout, upstreamIdleTimeout
	l.serveHTTP("sandbox upstream", listener, server)
	l.logger.WarnContext(ctx, "SANDBOX: the upstream is made up, in memory; nothing here is real")
	printUsers(stdout, made.Users())
	c.UpstreamURL = &url.URL{Scheme: "http", Host: listener.Addr().String()}
	return made, nil
}

// readSeed reads what the sandbox begins with.
func readSeed(file string) ([]byte, error) {
	if file == "" {
		return seed.Default, nil
	}
	opened, err := os.Open(file) //nolint:gosec // who starts the server names it
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	return io.ReadAll(io.LimitReader(opened, seed.MaxBytes+1)) // one more byte is refused
}

// maxPrinted is how many users are printed: those of a large seed are in its file.
const maxPrinted = 20

func printUsers(stdout io.Writer, users []seed.User) {
	for _, user := range users[:min(len(users), maxPrinted)] {
		how := "password " + user.Password
		if user.Password == "" {
			how = "single sign-on: ask /users/authentication and the code is printed here"
		}
		fmt.Fprintf(stdout, "sandbox: %s (%s), id %s, %s\n", user.Email, user.Role(), user.ID, how)
	}
	if more := len(users) - maxPrinted; more > 0 {
		fmt.Fprintf(stdout, "sandbox: and %d more users\n", more)
	}
}
