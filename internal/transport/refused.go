package transport

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"google.golang.org/grpc/codes"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/apierror"
)

// reason is why a call was refused.
type reason = usersv1.ErrorReason

// refusals counts calls refused before they were an RPC, by reason.
type refusals struct {
	counter metric.Int64Counter
	labels  map[reason]metric.MeasurementOption
}

// newRefusals makes the counter of a door, which has a figure for each reason from
// the start: what goes from nothing to 1 is no increase to Prometheus.
func newRefusals(provider metric.MeterProvider, name, description string, reasons ...reason) (*refusals, error) {
	counter, err := provider.Meter(scope).Int64Counter(name, metric.WithDescription(description))
	if err != nil {
		return nil, err
	}
	r := &refusals{counter: counter, labels: map[reason]metric.MeasurementOption{}}
	for _, why := range append(reasons, usersv1.ErrorReason_ERROR_REASON_INTERNAL) {
		r.labels[why] = labelled(attribute.String("reason", apierror.ReasonName(why)))
		counter.Add(context.Background(), 0, r.labels[why])
	}
	return r, nil
}

// add counts a refusal. A reason that no refusal should have is the facade's fault.
func (r *refusals) add(ctx context.Context, why reason) {
	label := r.labels[why]
	if label == nil {
		label = r.labels[usersv1.ErrorReason_ERROR_REASON_INTERNAL]
	}
	r.counter.Add(ctx, 1, label)
}

func restRefusals(provider metric.MeterProvider) (*refusals, error) {
	return newRefusals(provider, "session_facade.rest.refused", "REST calls refused before they were an RPC, by reason.",
		usersv1.ErrorReason_ERROR_REASON_INVALID_REQUEST,
		usersv1.ErrorReason_ERROR_REASON_NOT_FOUND,
		usersv1.ErrorReason_ERROR_REASON_METHOD_NOT_ALLOWED,
		usersv1.ErrorReason_ERROR_REASON_REQUEST_TOO_LARGE,
		usersv1.ErrorReason_ERROR_REASON_UNSUPPORTED_MEDIA_TYPE)
}

func grpcRefusals(provider metric.MeterProvider) (*refusals, error) {
	return newRefusals(provider, "session_facade.grpc.refused", "gRPC calls refused before they were an RPC, by reason.",
		usersv1.ErrorReason_ERROR_REASON_INVALID_REQUEST,
		usersv1.ErrorReason_ERROR_REASON_NOT_FOUND,
		usersv1.ErrorReason_ERROR_REASON_REQUEST_TOO_LARGE,
		usersv1.ErrorReason_ERROR_REASON_UNSUPPORTED_MEDIA_TYPE,
		usersv1.ErrorReason_ERROR_REASON_CANCELLED)
}

// refusalOf is the reason of grpc-go's refusal of a call of an RPC, by its code.
func refusalOf(code codes.Code) reason {
	switch code {
	case codes.ResourceExhausted:
		return usersv1.ErrorReason_ERROR_REASON_REQUEST_TOO_LARGE
	case codes.Unimplemented: // a compression that is not known
		return usersv1.ErrorReason_ERROR_REASON_UNSUPPORTED_MEDIA_TYPE
	case codes.Canceled, codes.DeadlineExceeded: // before the request was there
		return usersv1.ErrorReason_ERROR_REASON_CANCELLED
	default:
		return usersv1.ErrorReason_ERROR_REASON_INVALID_REQUEST
	}
}
