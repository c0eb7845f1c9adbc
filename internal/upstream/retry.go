package upstream

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/budget"
	"github.com/failsafe-go/failsafe-go/retrypolicy"
	"google.golang.org/grpc/metadata"
)

// previousAttempts is the metadata by which a gRPC client that retries tells how
// often it has called before; pushback the one by which a server tells it not to
// (gRFC A6).
const (
	previousAttempts = "grpc-previous-rpc-attempts"
	pushback         = "grpc-retry-pushback-ms"
)

// Before a call is repeated that has not reached the upstream there is a random
// wait of up to firstDelay, and up to twice as much for each time that it has.
const firstDelay = 50 * time.Millisecond

// outcome is what came of one attempt.
type outcome struct {
	answer *answer
	err    *Error
	again  bool          // whether to try again,
	delay  time.Duration // after this long
}

// newRetries makes the policy that repeats what may be repeated. Which that is,
// each attempt decides.
func newRetries(maxAttempts int, allowed budget.Budget) failsafe.Executor[*outcome] {
	return failsafe.With(retrypolicy.NewBuilder[*outcome]().
		HandleIf(func(o *outcome, _ error) bool { return o != nil && o.again }).
		WithDelayFunc(func(e failsafe.ExecutionAttempt[*outcome]) time.Duration { return e.LastResult().delay }).
		WithMaxAttempts(maxAttempts).
		WithBudget(allowed).
		ReturnLastFailure().
		Build())
}

// exchange sends a request until it has an answer or may not be sent again. The
// error is an *Error.
func (c *Conn) exchange(ctx context.Context, call *call, r *request) (*answer, error) {
	callerRetries := isRetrying(r.header)
	sent := &wireLog{limit: 1}
	if call.rule.NoSideEffects && !callerRetries {
		sent.limit = c.options.MaxAttempts
	}
	var last *outcome
	attempts := 0
	_, err := c.retries.WithContext(ctx).Get(func() (*outcome, error) {
		attempts++
		last = c.guarded(ctx, call, sent, r, attempts)
		if !callerRetries {
			last.decide(ctx, sent)
		}
		return last, nil
	})
	if last == nil {
		return nil, noAnswer(ctx, err) // the call was over before it began
	}
	if last.err != nil {
		last.err.attempts = max(attempts, sent.times()) // net/http may have repeated it, too
		return nil, last.err
	}
	return last.answer, nil
}

// decide tells whether an attempt may be followed by another: where the upstream
// did not answer or asks to try again, and the call may reach it once more. A
// call with side effects may reach it once, so it is repeated only where no byte
// of it left the process. A wait that would outlast the deadline is not begun.
func (o *outcome) decide(ctx context.Context, sent *wireLog) {
	if o.err == nil || ctx.Err() != nil || sent.times() >= sent.limit {
		return
	}
	if o.err.fault != noConnection && !asksAgain(o.err.answer.status) {
		return
	}
	o.delay = rand.N(firstDelay << sent.times()) //nolint:gosec // spreads load, guards nothing
	if after, ok := retryAfter(o.err.answer.header); ok {
		o.delay += after
	}
	deadline, bounded := ctx.Deadline()
	o.again = !bounded || time.Until(deadline) > o.delay
}

// asksAgain tells whether a status says that the same call may fare better soon.
func asksAgain(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// isRetrying tells whether the caller is repeating the call already. Retries on
// both sides would multiply.
func isRetrying(md metadata.MD) bool {
	for _, value := range md.Get(previousAttempts) {
		if n, err := strconv.Atoi(value); err != nil || n > 0 {
			return true
		}
	}
	return false
}

// trailer tells a caller who would retry not to, where that has been done here.
func trailer(err error) metadata.MD {
	var failed *Error
	if errors.As(err, &failed) && failed.attempts > 1 {
		return metadata.Pairs(pushback, "-1")
	}
	return nil
}
