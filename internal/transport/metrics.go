package transport

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"
)

// The attributes that tell the doors and the RPCs apart, on spans and metrics.
const (
	doorKey   = attribute.Key("door")
	methodKey = attribute.Key("rpc.method")
)

// scope names the instruments' origin.
const scope = "session-facade/transport"

// spans makes the handler that traces a door's calls; nil where nobody collects
// spans, since it costs a tenth of a call even so. Calls of other services, and of
// methods that a client has made up, leave nothing.
func (d *door) spans(o Options) stats.Handler {
	if _, off := o.Tracer.(tracenoop.TracerProvider); off {
		return nil
	}
	return otelgrpc.NewServerHandler(
		otelgrpc.WithTracerProvider(o.Tracer),
		otelgrpc.WithMeterProvider(metricnoop.NewMeterProvider()), // durations does that
		otelgrpc.WithPropagators(o.Propagator),
		otelgrpc.WithSpanAttributes(doorKey.String(d.name)),
		otelgrpc.WithFilter(func(info *stats.RPCTagInfo) bool { return d.operations[info.FullMethodName] != nil }),
	)
}

// spanRoute tells the span of a REST call its verb and its route: the template,
// since a path may hold a token.
func spanRoute(ctx context.Context) {
	if c := callFrom(ctx); c != nil && c.operation != nil {
		trace.SpanFromContext(ctx).SetAttributes(attribute.String("http.request.method", c.operation.Verb),
			attribute.String("http.route", c.operation.Template))
	}
}

// spanStatus tells the span of a REST call the status that it is about to get.
func spanStatus(ctx context.Context, err error) {
	answered := http.StatusOK
	if err != nil {
		answered = statusOf(err)
	} else if c := callFrom(ctx); c != nil && c.answered != "" {
		answered, _ = strconv.Atoi(c.answered) // see succeed
	}
	trace.SpanFromContext(ctx).SetAttributes(attribute.Int("http.response.status_code", answered))
}

// statusOf is the status of a REST answer to a call that has failed.
func statusOf(err error) int {
	var failed upstreamAnswer
	if errors.As(err, &failed) {
		if code, _, _ := failed.HTTPAnswer(); code != 0 {
			return code
		}
	}
	return httpStatus(reasonOf(status.Convert(err)))
}

// observe makes the facade's own figures of its doors. They are counted without
// a meter, which is asked for each call otherwise, and read when somebody asks.
func observe(provider metric.MeterProvider, places *limit, doors ...*door) error {
	histogram, err := newHistogram(provider)
	if err != nil {
		return err
	}
	for _, d := range doors {
		for _, op := range d.operations {
			op.durations.init(histogram, d.name, op.FullMethod)
		}
	}
	meter := provider.Meter(scope)
	inFlight, err := meter.Int64ObservableUpDownCounter("session_facade.calls.in_flight",
		metric.WithDescription("Calls that are being answered, by RPC."))
	if err != nil {
		return err
	}
	bound, err := meter.Int64ObservableGauge("session_facade.calls.in_flight.limit",
		metric.WithDescription("How many calls may be in flight, over both doors."))
	if err != nil {
		return err
	}
	shed, err := meter.Int64ObservableCounter("session_facade.calls.shed",
		metric.WithDescription("Calls refused because too many were in flight."))
	if err != nil {
		return err
	}
	_, err = meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		o.ObserveInt64(bound, places.bound)
		for _, d := range doors {
			o.ObserveInt64(shed, d.shed.Load(), d.labels)
			for _, op := range d.operations {
				o.ObserveInt64(inFlight, op.inFlight.Load(), op.labels)
			}
		}
		return nil
	}, inFlight, bound, shed)
	return err
}

// labelled is the option that gives a measurement its attributes.
func labelled(attributes ...attribute.KeyValue) metric.MeasurementOption {
	return metric.WithAttributeSet(attribute.NewSet(attributes...))
}
