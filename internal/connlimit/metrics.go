package connlimit

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// Observe counts the connections of a port, by its name.
func (l *Listener) Observe(ctx context.Context, meter metric.Meter, port string) error {
	open, err := meter.Int64ObservableUpDownCounter("session_facade.connections",
		metric.WithDescription("Open connections, by port."))
	if err != nil {
		return err
	}
	evicted, err := meter.Int64ObservableCounter("session_facade.connections.evicted",
		metric.WithDescription("Connections without a call that gave way to new ones because their port was full."))
	if err != nil {
		return err
	}
	limit, err := meter.Int64Gauge("session_facade.connections.limit",
		metric.WithDescription("How many connections each port takes."))
	if err != nil {
		return err
	}
	limit.Record(ctx, int64(l.options.Max))
	label := metric.WithAttributes(attribute.String("port", port))
	_, err = meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		o.ObserveInt64(open, int64(l.Open()), label)
		o.ObserveInt64(evicted, l.Evicted(), label)
		return nil
	}, open, evicted)
	return err
}
