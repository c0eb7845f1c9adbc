//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// settled is how long replicas are called on after the last fault.
const settled = 10 * time.Second

// faults calls replicas while faults come at random.
func faults(ctx context.Context, r *run) error {
	c, err := r.start(ctx, failing)
	if err != nil {
		return err
	}
	defer c.close()
	direct, err := c.direct()
	if err != nil {
		return err
	}
	defer closeAll(direct)
	background, err := r.underLoad(ctx, c)
	if err != nil {
		return err
	}
	coming, stop := context.WithCancel(ctx)
	defer stop()
	p, gone := &people{direct: direct, watched: r.ttl + r.ttl/5}, make(chan struct{})
	go func() {
		defer close(gone)
		p.come(coming, r.seed)
	}()
	began := time.Now()
	happened, err := r.happen(ctx, c)
	wait(ctx, settled)
	took := time.Since(began)
	stop()
	<-gone
	background.stop()
	if err := errors.Join(err, ctx.Err()); err != nil {
		return err
	}
	theirs, _ := p.failures()
	others, _ := background.failures()
	r.add(fmt.Sprintf("calls that fail while Redis fails %d times", r.faults), 0, float64(theirs+others), "")
	r.add("answers that a session is live more than 5 s after its sign-out meanwhile", 0, float64(p.stale), "")
	r.note("Faults by seed %d, in %s: %s. Checks: %s People: %s %s", r.seed, took.Round(time.Second), happened, &background.tally, &p.tally, &p.judgement)
	if p.signOuts == 0 {
		return errors.New("nobody has signed out while Redis failed")
	}
	return nil
}

// rollingRestart restarts the replicas one after the other under load.
func rollingRestart(ctx context.Context, r *run) error {
	c, err := r.together(ctx)
	if err != nil {
		return err
	}
	background, err := r.underLoad(ctx, c)
	if err != nil {
		return err
	}
	wait(ctx, time.Second)
	for _, f := range c.facades {
		if err = errors.Join(f.Terminate(), f.Start(ctx)); err != nil {
			break
		}
		wait(ctx, 2*time.Second) // callers look for it
	}
	background.stop()
	if err := errors.Join(err, ctx.Err()); err != nil {
		return err
	}
	count, _ := background.failures()
	r.add("calls that fail while all replicas are restarted in turn", 0, float64(count+background.of[refused]), "")
	r.note("Restart: %s", &background.tally)
	return nil
}
