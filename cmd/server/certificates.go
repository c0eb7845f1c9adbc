package main

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/wingspan-grpc/session-facade/internal/certs"
)

// observeCertificates makes the figures of certificates: those of the doors, where
// they have one, and that which is shown to the upstream. To read a figure is to
// look at the files, so it is true even where no connection is made.
func observeCertificates(provider metric.MeterProvider, doors, toUpstream *certs.Watch) error {
	meter := provider.Meter("session-facade/server")
	until, err := meter.Int64ObservableGauge("session_facade.certificate.not_after", metric.WithUnit("s"),
		metric.WithDescription("When the certificate in force expires, or the first of its chain, in seconds since 1970, by role."))
	if err != nil {
		return err
	}
	failures, err := meter.Int64ObservableCounter("session_facade.certificate.reload_failures",
		metric.WithDescription("Changes of certificate files that could not be used, by role."))
	if err != nil {
		return err
	}
	_, err = meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		for role, watch := range map[string]*certs.Watch{"door": doors, "upstream": toUpstream} {
			if watch == nil {
				continue
			}
			label := metric.WithAttributes(attribute.String("role", role))
			if expires := watch.Current().Until; !expires.IsZero() {
				o.ObserveInt64(until, expires.Unix(), label)
			}
			o.ObserveInt64(failures, watch.Failures(), label)
		}
		return nil
	}, until, failures)
	return err
}
