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
	metrics  *doorMetrics
}

func newLimit(calls uint, metrics *doorMetrics) *limit {
	return &limit{bulkhead: bulkhead.New[any](calls), metrics: metrics}
}

// enter takes a place for a call, to be given back by leave.
func (l *limit) enter(ctx context.Context, door string) error {
	if l.bulkhead.TryAcquirePermit() {
		l.metrics.entered(ctx, door, 1)
		return nil
	}
	l.metrics.shed.Add(ctx, 1, doorSets[door])
	return apierror.New(codes.ResourceExhausted, usersv1.ErrorReason_ERROR_REASON_OVERLOADED,
		"the facade has as many calls in flight as it takes; call again in a while",
		apierror.RetryAfter(time.Second)).Err()
}

func (l *limit) leave(ctx context.Context, door string) {
	l.bulkhead.ReleasePermit()
	l.metrics.entered(ctx, door, -1)
}

// interceptor applies the bound to the service's own RPCs: health checks must be
// answered even then.
func (l *limit) interceptor(rules map[string]*httprule.Rule) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		if rules[info.FullMethod] == nil {
			return handler(ctx, request)
		}
		if err := l.enter(ctx, doorGRPC); err != nil {
			return nil, err
		}
		defer l.leave(ctx, doorGRPC)
		return handler(ctx, request)
	}
}
