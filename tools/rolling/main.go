// Command rolling proves that replicas can be restarted without one failed call.
// It starts three of them on loopback in front of an upstream of its own, calls
// them through balancers as they are met in the field, and restarts them in turn.
// It exits with 1 if a call or a replica has failed.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	replicas = 3
	rounds   = 3
	minCalls = 10_000 // for each door
	longest  = 60 * time.Second
	// glance is how often a balancer looks, and how often we do.
	glance = 50 * time.Millisecond
	// delay is how long a replica serves on when it has been told to go. It is long
	// enough for any balancer to have looked.
	delay = time.Second
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), longest)
	defer cancel()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "rolling:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "rolling")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary := filepath.Join(dir, "server")
	build := exec.CommandContext(ctx, "go", "build", "-o", binary,
		"github.com/wingspan-grpc/session-facade/cmd/server")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	upstream := httptest.NewServer(http.HandlerFunc(answer))
	defer upstream.Close()
	var all []*replica
	for i := range replicas {
		r := newReplica(i, binary, upstream.URL)
		if err := r.start(ctx); err != nil {
			return err
		}
		defer r.kill()
		all = append(all, r)
	}
	load, err := newLoad(ctx, all)
	if err != nil {
		return err
	}
	rolled := roll(ctx, load, all)
	failed := load.finish()
	return errors.Join(rolled, failed)
}

// roll restarts the replicas in turn, and waits until enough calls were made.
func roll(ctx context.Context, load *load, all []*replica) error {
	for round := range rounds {
		for _, r := range all {
			if err := r.restart(ctx); err != nil {
				return err
			}
			if err := load.awaitUse(ctx, r); err != nil {
				return err
			}
		}
		fmt.Printf("round %d of %d: all replicas were restarted\n", round+1, rounds)
	}
	return until(ctx, "enough calls", load.enough)
}

// until waits for something that comes about by itself.
func until(ctx context.Context, what string, done func() bool) error {
	ticker := time.NewTicker(glance)
	defer ticker.Stop()
	for !done() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w", what, ctx.Err())
		}
	}
	return nil
}

// answer is the upstream: a list, or an API session made.
func answer(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // what is asked for does not matter
	time.Sleep(5 * time.Millisecond)
	session := `{"sessionId":"s","expiration":"e","isUnlimitedExpiration":false,"sessionType":"API"}`
	if r.Method == http.MethodGet {
		session = "[" + session + "]"
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, session)
}

// replica is a server that is restarted at the same addresses.
type replica struct {
	index             int
	grpc, rest, admin string
	binary, upstream  string
	command           *exec.Cmd
}

func newReplica(index int, binary, upstream string) *replica {
	r := &replica{index: index, binary: binary, upstream: upstream}
	// Not ports of the system's choice: while the replica is away, a connection
	// could get one of those.
	port := 20_000 + os.Getpid()%1_000*10 + index*3
	for i, address := range []*string{&r.grpc, &r.rest, &r.admin} {
		*address = net.JoinHostPort("127.0.0.1", strconv.Itoa(port+i))
	}
	return r
}

// start starts it and waits until it is ready.
func (r *replica) start(ctx context.Context) error {
	r.command = exec.CommandContext(ctx, r.binary, "--upstream-url="+r.upstream,
		"--log-level=warn",
		"--grpc-addr="+r.grpc, "--http-addr="+r.rest, "--admin-addr="+r.admin, "--shutdown-delay="+delay.String())
	r.command.Stderr = os.Stderr
	if err := r.command.Start(); err != nil {
		return err
	}
	return until(ctx, "replica "+r.rest, func() bool { return r.ready(ctx) })
}

// restart ends it as a supervisor does, and starts it again.
func (r *replica) restart(ctx context.Context) error {
	if err := r.command.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	if err := r.command.Wait(); err != nil {
		return fmt.Errorf("replica %s: %w", r.rest, err)
	}
	return r.start(ctx)
}

func (r *replica) kill() {
	_ = r.command.Process.Kill()
	_ = r.command.Wait()
}

// ready asks its /readyz.
func (r *replica) ready(ctx context.Context) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+r.admin+"/readyz", http.NoBody)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return err == nil && response.StatusCode == http.StatusOK && strings.HasPrefix(string(text), "ready")
}
