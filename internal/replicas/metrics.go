package replicas

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// operation is what the server is asked for.
type operation string

const (
	syncOp    operation = "sync"
	findOp    operation = "find"
	keepOp    operation = "keep"
	releaseOp operation = "release"
	endOp     operation = "end"
)

// metrics count what the link does.
type metrics struct {
	operations metric.Int64Counter
	options    map[operation]map[string]metric.MeasurementOption
}

// The results of operations.
const (
	resultOK      = "ok"
	resultTimeout = "timeout"
	resultError   = "error"
	resultRefused = "refused" // without asking the server
)

// newMetrics makes them, each with a 0 to begin with.
func newMetrics(l *Link) (*metrics, error) {
	meter := l.options.Meter.Meter("session-facade/replicas")
	m := &metrics{options: map[operation]map[string]metric.MeasurementOption{}}
	var err error
	m.operations, err = meter.Int64Counter("session_facade.replicas.operations",
		metric.WithDescription("What the server that replicas share was asked for, and told, by the result."))
	if err != nil {
		return nil, err
	}
	for _, op := range []operation{syncOp, findOp, keepOp, releaseOp, endOp} {
		m.options[op] = map[string]metric.MeasurementOption{}
		for _, result := range []string{resultOK, resultTimeout, resultError, resultRefused} {
			m.options[op][result] = metric.WithAttributeSet(attribute.NewSet(
				attribute.String("operation", string(op)), attribute.String("result", result)))
			m.operations.Add(context.Background(), 0, m.options[op][result])
		}
	}
	return m, l.observe(meter)
}

// done counts an operation.
func (m *metrics) done(ctx context.Context, op operation, err error) {
	result := resultError
	switch {
	case err == nil:
		result = resultOK
	case errors.Is(err, errDown) || errors.Is(err, errBusy):
		result = resultRefused
	case errors.Is(err, errSlow) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled):
		result = resultTimeout
	}
	m.operations.Add(ctx, 1, m.options[op][result])
}

// observe reports how the link is at the moment.
func (l *Link) observe(meter metric.Meter) error {
	up, err1 := meter.Int64ObservableGauge("session_facade.replicas.up",
		metric.WithDescription("1 while the server that replicas share can be reached."))
	known, err2 := meter.Int64ObservableGauge("session_facade.replicas.known",
		metric.WithDescription("Replicas that share the server, this one included, those that were silent for up to a minute too."))
	pending, err3 := meter.Int64ObservableGauge("session_facade.replicas.pending_endings",
		metric.WithDescription("Sessions that have ended, of which the other replicas are not told yet."))
	behind, err4 := meter.Float64ObservableGauge("session_facade.replicas.behind", metric.WithUnit("s"),
		metric.WithDescription("How long ago it was that all that had ended at any replica was known here. After 3 s, what is kept is believed for 5 s at most. 0 before the first time."))
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return err
	}
	_, err := meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		l.mu.Lock()
		defer l.mu.Unlock()
		isUp, age := int64(0), time.Duration(0)
		if l.conn != nil {
			isUp = 1
		}
		if !l.horizon.IsZero() {
			age = time.Since(l.horizon)
		}
		o.ObserveInt64(up, isUp)
		o.ObserveInt64(known, int64(len(l.known)+1))
		o.ObserveInt64(pending, int64(len(l.pending.endings)))
		o.ObserveFloat64(behind, age.Seconds())
		return nil
	}, up, known, pending, behind)
	return err
}
