//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// signOuts measures how long after a sign-out at one replica the others answer as if there
// had been none.
func signOuts(ctx context.Context, r *run) error {
	direct, end, err := r.underway(ctx)
	if err != nil {
		return err
	}
	defer end()
	var mu sync.Mutex
	var late []time.Duration
	var failures error
	all := make(chan string, r.signOuts)
	for _, token := range tokens("ended", r.signOuts) {
		all <- token
	}
	close(all)
	const atOnce = 20
	var running sync.WaitGroup
	for range atOnce {
		running.Go(func() {
			for token := range all {
				took, err := signOut(ctx, direct, token)
				mu.Lock()
				late, failures = append(late, took), errors.Join(failures, err)
				mu.Unlock()
			}
		})
	}
	running.Wait()
	if failures != nil {
		return failures
	}
	r.add("a sign-out at one replica is final at all others, p99.9", 100, percentile(late, 0.999).Seconds()*1e3, "ms")
	r.note("%d sign-outs, of sessions that all replicas had in memory: the slowest was final at all others %s after its response.", len(late), percentile(late, 1))
	return nil
}

// signOut has all replicas know a session, ends it at the first, and returns how long after
// that another last answered that it is live, in a check that was begun after it.
func signOut(ctx context.Context, direct []*client, token string) (time.Duration, error) {
	for _, d := range direct {
		for a := refused; a != live; {
			var err error
			if a, err = d.check(ctx, token, nil); a != live && a != refused {
				return 0, fmt.Errorf("a session that is live is not: %d, %w", a, err)
			}
		}
	}
	a, err := direct[0].end(ctx, token)
	if a != live {
		return 0, fmt.Errorf("a sign-out has failed: %d, %w", a, err)
	}
	over := time.Now()
	last := make([]time.Duration, len(direct))
	errs := make([]error, len(direct))
	var running sync.WaitGroup
	for i, d := range direct {
		running.Go(func() { last[i], errs[i] = lastLive(ctx, d, token, over) })
	}
	running.Wait()
	return max(last[0], last[1], last[2]), errors.Join(errs...)
}

// lastLive checks a session until it has ended.
func lastLive(ctx context.Context, of *client, token string, over time.Time) (last time.Duration, err error) {
	for {
		began := time.Now()
		a, err := judge(of.ask(ctx, token, nil))
		switch {
		case a == ended:
			return last, nil
		case a == live && began.After(over):
			last = time.Since(over)
		case a == failed:
			return 0, err
		}
		if last > time.Minute {
			return 0, errors.New("a session that has ended is live for ever")
		}
	}
}
