package asynclog

import (
	"context"

	"go.opentelemetry.io/otel/metric"
)

// Observe tells how much of the log is missing.
func (l *Log) Observe(meter metric.Meter) error {
	_, err := meter.Int64ObservableCounter("session_facade.log.dropped",
		metric.WithDescription("Log lines dropped because nobody read the log fast enough, or it could not be written."),
		metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
			o.Observe(l.Dropped())
			return nil
		}))
	return err
}
