package upstream

import (
	"context"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/failsafe-go/failsafe-go/ratelimiter"
	"google.golang.org/grpc/codes"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/apierror"
)

// The breaker opens when, of at least breakerAttempts attempts in
// breakerPeriod, too many got no answer. While it is open, one attempt every
// probeInterval may try.
const (
	breakerAttempts = 100
	breakerPeriod   = 10 * time.Second
	probeInterval   = 100 * time.Millisecond
)

// patience is how long an attempt must have waited for its timeout to count
// against the upstream: a caller with a very short deadline says nothing of it.
// Half of our own timeout is enough where that is short itself, since an attempt
// has a little less time than its call.
const patience = time.Second

// breaker spares callers the wait for an upstream that does not answer. The
// library's breaker keeps the figures; it is closed here, by the first answer,
// and probes are let through by time rather than one by one, since a probe of an
// upstream that hangs may itself hang.
type breaker struct {
	state  circuitbreaker.CircuitBreaker[any]
	probes ratelimiter.RateLimiter[any]
}

// newBreaker makes a breaker that opens at a rate of failures; nil for a rate of
// 0, which means never.
func newBreaker(rate float64) *breaker {
	if rate == 0 {
		return nil
	}
	return &breaker{
		state: circuitbreaker.NewBuilder[any]().
			WithFailureRateThreshold(rate, breakerAttempts, breakerPeriod).
			WithDelay(24 * 365 * time.Hour).
			Build(),
		probes: ratelimiter.NewSmooth[any](1, probeInterval),
	}
}

// guarded makes an attempt unless the breaker is open.
func (c *Conn) guarded(ctx context.Context, call *call, sent *wireLog, r *request, attempt int) *outcome {
	if !c.breaker.allows() {
		return &outcome{err: suspended()}
	}
	recorded := c.records.begin(ctx, call, r.header, attempt)
	started := time.Now()
	a, err := c.attempt(recorded.ctx, sent, r)
	recorded.end(a, err)
	c.breaker.record(err, time.Since(started), c.options.Timeout)
	return &outcome{answer: a, err: err}
}

func (b *breaker) allows() bool {
	return b == nil || b.state.IsClosed() || b.probes.TryAcquirePermit()
}

// record counts an attempt: any answer is a success, whatever it says, and a
// caller who leaves says nothing.
func (b *breaker) record(err *Error, took, timeout time.Duration) {
	fault := answered
	if err != nil {
		fault = err.fault
	}
	switch {
	case b == nil, fault == cancelled, fault == timedOut && took < min(patience, timeout/2):
	case fault != answered:
		b.state.RecordFailure()
	case b.state.IsClosed():
		b.state.RecordSuccess()
	default:
		b.state.Close()
	}
}

// suspended is the error of a call that the breaker does not let through.
func suspended() *Error {
	const what = "the upstream has not been answering; it is not called for the moment"
	return &Error{
		status: apierror.New(codes.Unavailable, usersv1.ErrorReason_ERROR_REASON_UPSTREAM_SUSPENDED, what,
			apierror.RetryAfter(time.Second)),
		cause: "breaker open",
	}
}
