package upstream

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	otelcodes "go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

// telemetry records the attempts to call the upstream. It is made here because
// the ready-made instrumentation of net/http records the URL, which holds tokens:
// this records the template.
type telemetry struct {
	tracer     trace.Tracer
	propagator propagation.TextMapPropagator
	duration   metric.Float64Histogram
	retries    metric.Int64Counter
	drift      metric.Int64Counter
	server     []attribute.KeyValue
}

// scope names the instruments' origin.
const scope = "session-facade/upstream"

// rpcMethod is the attribute that names the RPC, in full.
const rpcMethod = attribute.Key("rpc.method")

func newTelemetry(o *Options, calls map[string]*call, retries *budget) (*telemetry, error) {
	meter := o.Meter.Meter(scope)
	t := &telemetry{
		tracer:     o.Tracer.Tracer(scope),
		propagator: o.Propagator,
		server:     []attribute.KeyValue{attribute.String("server.address", o.URL.Hostname())},
	}
	if port, err := strconv.Atoi(o.URL.Port()); err == nil {
		t.server = append(t.server, attribute.Int("server.port", port))
	}
	var err error
	if t.duration, err = meter.Float64Histogram("http.client.request.duration", metric.WithUnit("s"),
		metric.WithDescription("How long attempts to call the upstream took, by RPC and HTTP status or fault."),
		// Those of the calls' duration, so that the two can be laid over one another.
		metric.WithExplicitBucketBoundaries(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 15, 20, 30)); err != nil {
		return nil, err
	}
	if t.retries, err = meter.Int64Counter("session_facade.upstream.retries",
		metric.WithDescription("Attempts that were not the first of their call.")); err != nil {
		return nil, err
	}
	if t.drift, err = meter.Int64Counter("session_facade.upstream.drift",
		metric.WithDescription("Members and enum words in answers that the contract does not know, by RPC and kind.")); err != nil {
		return nil, err
	}
	_, err = meter.Int64ObservableGauge("session_facade.upstream.breaker_open",
		metric.WithDescription("1 while calls of an RPC are refused because the upstream has not been answering them, else 0."),
		metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
			for _, c := range calls {
				open := int64(0)
				if c.breaker.isOpen() {
					open = 1
				}
				o.Observe(open, metric.WithAttributes(rpcMethod.String(c.rpcName)))
			}
			return nil
		}))
	if err != nil {
		return nil, err
	}
	_, err = meter.Float64ObservableGauge("session_facade.upstream.retry_rate",
		metric.WithDescription("Which part of the calls in flight are retries; the retry budget bounds it."),
		metric.WithFloat64Callback(func(_ context.Context, o metric.Float64Observer) error {
			o.Observe(retries.rate())
			return nil
		}))
	return t, err
}

// The kinds of drift.
const (
	driftMember = "member"
	driftWord   = "enum_word"
)

// introduce gives each figure of the calls a 0 to begin with: what goes from
// nothing to 1 is no increase to Prometheus.
func (t *telemetry) introduce(calls map[string]*call) {
	ctx := context.Background()
	for _, c := range calls {
		t.retries.Add(ctx, 0, metric.WithAttributes(rpcMethod.String(c.rpcName)))
		if c.json.Response != nil {
			t.drift.Add(ctx, 0, driftOf(c, driftMember))
			t.drift.Add(ctx, 0, driftOf(c, driftWord))
		}
	}
}

func driftOf(c *call, kind string) metric.MeasurementOption {
	return metric.WithAttributes(rpcMethod.String(c.rpcName), attribute.String("kind", kind))
}

// clientSpan are the options of an attempt's span.
var clientSpan = []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindClient)}

// recorded is one attempt that is being recorded.
type recorded struct {
	telemetry *telemetry
	call      *call
	ctx       context.Context
	span      trace.Span
	started   time.Time
}

// begin records the beginning of an attempt, and lets the upstream know of the
// trace that it is part of.
func (t *telemetry) begin(ctx context.Context, call *call, request *request, attempt int) recorded {
	r := recorded{telemetry: t, call: call, started: time.Now()}
	r.ctx, r.span = t.tracer.Start(ctx, call.spanName, clientSpan...)
	if r.span.IsRecording() {
		r.span.SetAttributes(append([]attribute.KeyValue{
			attribute.String("http.request.method", call.rule.Verb),
			attribute.String("url.template", call.rule.Template),
		}, t.server...)...)
		if attempt > 1 {
			r.span.SetAttributes(attribute.Int("http.request.resend_count", attempt-1))
		}
	}
	if attempt > 1 {
		t.retries.Add(ctx, 1, metric.WithAttributes(rpcMethod.String(call.rpcName)))
	}
	if request.header == nil {
		request.header = http.Header{}
	}
	t.propagator.Inject(r.ctx, propagation.HeaderCarrier(request.header))
	return r
}

// end records how an attempt came out. No description is set: it could only be
// the upstream's words.
func (r *recorded) end(a *response, err *Error) {
	var o outcomeKey
	switch {
	case a != nil:
		o.status = a.status
	case err.response.status != 0:
		o.status = err.response.status
	default:
		o.fault = err.fault
	}
	r.telemetry.duration.Record(r.ctx, time.Since(r.started).Seconds(), r.call.attributes(o))
	if r.span.IsRecording() {
		r.span.SetAttributes(o.attribute())
		if err != nil {
			r.span.SetStatus(otelcodes.Error, "")
		}
	}
	r.span.End()
}

// outcomeKey is an attempt's outcome as metrics tell it: a status, or a fault.
type outcomeKey struct {
	status int
	fault  fault
}

func (o outcomeKey) attribute() attribute.KeyValue {
	if o.status != 0 {
		return attribute.Int("http.response.status_code", o.status)
	}
	return attribute.String("error.type", o.fault.String())
}

// attributes are those of a call with an outcome. Each set is made once: there
// are few, and sorting them costs more than recording.
func (c *call) attributes(o outcomeKey) metric.MeasurementOption {
	if known, ok := c.outcomes.Load(o); ok {
		if option, ok := known.(metric.MeasurementOption); ok {
			return option
		}
	}
	option := metric.WithAttributeSet(attribute.NewSet(rpcMethod.String(c.rpcName),
		attribute.String("http.request.method", c.rule.Verb), o.attribute()))
	c.outcomes.Store(o, option)
	return option
}

// String names a fault for metrics.
func (f fault) String() string {
	switch f {
	case noConnection:
		return "no_connection"
	case timedOut:
		return "timeout"
	case cancelled:
		return "cancelled"
	case noMemory:
		return "overloaded"
	default:
		return "broken_contract"
	}
}

// noteDrift counts what an answer holds that the contract does not know.
func (t *telemetry) noteDrift(ctx context.Context, c *call, found wirejson.Result) {
	t.count(ctx, c, driftMember, found.UnknownMembers)
	t.count(ctx, c, driftWord, found.UnknownWords)
}

func (t *telemetry) count(ctx context.Context, c *call, kind string, n int) {
	if n > 0 {
		t.drift.Add(ctx, int64(n), driftOf(c, kind))
	}
}
