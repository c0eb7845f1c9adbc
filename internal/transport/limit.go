package transport

import (
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/apierror"
)

// limit bounds the calls in flight, over both doors. A call over the bound is
// refused at once: one that waited would be late, and hold memory meanwhile.
type limit struct {
	bound int64
	calls atomic.Int64
}

// enter takes a place for a call, to be given back by leave; it tells whether
// there was one.
func (l *limit) enter() bool {
	if l.full() { // so that refusals do not hold the count over the bound
		return false
	}
	if l.calls.Add(1) <= l.bound {
		return true
	}
	l.leave()
	return false
}

func (l *limit) leave() { l.calls.Add(-1) }

func (l *limit) full() bool { return l.calls.Load() >= l.bound }

// overloadRetry is what a refused caller is told to wait.
const overloadRetry = time.Second

// errOverloaded refuses a call over the bound. It is made once: where there are
// many, each must cost little.
var errOverloaded = apierror.New(codes.ResourceExhausted, usersv1.ErrorReason_ERROR_REASON_OVERLOADED,
	"the facade has as many calls in flight as it takes; call again in a while",
	apierror.RetryAfter(overloadRetry)).Err()
