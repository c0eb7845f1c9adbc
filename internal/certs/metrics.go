package certs

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// Observe makes the figures of a certificate, by its role. To read a figure is to look at
// the files, so it is true even where no connection is made.
func (w *Watch) Observe(meter metric.Meter, role string) error {
	expires, err := meter.Int64ObservableGauge("session_facade.certificate.not_after", metric.WithUnit("s"),
		metric.WithDescription("When the certificate in force expires, or the first of its chain, in seconds since 1970, by role."))
	if err != nil {
		return err
	}
	failures, err := meter.Int64ObservableCounter("session_facade.certificate.reload_failures",
		metric.WithDescription("Changes of certificate files that could not be used, by role."))
	if err != nil {
		return err
	}
	label := metric.WithAttributes(attribute.String("role", role))
	_, err = meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		if until := w.Current().Until; !until.IsZero() {
			o.ObserveInt64(expires, until.Unix(), label)
		}
		o.ObserveInt64(failures, w.Failures(), label)
		return nil
	}, expires, failures)
	return err
}
