package transport

import (
	"context"
	"time"

	"github.com/failsafe-go/failsafe-go/bulkhead"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/apierror"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
)

// limit bounds the calls in flight, over both doors. A call over the bound is
// refused at once: one that waited would be late, and hold memory meanwhile.
type limit struct {
	bulkhead bulkhead.Bulkhead[any]
}

func newLimit(calls uint) *limit {
	return &limit{bulkhead: bulkhead.New[any](calls)}
}

// enter takes a place for a call, to be given back by leave.
func (l *limit) enter() error {
	if l.bulkhead.TryAcquirePermit() {
		return nil
	}
	return apierror.New(codes.ResourceExhausted, usersv1.ErrorReason_ERROR_REASON_OVERLOADED,
		"the facade has as many calls in flight as it takes; call again in a while",
		apierror.RetryAfter(time.Second)).Err()
}

func (l *limit) leave() { l.bulkhead.ReleasePermit() }

// interceptor applies the bound to the service's own RPCs: health checks must be
// answered even then.
func (l *limit) interceptor(rules map[string]*httprule.Rule) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		if rules[info.FullMethod] == nil {
			return handler(ctx, request)
		}
		if err := l.enter(); err != nil {
			return nil, err
		}
		defer l.leave()
		return handler(ctx, request)
	}
}
