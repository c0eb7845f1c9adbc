package transport

import (
	"cmp"
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/apierror"
)

// reason is why a call failed.
type reason = usersv1.ErrorReason

// reasons are those of errors that have a code only; that of others is INTERNAL.
var reasons = map[codes.Code]reason{
	codes.DeadlineExceeded: usersv1.ErrorReason_ERROR_REASON_UPSTREAM_TIMEOUT,
	codes.Canceled:         usersv1.ErrorReason_ERROR_REASON_CANCELLED,
	codes.InvalidArgument:  usersv1.ErrorReason_ERROR_REASON_INVALID_REQUEST,
}

// ReasonOf is the reason of an error. One that did not come from the facade's own code
// but from grpc-go's or grpc-gateway's has a code only.
func ReasonOf(s *status.Status) usersv1.ErrorReason {
	return cmp.Or(apierror.Reason(s), reasons[s.Code()], usersv1.ErrorReason_ERROR_REASON_INTERNAL)
}

// newRefusals returns what counts a protocol's calls refused before they were an RPC, by
// reason. There is a figure for each reason from the start: what goes from nothing to 1
// is no increase to Prometheus. A reason that no refusal should have is the facade's
// fault.
func newRefusals(provider metric.MeterProvider, protocol string) (add func(context.Context, reason), err error) {
	counter, err := provider.Meter(scope).Int64Counter("session_facade.calls.refused",
		metric.WithDescription("Calls refused before they were an RPC, by protocol and reason."))
	if err != nil {
		return nil, err
	}
	labels := map[reason]metric.MeasurementOption{}
	for _, why := range []reason{
		usersv1.ErrorReason_ERROR_REASON_INVALID_REQUEST,
		usersv1.ErrorReason_ERROR_REASON_NOT_FOUND,
		usersv1.ErrorReason_ERROR_REASON_METHOD_NOT_ALLOWED,
		usersv1.ErrorReason_ERROR_REASON_REQUEST_TOO_LARGE,
		usersv1.ErrorReason_ERROR_REASON_UNSUPPORTED_MEDIA_TYPE,
		usersv1.ErrorReason_ERROR_REASON_CANCELLED,
		usersv1.ErrorReason_ERROR_REASON_INTERNAL,
	} {
		labels[why] = labelled(protocolKey.String(protocol), attribute.String("reason", apierror.ReasonName(why)))
		counter.Add(context.Background(), 0, labels[why])
	}
	return func(ctx context.Context, why reason) {
		label := labels[why]
		if label == nil {
			label = labels[usersv1.ErrorReason_ERROR_REASON_INTERNAL]
		}
		counter.Add(ctx, 1, label)
	}, nil
}
