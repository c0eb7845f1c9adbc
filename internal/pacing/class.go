package pacing

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// burstPart is the part of a second's calls that may be made at a time. The vendor counts
// by the second, and a burst comes on top of a second's calls.
const burstPart = 200

// signInsInARow is how many sign-ins go before another write that waits. It has the turn
// after them, or who floods the facade with sign-ins kept all others from signing out.
const signInsInARow = 3

// class are the calls that the upstream counts together.
type class struct {
	name string

	mu      sync.Mutex
	limiter *rate.Limiter
	signIns turns
	others  turns
	inARow  int       // sign-ins served since another write was that waits
	resume  time.Time // before that nothing is served

	// The next turn is reserved while somebody waits for it.
	reserved *rate.Reservation
	next     time.Time
	timer    *time.Timer

	stops  map[caller]time.Time // callers who must wait, until when
	swept  time.Time            // when those were last forgotten who need not any more
	parked int                  // calls of theirs that wait
	last   struct {             // response, if it was one of too many calls
		of    caller
		until time.Time
	}
}

func newClass(name string, perSecond float64) *class {
	return &class{
		name:    name,
		limiter: rate.NewLimiter(rate.Limit(perSecond), max(1, int(min(perSecond, 1e6)/burstPart))),
		stops:   map[caller]time.Time{},
	}
}

// wait returns when a call has its turn.
func (c *class) wait(ctx context.Context, who caller, signIn bool, latest time.Time) error {
	for {
		w, err := c.join(who, signIn, latest)
		if w == nil {
			return err
		}
		if done, err := c.stay(ctx, w); done {
			return err
		}
	}
}

// join takes the turn, if it has come, or refuses the call, or lets it wait.
func (c *class) join(who caller, signIn bool, latest time.Time) (*waiter, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	c.serve(now)
	turn := c.turnOf(who, signIn, now)
	defer c.rest(now)
	switch {
	case !turn.After(now):
		c.reserved = nil
		return nil, nil
	case turn.After(latest):
		return nil, refuse(turn, now)
	}
	w := &waiter{of: who, signIn: signIn, latest: latest, woken: make(chan struct{})}
	if stop := c.stops[who]; stop.After(now) {
		w.parked = stop
		c.parked++
		return w, nil
	}
	c.queueOf(w.signIn).push(w, now)
	c.arm(now)
	return w, nil
}

// turnOf is when a call would have its turn if it came now. The next turn is reserved
// then.
func (c *class) turnOf(who caller, signIn bool, now time.Time) time.Time {
	if c.reserved == nil {
		c.reserve(now)
	}
	turn := c.next.Add(c.turnsTake(c.ahead(who, signIn)))
	return later(later(turn, now.Add(c.queueOf(signIn).wait(who, now))), c.stops[who])
}

// stay waits for a call's turn. It is not done where the call has to join anew: it is
// refused then, if others have gone before it until it is too late.
func (c *class) stay(ctx context.Context, w *waiter) (done bool, err error) {
	until := w.latest
	if !w.parked.IsZero() {
		until = w.parked
	}
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-w.woken:
	case <-timer.C:
	case <-ctx.Done():
		err = ctx.Err()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	c.serve(now)
	if w.served {
		return true, nil
	}
	if w.place != nil {
		c.queueOf(w.signIn).remove(w)
	}
	if !w.parked.IsZero() {
		c.parked--
	}
	c.rest(now)
	return err != nil, err
}

// cut is how much earlier than the turn the limiter's sums may be: they leave out parts of
// a nanosecond, once in the next turn and once in those after it.
const cut = 2 * time.Nanosecond

// refuse is the error of a call that would have its turn too late.
func refuse(turn, now time.Time) error { return &RefusedError{After: turn.Sub(now) + cut} }
