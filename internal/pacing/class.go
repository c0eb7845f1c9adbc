package pacing

import (
	"context"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// signInsInARow is how many sign-ins go before another write that waits. It has the turn
// after them, or who floods the facade with sign-ins kept all others from signing out.
const signInsInARow = 3

// class are the calls that the upstream counts together.
type class struct {
	name  string
	total float64 // calls a second, of all replicas
	fair  float64 // what each may make if all want to

	mu      sync.Mutex
	share   float64 // what this one may make
	demand  demand
	asked   time.Time // when a larger share was last asked for
	hungry  time.Time // since when calls wait, while some do
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

func newClass(name string, total float64, replicas int) *class {
	fair := total / float64(replicas)
	return &class{
		name: name, total: total, fair: fair, share: fair,
		limiter: rate.NewLimiter(rate.Limit(fair), burst(fair)),
		stops:   map[caller]time.Time{},
	}
}

// wait returns when a call has its turn. wake asks for a larger share.
func (c *class) wait(ctx context.Context, who caller, signIn bool, latest time.Time, wake func()) error {
	for {
		w, err := c.join(who, signIn, latest)
		if (w != nil || err != nil) && c.ask() {
			wake()
		}
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
		c.demand.add(now)
		return nil, nil
	case turn.After(latest):
		c.demand.add(now)
		return nil, refuse(turn, now)
	}
	w := &waiter{of: who, signIn: signIn, latest: latest, woken: make(chan struct{})}
	if stop := c.stops[who]; stop.After(now) {
		w.parked = stop
		c.parked++
		return w, nil
	}
	if c.queued() == 0 {
		c.hungry = now
	}
	c.queueOf(w.signIn).push(w, now)
	c.arm(now)
	return w, nil
}

// turnOf is when a call would have its turn if it came now, at the rate that can be
// expected. The next turn is reserved then. It is never now where that is not.
func (c *class) turnOf(who caller, signIn bool, now time.Time) time.Time {
	if c.reserved == nil {
		c.reserve(now)
	}
	expected := c.expected(now)
	next, sooner := c.next, c.share/expected
	if sooner < 1 && next.After(now) {
		from := later(now, c.resume)
		next = later(from.Add(scaled(next.Sub(from), sooner)), now.Add(1))
	}
	turn := next.Add(turnsTake(c.ahead(who, signIn), expected))
	pace := scaled(c.queueOf(signIn).wait(who, now), sooner)
	return later(later(turn, now.Add(pace)), c.stops[who])
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
func refuse(turn, now time.Time) error {
	return &RefusedError{After: min(turn.Sub(now), math.MaxInt64-cut) + cut}
}
