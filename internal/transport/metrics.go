package transport

import (
	"context"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"google.golang.org/grpc/stats"

	"github.com/wingspan-grpc/session-facade/internal/httprule"
)

// doorKey is the attribute that tells the doors apart, on spans and metrics.
const doorKey = attribute.Key("door")

// doorStats makes the handler that traces and measures the calls of one door.
// Calls of other services, and of methods that a client has made up, leave
// nothing: their names would be series without end.
func (o Options) doorStats(door string, rules map[string]*httprule.Rule) stats.Handler {
	attributes := []attribute.KeyValue{doorKey.String(door)}
	return otelgrpc.NewServerHandler(
		otelgrpc.WithTracerProvider(o.Tracer),
		otelgrpc.WithMeterProvider(o.Meter),
		otelgrpc.WithPropagators(o.Propagator),
		otelgrpc.WithSpanAttributes(attributes...),
		otelgrpc.WithMetricAttributes(attributes...),
		otelgrpc.WithFilter(func(info *stats.RPCTagInfo) bool { return rules[info.FullMethodName] != nil }),
	)
}

// doorMetrics are the facade's own figures of its doors.
type doorMetrics struct {
	inFlight metric.Int64UpDownCounter
	shed     metric.Int64Counter
	refused  metric.Int64Counter
}

func newDoorMetrics(provider metric.MeterProvider) (*doorMetrics, error) {
	meter := provider.Meter("session-facade/transport")
	inFlight, err := meter.Int64UpDownCounter("session_facade.calls.in_flight",
		metric.WithDescription("Calls that are being answered."))
	if err != nil {
		return nil, err
	}
	shed, err := meter.Int64Counter("session_facade.calls.shed",
		metric.WithDescription("Calls refused because too many were in flight."))
	if err != nil {
		return nil, err
	}
	refused, err := meter.Int64Counter("session_facade.rest.refused",
		metric.WithDescription("REST calls refused before they were an RPC, by reason."))
	if err != nil {
		return nil, err
	}
	for _, attributes := range doorSets { // so that there is a 0 to compare with
		inFlight.Add(context.Background(), 0, attributes)
		shed.Add(context.Background(), 0, attributes)
	}
	return &doorMetrics{inFlight: inFlight, shed: shed, refused: refused}, nil
}

func (m *doorMetrics) entered(ctx context.Context, door string, delta int64) {
	m.inFlight.Add(ctx, delta, doorSets[door])
}

// doorSets are the doors' attributes, made once.
var doorSets = map[string]metric.MeasurementOption{
	doorGRPC: metric.WithAttributeSet(attribute.NewSet(doorKey.String(doorGRPC))),
	doorREST: metric.WithAttributeSet(attribute.NewSet(doorKey.String(doorREST))),
}
