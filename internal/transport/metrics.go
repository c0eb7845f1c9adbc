package transport

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/apierror"
)

// The attributes that tell protocols and RPCs apart, on spans, metrics and in the log.
const (
	protocolKey = attribute.Key("protocol")
	methodKey   = attribute.Key("rpc.method")
)

// scope names the instruments' origin.
const scope = "session-facade/transport"

// newSpans makes the handler that traces a protocol's calls; nil where nobody collects
// spans, since it costs a tenth of a call even so. Calls of other services, and of
// methods that a client has made up, leave nothing.
func (p *Pipeline) newSpans(protocol *Protocol) stats.Handler {
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
	read := func(observe func(o metric.Int64Observer)) metric.Int64ObservableOption {
		return metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
			observe(o)
			return nil
		})
	}
	_, inFlight := meter.Int64ObservableUpDownCounter("session_facade.calls.in_flight",
		metric.WithDescription("Calls that are being answered, by RPC."),
		read(func(o metric.Int64Observer) {
			for _, protocol := range p.protocols {
				for _, method := range protocol.Methods {
					o.Observe(method.inFlight.Load(), method.labels)
				}
			}
		}))
	_, limit := meter.Int64ObservableGauge("session_facade.calls.in_flight.limit",
		metric.WithDescription("How many calls may be in flight, over all protocols."),
		read(func(o metric.Int64Observer) { o.Observe(int64(cap(p.InFlight))) }))
	_, rejected := meter.Int64ObservableCounter("session_facade.calls.rejected",
		metric.WithDescription("Calls refused because too many were in flight."),
		read(func(o metric.Int64Observer) {
			for _, protocol := range p.protocols {
				o.Observe(protocol.rejected.Load(), protocol.labels)
			}
		}))
	_, memory := meter.Int64ObservableUpDownCounter("session_facade.memory.used", metric.WithUnit("By"),
		metric.WithDescription("Bytes that request and response bodies over 64 KiB are charged."),
		read(func(o metric.Int64Observer) { o.Observe(p.Memory.Used()) }))
	_, memoryLimit := meter.Int64ObservableGauge("session_facade.memory.limit", metric.WithUnit("By"),
		metric.WithDescription("How many bytes request and response bodies may be charged together."),
		read(func(o metric.Int64Observer) { o.Observe(p.Memory.Size()) }))
	return errors.Join(inFlight, limit, rejected, memory, memoryLimit)
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

// labelled is the option that gives a measurement its attributes.
func labelled(attributes ...attribute.KeyValue) metric.MeasurementOption {
	return metric.WithAttributeSet(attribute.NewSet(attributes...))
}

// durations records how long an RPC's calls by one protocol took, by code. It
// follows OpenTelemetry's conventions for RPC. The ready-made handler of grpc-go's
// calls would record the same, but makes each call's attributes anew.
type durations struct {
	histogram metric.Float64Histogram
	common    []attribute.KeyValue
	byCode    [codes.Unauthenticated + 1]atomic.Pointer[[]metric.RecordOption]
}

// newHistogram makes what the durations of all operations are recorded with.
func newHistogram(provider metric.MeterProvider) (metric.Float64Histogram, error) {
	return provider.Meter(scope).Float64Histogram("rpc.server.call.duration", metric.WithUnit("s"),
		metric.WithDescription("How long calls took that were RPCs, by RPC, protocol and code."),
		// Those of the conventions, and beyond --upstream-timeout's 15 s; the attempts'
		// are the same.
		metric.WithExplicitBucketBoundaries(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 15, 20, 30))
}

// record notes a call that has ended.
func (d *durations) record(ctx context.Context, err error, took time.Duration) {
	c := status.Code(err)
	if int(c) >= len(d.byCode) {
		c = codes.Unknown
	}
	options := d.byCode[c].Load()
	if options == nil {
		options = d.options(c)
		d.byCode[c].Store(options)
	}
	d.histogram.Record(ctx, took.Seconds(), *options...)
}

// options are the attributes of calls that end with a code.
func (d *durations) options(c codes.Code) *[]metric.RecordOption {
	name := code.Code(c).String() //nolint:gosec // at most 16
	attributes := append([]attribute.KeyValue{attribute.String("rpc.response.status_code", name)}, d.common...)
	switch c {
	case codes.Unknown, codes.DeadlineExceeded, codes.Unimplemented, codes.Internal, codes.Unavailable, codes.DataLoss:
		attributes = append(attributes, attribute.String("error.type", name)) // those that are a server's fault
	default:
	}
	return &[]metric.RecordOption{labelled(attributes...)}
}
