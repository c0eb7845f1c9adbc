package upstream

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/url"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	otelcodes "go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/wingspan-grpc/session-facade/internal/relay"
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
}

// scope names the instruments' origin.
const scope = "session-facade/upstream"

func newTelemetry(o *Options, calls map[string]*call, retries *budget) (*telemetry, error) {
	meter := o.Meter.Meter(scope)
	t := &telemetry{tracer: o.Tracer.Tracer(scope), propagator: o.Propagator}
	var errs [5]error
	t.duration, errs[0] = meter.Float64Histogram("http.client.request.duration", metric.WithUnit("s"),
		metric.WithDescription("How long attempts to call the upstream took, by RPC and HTTP status or fault."),
		// Those of the calls' duration, so that the two can be laid over one another.
		metric.WithExplicitBucketBoundaries(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 15, 20, 30))
	t.retries, errs[1] = meter.Int64Counter("session_facade.upstream.retries",
		metric.WithDescription("Attempts that were not the first of their call."))
	t.drift, errs[2] = meter.Int64Counter("session_facade.upstream.drift",
		metric.WithDescription("Members and enum words in answers that the contract does not know, by RPC and kind."))
	_, errs[3] = meter.Int64ObservableGauge("session_facade.upstream.breaker_open",
		metric.WithDescription("1 while calls of an RPC are refused because the upstream has not been answering them, else 0."),
		metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
			for _, c := range calls {
				open := int64(0)
				if c.breaker.isOpen() {
					open = 1
				}
				o.Observe(open, metric.WithAttributes(c.rpc))
			}
			return nil
		}))
	_, errs[4] = meter.Float64ObservableGauge("session_facade.upstream.retry_rate",
		metric.WithDescription("Which part of the calls in flight are retries; the retry budget bounds it."),
		metric.WithFloat64Callback(func(_ context.Context, o metric.Float64Observer) error {
			o.Observe(retries.rate())
			return nil
		}))
	return t, errors.Join(errs[:]...)
}

// initCounters gives each figure of the calls a 0 to begin with: what goes from nothing to 1
// is no increase to Prometheus.
func (t *telemetry) initCounters(calls map[string]*call) {
	for _, c := range calls {
		t.retries.Add(context.Background(), 0, metric.WithAttributes(c.rpc))
		if c.json.Response != nil {
			t.drift.Add(context.Background(), 0, c.driftOf("member"))
			t.drift.Add(context.Background(), 0, c.driftOf("enum_word"))
		}
	}
}

// describe sets what is recorded of an RPC.
func (c *call) describe(server *url.URL) {
	c.spanName, c.rpc = c.rule.Verb+" "+c.rule.Template, attribute.String("rpc.method", c.rule.FullMethod[1:])
	c.verb = attribute.String("http.request.method", c.rule.Verb)
	about := []attribute.KeyValue{c.verb, attribute.String("url.template", c.rule.Template), attribute.String("server.address", server.Hostname())}
	if port, err := strconv.Atoi(server.Port()); err == nil {
		about = append(about, attribute.Int("server.port", port))
	}
	c.span = []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(about...)}
}

// begin records the beginning of an attempt, and lets the upstream know of the
// trace that it is part of.
func (t *telemetry) begin(ctx context.Context, c *call, r *request, attempt int) context.Context {
	ctx, span := t.tracer.Start(ctx, c.spanName, c.span...)
	if attempt > 1 {
		t.retries.Add(ctx, 1, metric.WithAttributes(c.rpc))
		span.SetAttributes(attribute.Int("http.request.resend_count", attempt-1))
		r.header = maps.Clone(r.header) // net/http may still read that of the attempt before
	}
	t.propagator.Inject(ctx, propagation.HeaderCarrier(r.header))
	return ctx
}

// end records how an attempt came out: with a status, or a fault. The span gets no
// description: it could only be the upstream's words.
func (t *telemetry) end(ctx context.Context, c *call, got *relay.Response, err *Error, took time.Duration) {
	if err != nil {
		got = &err.response
	}
	outcome := attribute.Int("http.response.status_code", got.Status)
	if got.Status == 0 {
		outcome = attribute.String("error.type", cmp.Or(string(err.fault), "broken_contract"))
	}
	t.duration.Record(ctx, took.Seconds(), c.attributes(outcome))
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		span.SetAttributes(outcome)
		if err != nil {
			span.SetStatus(otelcodes.Error, "")
		}
		span.End()
	}
}

// attributes are those of an RPC with an outcome. Each set is made once: there are few,
// and sorting them costs more than recording.
func (c *call) attributes(outcome attribute.KeyValue) metric.MeasurementOption {
	c.mu.Lock()
	defer c.mu.Unlock()
	option, known := c.outcomes[outcome]
	if !known {
		option = metric.WithAttributeSet(attribute.NewSet(c.rpc, c.verb, outcome))
		c.outcomes[outcome] = option
	}
	return option
}

// recordDrift counts what a response holds that the contract does not know.
func (t *telemetry) recordDrift(ctx context.Context, c *call, found wirejson.Result) {
	if found.UnknownMembers > 0 {
		t.drift.Add(ctx, int64(found.UnknownMembers), c.driftOf("member"))
	}
	if found.UnknownWords > 0 {
		t.drift.Add(ctx, int64(found.UnknownWords), c.driftOf("enum_word"))
	}
}

func (c *call) driftOf(kind string) metric.MeasurementOption {
	return metric.WithAttributes(c.rpc, attribute.String("kind", kind))
}
