package upstream

import (
	"sync"
	"time"

	"google.golang.org/grpc/codes"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/apierror"
)

// A breaker opens when, of at least breakerAttempts attempts in breakerPeriod,
// too many ran into our own timeout. While it is open, one attempt every
// probeInterval may try, on a connection not older than probeFresh.
const (
	breakerAttempts = 20
	breakerPeriod   = 10 * time.Second
	probeInterval   = 100 * time.Millisecond
	probeFresh      = 5 * time.Second
)

// breaker spares the callers of one operation the wait for an upstream that hangs.
// Only our own timeout counts: what a caller can bring about, an error, a reset or
// a short deadline, must not stop the others.
type breaker struct {
	rate float64 // 0: never opens

	mu             sync.Mutex
	began          time.Time // of the present period
	attempts, hung int
	open           bool
	nextProbe      time.Time
}

// allows tells whether an attempt may be made, and how old its connection may be.
func (b *breaker) allows(now time.Time) (ok bool, madeAfter time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case !b.open:
		return true, time.Time{}
	case now.Before(b.nextProbe):
		return false, time.Time{}
	}
	b.nextProbe = now.Add(probeInterval)
	return true, now.Add(-probeFresh)
}

// record counts an attempt that was answered or ran into our own timeout. The
// first response closes the breaker.
func (b *breaker) record(hung bool, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !hung && b.open || now.Sub(b.began) > breakerPeriod {
		b.began, b.attempts, b.hung = now, 0, 0
	}
	b.attempts++
	if !hung {
		b.open = false
		return
	}
	b.hung++
	if b.rate > 0 && b.attempts >= breakerAttempts && float64(b.hung) >= b.rate*float64(b.attempts) {
		b.open = true
	}
}

// isOpen tells whether callers are refused.
func (b *breaker) isOpen() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.open
}

// suspended is the error of a call that the breaker does not let through.
func suspended() *Error {
	return newError(answered, codes.Unavailable, usersv1.ErrorReason_ERROR_REASON_UPSTREAM_SUSPENDED, "breaker open",
		"the upstream has not been answering; it is not called for the moment", apierror.RetryAfter(time.Second))
}
