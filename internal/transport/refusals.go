package transport

import (
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

// ReasonOf is the reason of an error. One that did not come from the facade's own code
// but from grpc-go's or grpc-gateway's has a code only.
func ReasonOf(s *status.Status) usersv1.ErrorReason {
	if reason := apierror.Reason(s); reason != usersv1.ErrorReason_ERROR_REASON_UNSPECIFIED {
		return reason
	}
	switch s.Code() {
	case codes.DeadlineExceeded:
		return usersv1.ErrorReason_ERROR_REASON_UPSTREAM_TIMEOUT
	case codes.Canceled:
		return usersv1.ErrorReason_ERROR_REASON_CANCELLED
	case codes.InvalidArgument:
		return usersv1.ErrorReason_ERROR_REASON_INVALID_REQUEST
	default:
		return usersv1.ErrorReason_ERROR_REASON_INTERNAL
	}
}

// refusals counts calls refused before they were an RPC, by reason.
type refusals struct {
	counter metric.Int64Counter
	labels  map[reason]metric.MeasurementOption
}

// refusable are the reasons for which each protocol refuses calls.
var refusable = map[string][]reason{
	ProtocolREST: {
		usersv1.ErrorReason_ERROR_REASON_INVALID_REQUEST,
		usersv1.ErrorReason_ERROR_REASON_NOT_FOUND,
		usersv1.ErrorReason_ERROR_REASON_METHOD_NOT_ALLOWED,
		usersv1.ErrorReason_ERROR_REASON_REQUEST_TOO_LARGE,
		usersv1.ErrorReason_ERROR_REASON_UNSUPPORTED_MEDIA_TYPE,
	},
	ProtocolGRPC: {
		usersv1.ErrorReason_ERROR_REASON_INVALID_REQUEST,
		usersv1.ErrorReason_ERROR_REASON_NOT_FOUND,
		usersv1.ErrorReason_ERROR_REASON_REQUEST_TOO_LARGE,
		usersv1.ErrorReason_ERROR_REASON_UNSUPPORTED_MEDIA_TYPE,
		usersv1.ErrorReason_ERROR_REASON_CANCELLED,
	},
	ProtocolConnect: overHTTP,
	ProtocolGRPCWeb: overHTTP,
}

var overHTTP = []reason{
	usersv1.ErrorReason_ERROR_REASON_INVALID_REQUEST,
	usersv1.ErrorReason_ERROR_REASON_NOT_FOUND,
	usersv1.ErrorReason_ERROR_REASON_METHOD_NOT_ALLOWED,
	usersv1.ErrorReason_ERROR_REASON_REQUEST_TOO_LARGE,
	usersv1.ErrorReason_ERROR_REASON_UNSUPPORTED_MEDIA_TYPE,
	usersv1.ErrorReason_ERROR_REASON_CANCELLED,
}

// newRefusals makes the counter of a protocol, which has a figure for each reason from
// the start: what goes from nothing to 1 is no increase to Prometheus.
func newRefusals(provider metric.MeterProvider, protocol string) (*refusals, error) {
	description := map[string]string{
		ProtocolREST:    "REST calls refused before they were an RPC, by reason.",
		ProtocolGRPC:    "gRPC calls refused before they were an RPC, by reason.",
		ProtocolConnect: "Connect calls refused before they were an RPC, by reason.",
		ProtocolGRPCWeb: "gRPC-Web calls refused before they were an RPC, by reason.",
	}[protocol]
	counter, err := provider.Meter(scope).Int64Counter("session_facade."+protocol+".refused", metric.WithDescription(description))
	if err != nil {
		return nil, err
	}
	r := &refusals{counter: counter, labels: map[reason]metric.MeasurementOption{}}
	for _, why := range append(refusable[protocol], usersv1.ErrorReason_ERROR_REASON_INTERNAL) {
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
