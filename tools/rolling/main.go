// Command rolling proves that replicas can be replaced without one failed call. It
// starts them on loopback in front of an upstream of its own, calls them through
// balancers as they are met in the field, and replaces them: once where they are, as a
// supervisor does, and once at new addresses, as Kubernetes does.
// It exits with 1 if a call or a replica has failed. It needs Linux, where each replica
// can have a loopback address of its own.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"google.golang.org/grpc/resolver/dns"

	"github.com/wingspan-grpc/session-facade/tools/internal/server"
)

const (
	replicas = 3
	rounds   = 3
	minCalls = 10_000 // for each protocol
	longest  = 60 * time.Second
	// glance is how often a balancer looks, and how often we do.
	glance = 50 * time.Millisecond
	// restartDelay is how long a replica that is restarted serves on when it has been
	// told to go. It is long enough for any balancer to have looked.
	restartDelay = time.Second
)

// The times of a cluster, all divided by scale. tools/deploycheck has the sum.
const (
	scale        = 15
	dnsTTL       = 30 * time.Second / scale
	resolution   = 30 * time.Second / scale // at most every
	minReady     = 65 * time.Second / scale
	replaceDelay = 65 * time.Second / scale
)

func main() {
	wait := flag.Duration("min-ready", minReady, "How long a replacement is ready before its predecessor goes; 0s shows what is lost.")
	flag.Parse()
	if err := run(*wait); err != nil {
		fmt.Fprintln(os.Stderr, "rolling:", err)
		os.Exit(1)
	}
}

func run(wait time.Duration) error {
	dir, err := os.MkdirTemp("", "rolling")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary, err := server.Build(context.Background(), dir)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), longest)
	defer cancel()
	dns.SetMinResolutionInterval(resolution)
	return errors.Join(
		underLoad(ctx, binary, restartDelay, restart),
		underLoad(ctx, binary, replaceDelay, func(ctx context.Context, _ *load, names *zone, all []*replica) error {
			return replace(ctx, names, all, wait)
		}))
}

// scenario is what befalls the replicas. The first half of them is there when it begins.
type scenario func(ctx context.Context, load *load, names *zone, all []*replica) error

// underLoad starts replicas, and calls them while a scenario goes on.
func underLoad(ctx context.Context, binary string, delay time.Duration, befalls scenario) error {
	upstream := httptest.NewServer(http.HandlerFunc(answer))
	defer upstream.Close()
	all := make([]*replica, 2*replicas)
	for i := range all {
		all[i] = newReplica(i, binary, upstream.URL, delay)
		defer all[i].Kill()
	}
	for _, r := range all[:replicas] {
		if err := r.Start(ctx); err != nil {
			return err
		}
	}
	names, err := newZone(ctx, all[0].Port, dnsTTL)
	if err != nil {
		return err
	}
	defer names.close()
	names.set(all[:replicas])
	load, err := newLoad(ctx, names, all)
	if err != nil {
		return err
	}
	befell := befalls(ctx, load, names, all)
	failed := load.finish()
	return errors.Join(befell, failed)
}

// restart restarts the replicas in turn, and waits until enough calls were made.
func restart(ctx context.Context, load *load, _ *zone, all []*replica) error {
	for round := range rounds {
		for _, r := range all[:replicas] {
			if err := errors.Join(r.Terminate(), r.Start(ctx)); err != nil {
				return err
			}
			if err := awaitUse(ctx, r); err != nil {
				return err
			}
		}
		fmt.Printf("round %d of %d: all replicas were restarted\n", round+1, rounds)
	}
	return until(ctx, "enough calls", load.enough)
}

// replace replaces the replicas as a Deployment does with maxSurge 1 and
// maxUnavailable 0. Those that go serve on while the next are replaced already.
func replace(ctx context.Context, names *zone, all []*replica, wait time.Duration) error {
	ended := make(chan error, replicas)
	for i := range replicas {
		if err := all[replicas+i].Start(ctx); err != nil {
			return err
		}
		names.set(all[i : replicas+i+1])
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
		names.set(all[i+1 : replicas+i+1])
		go func() { ended <- all[i].Terminate() }()
	}
	var failed error
	for range replicas {
		failed = errors.Join(failed, <-ended)
	}
	for _, r := range all[replicas:] {
		failed = errors.Join(failed, awaitUse(ctx, r))
	}
	fmt.Printf("all replicas were replaced, each when its replacement was ready for %s\n", wait)
	return failed
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
