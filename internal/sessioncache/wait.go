package sessioncache

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc/codes"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/apierror"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache/memory"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache/outcome"
)

// join finds the load to wait for, and what is kept should the upstream be away; or no load,
// where something is kept that will do.
func (c *Cache) join(ctx context.Context, q *question, asked uint64) (*load, *memory.Entry, result) {
	now, how := time.Now(), miss
	upToDate := c.upToDate(now)
	c.mu.Lock()
	defer c.mu.Unlock()
	kept := c.usable(q.Key, now, upToDate)
	switch {
	case q.fresh:
		kept, how = nil, bypass
	case kept != nil && kept.IsFresh(now): // it has just come
		return nil, kept, hit
	case kept != nil && now.Before(kept.AwayUntil):
		return nil, kept, stale
	case kept != nil:
		how = renewed
	}
	l := c.loads[q.Key]
	if l != nil && !q.fresh && (l.Began >= asked || !c.history.Overtaken(l.Load)) {
		l.waiters++
		return l, kept, collapsed
	}
	l = c.begin(ctx, q, false)
	l.waiters++
	c.loads[q.Key] = l
	return l, kept, how
}

// How long the upstream is waited for where there is something to answer with, and how long
// it is not asked again afterwards. It takes half a second, mostly.
const (
	patience = 2 * time.Second
	awayFor  = time.Second
)

// maxAbandoned is how many loads go on when those who waited for them are answered.
const maxAbandoned = 1 << 10

// errAway says that what is kept is to be used.
var errAway = errors.New("the upstream is away")

// errAgain says that it is to be asked for again: the session may have ended after the load
// began and before it was asked for, or the load was refused for whoever has less time.
var errAgain = errors.New("it is to be asked for again")

// wait waits for a load that is joined.
func (c *Cache) wait(ctx context.Context, l *load, kept *memory.Entry, asked uint64) error {
	if err := c.await(ctx, l, kept != nil); err != nil {
		return err
	}
	now := time.Now()
	upToDate := kept != nil && c.upToDate(now)
	c.mu.Lock()
	defer c.mu.Unlock()
	loaded := l.isLoaded()
	if kept != nil && kept.IsUsable(now, upToDate) && c.givesUp(l, kept, loaded) {
		return errAway
	}
	if !loaded || l.Began < asked && (l.overtaken || l.lost && !now.Before(l.sent.Add(memory.Alone))) {
		return errAgain
	}
	if deadline, _ := ctx.Deadline(); outcome.IsRateLimited(l.err) && deadline.Sub(l.until) > moment {
		return errAgain
	}
	return nil
}

// await waits until a load has come back or, where there is something to answer with, for a while.
func (c *Cache) await(ctx context.Context, l *load, hasKept bool) error {
	var late <-chan time.Time
	if hasKept {
		late = time.After(within(ctx, patience))
	}
	last := lastMoment(ctx, c.next.Takes(l.Method))
	for {
		select {
		case <-l.done:
			return nil
		case <-late:
			return nil
		case <-last:
			if err := c.turnless(l); err != nil {
				return err
			}
			last = nil
		case <-ctx.Done():
			return c.next.Unanswered(ctx)
		}
	}
}

// lastMoment is when a load must have its turn to come back before the deadline; who asked for
// that turn is refused a little earlier. It holds nothing of ctx.
func lastMoment(ctx context.Context, takes time.Duration) <-chan time.Time {
	const margin = 10 * time.Millisecond
	deadline, ok := ctx.Deadline()
	if !ok {
		return nil
	}
	left := time.Until(deadline)
	return time.After(max(left-margin-takes, min(left/2, atOnce)))
}

// atOnce is after how long a load has its turn that need not wait for it.
const atOnce = 50 * time.Millisecond

// turnless is the error of who can wait no longer for a load that has no turn yet: another may
// have begun it who has more time. By when that one's ends, it is known what came of it.
func (c *Cache) turnless(l *load) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !l.Asked.IsZero() || l.isLoaded() {
		return nil
	}
	return apierror.New(codes.ResourceExhausted, usersv1.ErrorReason_ERROR_REASON_RATE_LIMITED,
		"the upstream may not be called so often; there is no turn yet", apierror.RetryAfter(max(moment, time.Until(l.until)))).Err()
}

// givesUp tells whether what is kept has to do, since the upstream is away, or slow: then the
// load goes on without us. It is called with c.mu held.
func (c *Cache) givesUp(l *load, kept *memory.Entry, loaded bool) bool {
	now := time.Now()
	if loaded && !outcome.IsAway(l.err, codeOf(l)) || c.store.Get(l.Key, now) != kept {
		return false
	}
	if !loaded && !l.background && c.abandoned < maxAbandoned {
		l.background = true
		c.abandoned++
	}
	kept.AwayUntil = now.Add(awayFor)
	return true
}

// moment is how much more time than the first caller somebody must have to ask again where
// that one had too little for a turn.
const moment = 100 * time.Millisecond

// within is most of the time that a call has left.
func within(ctx context.Context, most time.Duration) time.Duration {
	if deadline, ok := ctx.Deadline(); ok {
		return min(most, time.Until(deadline)*9/10)
	}
	return most
}

// leave ends the wait for a load. One that nobody waits for any more is cancelled.
func (c *Cache) leave(l *load) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l.waiters--
	c.release(l)
}

// release lets go of a load that nobody waits for. It is called with c.mu held.
func (c *Cache) release(l *load) {
	switch {
	case l.waiters > 0:
	case l.isLoaded():
		l.lease.Release()
	case !l.background:
		c.forget(l)
		l.cancel()
	}
}

// forget keeps others from waiting for a load.
func (c *Cache) forget(l *load) {
	if c.loads[l.Key] == l {
		delete(c.loads, l.Key)
	}
}
