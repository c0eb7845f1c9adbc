package main

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/wingspan-grpc/session-facade/internal/asynclog"
	"github.com/wingspan-grpc/session-facade/internal/certs"
)

// observeCertificate makes the figures of a certificate. To read a figure is to look at
// the files, so it is true even where no connection is made.
func observeCertificate(meter metric.Meter, role string, watch *certs.Watch) error {
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
		if until := watch.Current().Until; !until.IsZero() {
			o.ObserveInt64(expires, until.Unix(), label)
		}
		o.ObserveInt64(failures, watch.Failures(), label)
		return nil
	}, expires, failures)
	return err
}

// observeLog tells how much of the log is missing.
func observeLog(meter metric.Meter, logs *asynclog.Log) error {
	_, err := meter.Int64ObservableCounter("session_facade.log.dropped",
		metric.WithDescription("Log lines dropped because nobody read the log fast enough, or it could not be written."),
		metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
			o.Observe(logs.Dropped())
			return nil
		}))
	return err
}
