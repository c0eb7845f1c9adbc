package upstream

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/url"
	"strconv"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	otelcodes "go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/wingspan-grpc/session-facade/internal/httprule"
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
				o.Observe(open, c.records.rpc)
			}
			return nil
		}))
	_, errs[4] = meter.Float64ObservableGauge("session_facade.upstream.retry_rate",
		metric.WithDescription("Which part of the calls in flight are retries; the retry budget bounds it."),
		metric.WithFloat64Callback(func(_ context.Context, o metric.Float64Observer) error {
			o.Observe(retries.rate())
			return nil
		}))
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	// Each figure has a 0 to begin with: what goes from nothing to 1 is no increase to
	// Prometheus.
	for _, c := range calls {
		t.retries.Add(context.Background(), 0, c.records.rpc)
		if c.json.Response != nil {
			t.drift.Add(context.Background(), 0, c.records.members)
			t.drift.Add(context.Background(), 0, c.records.words)
		}
	}
	return t, nil
}

// callRecords are what is recorded of one RPC. Sets of attributes are made once: there
// are few, and sorting them costs more than recording.
type callRecords struct {
	rule           *httprule.Rule
	spanName       string
	span           []trace.SpanStartOption
	rpc            metric.MeasurementOption
	members, words metric.MeasurementOption // the kinds of drift

	mu       sync.Mutex
	outcomes map[outcome]metric.MeasurementOption
}

func newCallRecords(rule *httprule.Rule, server *url.URL) *callRecords {
	rpc := rpcOf(rule)
	about := []attribute.KeyValue{
		attribute.String("http.request.method", rule.Verb),
		attribute.String("url.template", rule.Template),
		attribute.String("server.address", server.Hostname()),
	}
	if port, err := strconv.Atoi(server.Port()); err == nil {
		about = append(about, attribute.Int("server.port", port))
	}
	return &callRecords{
		rule:     rule,
		spanName: rule.Verb + " " + rule.Template,
		span:     []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(about...)},
		rpc:      metric.WithAttributes(rpc),
		members:  metric.WithAttributes(rpc, attribute.String("kind", "member")),
		words:    metric.WithAttributes(rpc, attribute.String("kind", "enum_word")),
		outcomes: map[outcome]metric.MeasurementOption{},
	}
}

// rpcOf names an RPC as OpenTelemetry has it: in full, without the first slash.
func rpcOf(rule *httprule.Rule) attribute.KeyValue {
	return attribute.String("rpc.method", rule.FullMethod[1:])
}

// recorded is one attempt that is being recorded.
type recorded struct {
	*telemetry
	call *callRecords
	ctx  context.Context //nolint:containedctx // of the attempt, which has the span
	span trace.Span
}

// begin records the beginning of an attempt, and lets the upstream know of the
// trace that it is part of.
func (t *telemetry) begin(ctx context.Context, c *callRecords, r *request, attempt int) recorded {
	if attempt > 1 {
		t.retries.Add(ctx, 1, c.rpc)
		r.header = maps.Clone(r.header) // net/http may still read that of the attempt before
	}
	ctx, span := t.tracer.Start(ctx, c.spanName, c.span...)
	if attempt > 1 {
		span.SetAttributes(attribute.Int("http.request.resend_count", attempt-1))
	}
	t.propagator.Inject(ctx, propagation.HeaderCarrier(r.header))
	return recorded{t, c, ctx, span}
}

// end records how an attempt came out. No description is set: it could only be
// the upstream's words.
func (r *recorded) end(got *response, err *Error, took time.Duration) {
	var o outcome
	if err == nil {
		o.status = got.status
	} else if o.status = err.response.status; o.status == 0 {
		o.fault = cmp.Or(string(err.fault), "broken_contract")
	}
	r.duration.Record(r.ctx, took.Seconds(), r.call.attributes(o))
	if r.span.IsRecording() {
		r.span.SetAttributes(o.attribute())
		if err != nil {
			r.span.SetStatus(otelcodes.Error, "")
		}
	}
	r.span.End()
}

// outcome is that of an attempt as metrics tell it: a status, or a fault.
type outcome struct {
	status int
	fault  string
}

func (o outcome) attribute() attribute.KeyValue {
	if o.status != 0 {
		return attribute.Int("http.response.status_code", o.status)
	}
	return attribute.String("error.type", o.fault)
}

// attributes are those of an RPC with an outcome.
func (c *callRecords) attributes(o outcome) metric.MeasurementOption {
	c.mu.Lock()
	defer c.mu.Unlock()
	option, known := c.outcomes[o]
	if !known {
		option = metric.WithAttributeSet(attribute.NewSet(rpcOf(c.rule), attribute.String("http.request.method", c.rule.Verb), o.attribute()))
		c.outcomes[o] = option
	}
	return option
}

// noteDrift counts what a response holds that the contract does not know.
func (t *telemetry) noteDrift(ctx context.Context, c *callRecords, found wirejson.Result) {
	if found.UnknownMembers > 0 {
		t.drift.Add(ctx, int64(found.UnknownMembers), c.members)
	}
	if found.UnknownWords > 0 {
		t.drift.Add(ctx, int64(found.UnknownWords), c.words)
	}
}
