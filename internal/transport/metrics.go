package transport

import (
	"context"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"google.golang.org/grpc/stats"
)

// The attributes that tell protocols and RPCs apart, on spans, metrics and in the log.
const (
	protocolKey = attribute.Key("door")
	methodKey   = attribute.Key("rpc.method")
)

// scope names the instruments' origin.
const scope = "session-facade/transport"

// Spans makes the handler that traces a protocol's calls; nil where nobody collects
// spans, since it costs a tenth of a call even so. Calls of other services, and of
// methods that a client has made up, leave nothing.
func (p *Pipeline) Spans(protocol *Protocol) stats.Handler {
	if _, off := p.Tracer.(tracenoop.TracerProvider); off {
		return nil
	}
	return otelgrpc.NewServerHandler(
		otelgrpc.WithTracerProvider(p.Tracer),
		otelgrpc.WithMeterProvider(metricnoop.NewMeterProvider()), // durations does that
		otelgrpc.WithPropagators(p.Propagator),
		otelgrpc.WithSpanAttributes(protocolKey.String(protocol.Name)),
		otelgrpc.WithFilter(func(info *stats.RPCTagInfo) bool { return protocol.Methods[info.FullMethodName] != nil }),
	)
}

// observe makes the figures that are read when somebody asks. They are counted
// without a meter, which is asked for each call otherwise.
func (p *Pipeline) observe() error {
	meter := p.Meter.Meter(scope)
	inFlight, err := meter.Int64ObservableUpDownCounter("session_facade.calls.in_flight",
		metric.WithDescription("Calls that are being answered, by RPC."))
	if err != nil {
		return err
	}
	limit, err := meter.Int64ObservableGauge("session_facade.calls.in_flight.limit",
		metric.WithDescription("How many calls may be in flight, over all protocols."))
	if err != nil {
		return err
	}
	shed, err := meter.Int64ObservableCounter("session_facade.calls.shed",
		metric.WithDescription("Calls refused because too many were in flight."))
	if err != nil {
		return err
	}
	memory, err := meter.Int64ObservableUpDownCounter("session_facade.memory.used", metric.WithUnit("By"),
		metric.WithDescription("Bytes that request and response bodies over 64 KiB are charged."))
	if err != nil {
		return err
	}
	memoryLimit, err := meter.Int64ObservableGauge("session_facade.memory.limit", metric.WithUnit("By"),
		metric.WithDescription("How many bytes request and response bodies may be charged together."))
	if err != nil {
		return err
	}
	_, err = meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		o.ObserveInt64(limit, int64(cap(p.InFlight)))
		o.ObserveInt64(memory, p.Memory.Used())
		o.ObserveInt64(memoryLimit, p.Memory.Size())
		for _, protocol := range p.protocols {
			o.ObserveInt64(shed, protocol.rejected.Load(), protocol.labels)
			for _, method := range protocol.Methods {
				o.ObserveInt64(inFlight, method.inFlight.Load(), method.labels)
			}
		}
		return nil
	}, inFlight, limit, shed, memory, memoryLimit)
	return err
}

// labelled is the option that gives a measurement its attributes.
func labelled(attributes ...attribute.KeyValue) metric.MeasurementOption {
	return metric.WithAttributeSet(attribute.NewSet(attributes...))
}
