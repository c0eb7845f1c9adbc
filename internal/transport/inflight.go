package transport

import (
	"time"

	"google.golang.org/grpc/codes"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/apierror"
)

// InFlight limits the calls in flight, over all protocols. A call over the limit is
// refused at once: one that waited would be late, and hold memory meanwhile. It is a
// channel that holds an element for each call.
type InFlight chan struct{}

// Acquire takes a place, to be given back by Release; it tells whether there was one.
func (f InFlight) Acquire() bool {
	select {
	case f <- struct{}{}:
		return true
	default:
		return false
	}
}

// Release gives a place back.
func (f InFlight) Release() { <-f }

// Full tells whether a call would be refused now.
func (f InFlight) Full() bool { return len(f) == cap(f) }

// ErrOverloaded refuses a call over the limit. It is made once: where there are many,
// each must cost little.
var ErrOverloaded = overloaded("the facade has as many calls in flight as it takes; call again in a while")

// ErrNoMemory refuses a call for whose request there is no memory before its deadline.
var ErrNoMemory = overloaded("the facade holds as many bytes of bodies as it may; call again in a while")

func overloaded(message string) error {
	return apierror.New(codes.ResourceExhausted, usersv1.ErrorReason_ERROR_REASON_OVERLOADED, message,
		apierror.RetryAfter(time.Second)).Err()
}
