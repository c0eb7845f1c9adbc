package upstream

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"google.golang.org/grpc/codes"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/apierror"
	"github.com/wingspan-grpc/session-facade/internal/pacing"
	"github.com/wingspan-grpc/session-facade/internal/relay"
)

// Pacer gives attempts their turns. Package pacing has one.
type Pacer interface {
	// Wait returns when an attempt may be made. The error is a *pacing.RefusedError where that
	// would be too late, or the context's.
	Wait(ctx context.Context, call *pacing.Call) error
	// Observe tells of each response: whether the upstream had too many calls, and how
	// long it asks to wait before the next.
	Observe(call *pacing.Call, limited bool, after time.Duration)
}

// admit returns when an attempt may be made, and how old its connection may be. What the
// breaker refuses uses no turn.
func (c *Conn) admit(ctx context.Context, call *call, r *request, e *relay.Exchange) (madeAfter time.Time, err *Error) {
	if e.OnTurn != nil {
		defer func() {
			if err == nil {
				e.OnTurn()
			}
		}()
	}
	allowed, madeAfter := call.breaker.allows(time.Now())
	if !allowed {
		return madeAfter, suspended()
	}
	if c.options.Pacer == nil {
		return madeAfter, nil
	}
	if err := c.options.Pacer.Wait(ctx, paced(call, r, e)); err != nil {
		return madeAfter, noTurn(ctx, err)
	}
	if madeAfter.IsZero() { // no probe: the breaker may have opened while it waited
		if allowed, madeAfter = call.breaker.allows(time.Now()); !allowed {
			return madeAfter, suspended()
		}
	}
	return madeAfter, nil
}

// observe tells the pacer of the response to an attempt, if there was one.
func (c *Conn) observe(call *call, r *request, e *relay.Exchange, err *Error) {
	switch {
	case c.options.Pacer == nil:
	case err == nil:
		c.options.Pacer.Observe(paced(call, r, e), false, 0)
	case err.response.Status != 0:
		limited := err.response.Status == http.StatusTooManyRequests
		c.options.Pacer.Observe(paced(call, r, e), limited, askedDelay(err.response.Header))
	}
}

// paced is what matters of an attempt to the pacer.
func paced(call *call, r *request, e *relay.Exchange) *pacing.Call {
	return &pacing.Call{
		Write:      call.rule.Verb != http.MethodGet,
		SignIn:     call.rule.Anonymous,
		Deadline:   e.Deadline,
		Takes:      call.lately.takes(),
		Background: e.Background,
		Header:     r.header,
		Peer:       e.Peer,
	}
}

// noTurn is the error of a call that has not had its turn.
func noTurn(ctx context.Context, err error) *Error {
	refused, ok := errors.AsType[*pacing.RefusedError](err)
	if !ok {
		return noResponse(ctx, err, unsent)
	}
	return newError(rateLimited, codes.ResourceExhausted, usersv1.ErrorReason_ERROR_REASON_RATE_LIMITED, "rate limited",
		"the upstream may not be called so often; no turn is left within the deadline", apierror.RetryAfter(refused.After))
}

// Takes is how long the upstream has taken for an operation lately.
func (c *Conn) Takes(method string) time.Duration {
	if call := c.calls[method]; call != nil {
		return call.lately.takes()
	}
	return 0
}

// lately is how long the upstream has taken for an operation: what the slowest responses
// took, and less the longer ago that was, and a little more, since the next may be slower.
type lately struct {
	mu   sync.Mutex
	took time.Duration
}

// fadePart is how much of the difference each response that is faster makes up for.
const fadePart = 16

// slowerPart is what part of it is added.
const slowerPart = 8

func (l *lately) record(took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.took = max(took, l.took+(took-l.took)/fadePart)
}

func (l *lately) takes() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.took + l.took/slowerPart
}
