package pacing

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// telemetry records what pacing does to calls.
type telemetry struct {
	wait    metric.Float64Histogram
	refused metric.Int64Counter
	pauses  metric.Int64Counter
}

// scope names the instruments' origin.
const scope = "session-facade/pacing"

func newTelemetry(provider metric.MeterProvider, classes ...*class) (*telemetry, error) {
	meter, t := provider.Meter(scope), &telemetry{}
	var errs [5]error
	t.wait, errs[0] = meter.Float64Histogram("session_facade.pacing.wait_duration", metric.WithUnit("s"),
		metric.WithDescription("How long calls of the upstream waited for their turn, by class."),
		metric.WithExplicitBucketBoundaries(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30))
	t.refused, errs[1] = meter.Int64Counter("session_facade.pacing.refused",
		metric.WithDescription("Calls refused because they would not have had their turn in time, by class; in the background: refreshes that nobody waited for."))
	t.pauses, errs[2] = meter.Int64Counter("session_facade.pacing.pauses",
		metric.WithDescription("How often a class was stopped because the upstream told several callers to wait."))
	_, errs[3] = meter.Int64ObservableGauge("session_facade.pacing.waiting",
		metric.WithDescription("Calls of the upstream that wait for their turn, by class."),
		metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
			for _, c := range classes {
				if c != nil {
					o.Observe(int64(c.waiting()), attributesOf(c))
				}
			}
			return nil
		}))
	_, errs[4] = meter.Float64ObservableGauge("session_facade.pacing.rate",
		metric.WithDescription("Calls of the upstream that this replica may make in a second at present, by class."),
		metric.WithFloat64Callback(func(_ context.Context, o metric.Float64Observer) error {
			for _, c := range classes {
				if c != nil {
					o.Observe(c.rate(), attributesOf(c))
				}
			}
			return nil
		}))
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	for _, c := range classes {
		if c != nil { // what goes from nothing to 1 is no increase to Prometheus
			t.refused.Add(context.Background(), 0, refusalOf(c, false))
			t.refused.Add(context.Background(), 0, refusalOf(c, true))
			t.pauses.Add(context.Background(), 0, attributesOf(c))
		}
	}
	return t, nil
}

// record records how a call's wait ended. Those that gave it up are in no figure.
func (t *telemetry) record(ctx context.Context, c *class, call *Call, err error, waited time.Duration) {
	if err == nil {
		t.wait.Record(ctx, waited.Seconds(), attributesOf(c))
	} else if _, ok := errors.AsType[*RefusedError](err); ok {
		t.refused.Add(ctx, 1, refusalOf(c, call.Background))
	}
}

func (t *telemetry) paused(c *class) { t.pauses.Add(context.Background(), 1, attributesOf(c)) }

func attributesOf(c *class) metric.MeasurementOption {
	return metric.WithAttributes(attribute.String("class", c.name))
}

func refusalOf(c *class, background bool) metric.MeasurementOption {
	return metric.WithAttributes(attribute.String("class", c.name), attribute.Bool("background", background))
}
