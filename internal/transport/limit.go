package transport

import (
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
	"google.golang.org/grpc/codes"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/apierror"
)

// limit bounds the calls in flight, over both doors. A call over the bound is
// refused at once: one that waited would be late, and hold memory meanwhile.
type limit struct {
	bound  int64
	places *semaphore.Weighted
	taken  atomic.Int64 // for those who only look
}

func newLimit(calls int) *limit {
	return &limit{bound: int64(calls), places: semaphore.NewWeighted(int64(calls))}
}

// enter takes a place for a call, to be given back by leave; it tells whether
// there was one.
func (l *limit) enter() bool {
	if !l.places.TryAcquire(1) {
		return false
	}
	l.taken.Add(1)
	return true
}

func (l *limit) leave() {
	l.taken.Add(-1)
	l.places.Release(1)
}

func (l *limit) full() bool { return l.taken.Load() >= l.bound }

// overloadRetry is what a refused caller is told to wait.
const overloadRetry = time.Second

// errOverloaded refuses a call over the bound. It is made once: where there are
// many, each must cost little.
var errOverloaded = apierror.New(codes.ResourceExhausted, usersv1.ErrorReason_ERROR_REASON_OVERLOADED,
	"the facade has as many calls in flight as it takes; call again in a while",
	apierror.RetryAfter(overloadRetry)).Err()
