//go:build unix

package main

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// What people do while faults come.
const (
	// signOutsPerSecond is how many sign in, and out some time later.
	signOutsPerSecond = 2
	longestStay       = 8 * time.Second
	// watchDeadline is short: what a replica has in memory it says at once, and pacing need
	// not let such a check wait.
	watchDeadline = 2 * time.Second
	// closely is how long an ended session is checked often, at each replica.
	closely       = 8 * time.Second
	often, seldom = 100 * time.Millisecond, time.Second
)

// people sign in, are known to all replicas, sign out, and are checked from then on for
// longer than anything may remember them.
type people struct {
	judgement
	tally
	direct  []*client
	watched time.Duration
}

// come has people come until ctx ends, and returns when all have gone.
func (p *people) come(ctx context.Context, seed uint64) {
	var inside sync.WaitGroup
	ticker := time.NewTicker(time.Second / signOutsPerSecond)
	defer ticker.Stop()
	for n := uint64(0); ctx.Err() == nil; n++ {
		inside.Go(func() { p.stay(ctx, rand.New(rand.NewPCG(seed, n))) })
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
	inside.Wait()
}

// stay is one of them. Those who were refused come again.
func (p *people) stay(ctx context.Context, chosen *rand.Rand) {
	calls := context.WithoutCancel(ctx) // calls that are out may end
	var token string
	if !p.repeat(ctx, func() (a answer, err error) {
		token, a, err = p.direct[chosen.IntN(len(p.direct))].signIn(calls)
		return a, err
	}) {
		return
	}
	for _, d := range p.direct {
		if !p.repeat(ctx, func() (answer, error) { return d.check(calls, token, nil) }) {
			return
		}
	}
	wait(ctx, time.Duration(chosen.Float64()*float64(longestStay)))
	at := chosen.IntN(len(p.direct))
	if !p.repeat(ctx, func() (answer, error) { return p.direct[at].end(calls, token) }) {
		return
	}
	over := time.Now()
	p.signedOut()
	var watching sync.WaitGroup
	for i := range p.direct {
		watching.Go(func() { p.watch(ctx, i, at, token, over) })
	}
	watching.Wait()
}

// repeat makes a call until it is not refused, and tells whether it was answered.
func (p *people) repeat(ctx context.Context, call func() (answer, error)) bool {
	for ctx.Err() == nil {
		a, err := call()
		p.note(a, err)
		if a != refused {
			return a == live
		}
		wait(ctx, often)
	}
	return false
}

// watch checks a session that was ended at one replica at another.
func (p *people) watch(ctx context.Context, i, at int, token string, over time.Time) {
	for ctx.Err() == nil && time.Since(over) < p.watched {
		short, cancel := context.WithTimeout(context.WithoutCancel(ctx), watchDeadline)
		a, err := judge(p.direct[i].ask(short, token, nil))
		cancel()
		p.answered(place(i, at), over, time.Now(), a)
		if status.Code(err) != codes.DeadlineExceeded { // which is the watch's own
			p.note(a, err)
		}
		if time.Since(over) < closely {
			wait(ctx, often)
		} else {
			wait(ctx, seldom)
		}
	}
}

func place(i, at int) string {
	if i == at {
		return "where it was ended"
	}
	return "elsewhere"
}
