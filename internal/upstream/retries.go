package upstream

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/relay"
)

// Before the n-th repetition of a call there is a random wait of up to n doublings
// of firstDelay, at most maxDelay.
const (
	firstDelay = 50 * time.Millisecond
	maxDelay   = time.Second
)

// maxUnsent is how often a call looks for a connection that takes it. It is not
// repeated until its deadline: an upstream that is down is told early.
const maxUnsent = 3

// minBudget is how many repetitions may run at a time whatever the budget.
const minBudget = 3

// asksAgain are the statuses which say that the same call may fare better soon.
var asksAgain = []int{http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusBadGateway,
	http.StatusServiceUnavailable, http.StatusGatewayTimeout}

// exchange sends a request until it has a response or may not be sent again. The
// error is an *Error.
func (c *Conn) exchange(ctx context.Context, call *call, r *request, e *relay.Exchange) (*relay.Response, error) {
	if _, bounded := ctx.Deadline(); !bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.options.Timeout)
		defer cancel()
	}
	c.budget.calls.Add(1)
	defer c.budget.calls.Add(-1)
	t := &tries{callerRetries: e.CallerRetries, most: 1}
	defer t.release(&c.budget)
	if call.rule.NoSideEffects && !t.callerRetries {
		t.most = c.options.MaxAttempts
	}
	var last *Error
	for {
		t.made++
		got, err := c.guarded(ctx, call, r, e, t.made)
		t.release(&c.budget)
		if err == nil {
			return got, nil
		}
		if last != nil && (err.fault == timedOut && err.progress != maybeProcessed || err.fault == rateLimited) {
			err = last // it says more than that there was no time for another
		}
		last, err.attempts = err, t.made
		if delay, again := t.next(ctx, err, &c.budget); again {
			select {
			case <-time.After(delay):
				continue
			case <-ctx.Done():
			}
		}
		return nil, err
	}
}

// guarded makes an attempt unless the breaker is open.
func (c *Conn) guarded(ctx context.Context, call *call, r *request, e *relay.Exchange, attempt int) (*relay.Response, *Error) {
	madeAfter, err := c.admit(ctx, call, r, e)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	ctx = c.records.begin(ctx, call, r, attempt)
	got, err := c.attempt(ctx, r, e.Lease, madeAfter)
	ended := time.Now()
	c.observe(call, r, e, err)
	c.records.end(ctx, call, got, err, ended.Sub(began))
	switch {
	case err == nil, err.fault == answered:
		call.breaker.record(false, ended)
		call.lately.record(ended.Sub(began))
	case err.fault == timedOut && err.waited >= c.ownTimeout():
		call.breaker.record(true, ended)
	}
	return got, err
}

// tries counts the attempts of one call.
type tries struct {
	callerRetries bool // the caller repeats the call itself: both would multiply
	most          int  // how often the call may be processed

	made, unsent, refused, reached int
	held                           bool // whether the present repetition is a part of the budget
}

// next tells whether a failed attempt is followed by another, and when. What the
// upstream says it has not processed is repeated whatever the call does, until the
// deadline; so is, a few times, what found no connection. Anything else may have
// been processed: it is repeated only for calls without side effects.
func (t *tries) next(ctx context.Context, err *Error, b *budget) (delay time.Duration, again bool) {
	switch {
	case err.progress == notProcessed:
		delay, again = backoff(t.refused), true
		t.refused++
	case err.progress == unsent:
		delay, again = backoff(t.unsent), !t.callerRetries && t.unsent+1 < maxUnsent
		t.unsent++
	case err.fault == noConnection || slices.Contains(asksAgain, err.response.Status):
		t.reached++
		delay, again = backoff(t.reached)+askedDelay(err.response.Header), t.reached < t.most
	}
	if deadline, bounded := ctx.Deadline(); !again || ctx.Err() != nil || bounded && time.Until(deadline) <= delay {
		return 0, false
	}
	if err.progress == maybeProcessed {
		again = b.acquire()
		t.held = again
	}
	return delay, again
}

// release gives back the present repetition's part of the budget.
func (t *tries) release(b *budget) {
	if t.held {
		b.repeats.Add(-1)
		t.held = false
	}
}

// backoff is a random wait.
func backoff(n int) time.Duration {
	return rand.N(min(firstDelay<<min(n, 10), maxDelay)) //nolint:gosec // spreads load, guards nothing
}

// budget bounds the part of the calls in flight that are repetitions.
type budget struct {
	most           float64
	calls, repeats atomic.Int32
}

func (b *budget) acquire() bool {
	if b.repeats.Load() >= minBudget && b.rate() > b.most {
		return false
	}
	b.repeats.Add(1)
	return true
}

func (b *budget) rate() float64 {
	calls := b.calls.Load()
	if calls == 0 {
		return 0
	}
	return float64(b.repeats.Load()) / float64(calls)
}

// longest bounds what is made of a Retry-After, so that sums with it hold.
const longest = math.MaxInt32 * time.Second

// retryAfter reads a Retry-After header (RFC 9110, section 10.2.3): seconds, or
// a date. What is neither, or has passed, is ignored.
func retryAfter(header http.Header) (time.Duration, bool) {
	value := header.Get("Retry-After")
	// Out of range, the value is the largest.
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(seconds) * time.Second, true
	}
	date, err := http.ParseTime(value)
	delay := min(time.Until(date), longest)
	return delay, err == nil && delay > 0
}

// askedDelay is how long a response asks to wait before the next call: its
// Retry-After, else the time until its rate limit begins anew.
func askedDelay(header http.Header) time.Duration {
	if delay, ok := retryAfter(header); ok {
		return delay
	}
	for _, name := range []string{"Ratelimit", "X-Ratelimit", "X-Rate-Limit"} {
		if header.Get(name+"-Remaining") == "0" {
			return untilReset(header.Get(name + "-Reset"))
		}
	}
	return 0
}

// firstEpoch tells a moment in Unix seconds from a number of seconds.
const firstEpoch = 1 << 30

// untilReset reads when a rate limit begins anew: in so many seconds, or at a
// moment in Unix seconds. Both are in use.
func untilReset(value string) time.Duration {
	seconds, err := strconv.ParseUint(value, 10, 31)
	if err != nil {
		return 0
	}
	if seconds < firstEpoch {
		return time.Duration(seconds) * time.Second
	}
	return max(0, time.Until(time.Unix(int64(seconds), 0)))
}
