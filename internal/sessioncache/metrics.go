package sessioncache

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// metrics count what the cache does.
type metrics struct {
	checks    metric.Int64Counter
	results   map[result]metric.MeasurementOption
	ends      metric.Int64Counter
	refreshes metric.Int64Counter
}

// newMetrics makes them, each with a 0 to begin with.
func newMetrics(c *Cache) (*metrics, error) {
	meter := c.options.Meter.Meter("session-facade/sessioncache")
	m := &metrics{results: map[result]metric.MeasurementOption{}}
	var errs [4]error
	m.checks, errs[0] = meter.Int64Counter("session_facade.session.checks",
		metric.WithDescription("Checks of sessions, by what the cache had to do with the response."))
	m.ends, errs[1] = meter.Int64Counter("session_facade.session.ends",
		metric.WithDescription("Calls that end or change sessions."))
	m.refreshes, errs[2] = meter.Int64Counter("session_facade.session.refreshes",
		metric.WithDescription("Sessions that were asked for ahead of time, since they were in use."))
	errs[3] = c.observe(meter)
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	for _, r := range results {
		m.results[r] = metric.WithAttributeSet(attribute.NewSet(attribute.String("result", string(r))))
		m.checks.Add(context.Background(), 0, m.results[r])
	}
	m.ends.Add(context.Background(), 0)
	m.refreshes.Add(context.Background(), 0)
	return m, nil
}

func (m *metrics) check(ctx context.Context, r result) { m.checks.Add(ctx, 1, m.results[r]) }

// observe reports what the cache holds at the moment.
func (c *Cache) observe(meter metric.Meter) error {
	entries, err1 := meter.Int64ObservableGauge("session_facade.session.entries",
		metric.WithDescription("Responses that the cache of sessions holds, those that are no longer fresh included."))
	loads, err2 := meter.Int64ObservableGauge("session_facade.session.loads",
		metric.WithDescription("Calls of the upstream that check sessions at the moment, each for all who ask the same."))
	fences, err3 := meter.Int64ObservableGauge("session_facade.session.fences",
		metric.WithDescription("Sessions of which nothing is kept, since a call may be ending them."))
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	_, err := meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		c.mu.Lock()
		kept := c.store.Stats()
		out, active := c.history.Loads(), c.fences
		c.mu.Unlock()
		o.ObserveInt64(entries, int64(kept.Live+kept.Expired))
		o.ObserveInt64(loads, int64(out))
		o.ObserveInt64(fences, int64(active))
		return nil
	}, entries, loads, fences)
	return err
}
