// Package telemetry starts OpenTelemetry as its environment variables say
// (OTEL_*): traces and metrics to wherever they are to go, and metrics for
// Prometheus in any case.
package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/contrib/exporters/autoexport"
	"go.opentelemetry.io/otel/attribute"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// serviceName names the facade where OTEL_SERVICE_NAME does not.
const serviceName = "session-facade"

// Telemetry is what the layers record with.
type Telemetry struct {
	// Tracer makes spans; they cost next to nothing where no exporter is set.
	Tracer trace.TracerProvider
	// Meter makes instruments.
	Meter metric.MeterProvider
	// Propagator reads and writes W3C trace context, or nothing.
	Propagator propagation.TextMapPropagator
	// Metrics answers Prometheus.
	Metrics http.Handler

	stops []func(context.Context) error
}

// Start starts telemetry. Traces are exported where OTEL_TRACES_EXPORTER says,
// metrics where OTEL_METRICS_EXPORTER says; nowhere if it is not set. An error names
// the variable that is wrong. What goes wrong later is logged.
func Start(ctx context.Context, build func() (version, commit string), logger *slog.Logger) (*Telemetry, error) {
	version, commit := build()
	about, err := resource.New(ctx,
		resource.WithTelemetrySDK(), resource.WithHost(), resource.WithContainer(),
		resource.WithAttributes(semconv.ServiceName(serviceName), semconv.ServiceVersion(version)),
		resource.WithFromEnv(), // last, so that it wins
	)
	if err != nil && !errors.Is(err, resource.ErrPartialResource) {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	report(logger)
	t := &Telemetry{Propagator: propagator(logger)}
	if err := t.startTraces(ctx, about); err != nil {
		return nil, blame(err, "TRACES")
	}
	if err := t.startMetrics(ctx, about); err != nil {
		return nil, blame(err, "METRICS")
	}
	return t, t.buildInfo(version, commit)
}

func (t *Telemetry) startTraces(ctx context.Context, about *resource.Resource) error {
	exporter, err := autoexport.NewSpanExporter(ctx, autoexport.WithFallbackSpanExporter(
		func(context.Context) (sdktrace.SpanExporter, error) { return nil, nil }))
	if err != nil {
		return err
	}
	if exporter == nil || autoexport.IsNoneSpanExporter(exporter) {
		t.Tracer = noop.NewTracerProvider()
		return nil
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(quiet{exporter}), sdktrace.WithResource(about))
	t.Tracer = provider
	t.stops = append(t.stops, provider.Shutdown)
	return nil
}

func (t *Telemetry) startMetrics(ctx context.Context, about *resource.Resource) error {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	scraped, err := otelprometheus.New(otelprometheus.WithRegisterer(registry), otelprometheus.WithoutScopeInfo())
	if err != nil {
		return err
	}
	options := []sdkmetric.Option{sdkmetric.WithReader(scraped), sdkmetric.WithResource(about)}
	pushed, err := autoexport.NewMetricReader(ctx, autoexport.WithFallbackMetricReader(
		func(context.Context) (sdkmetric.Reader, error) { return nil, nil }))
	if err != nil {
		return err
	}
	if pushed != nil && !autoexport.IsNoneMetricReader(pushed) {
		options = append(options, sdkmetric.WithReader(pushed))
	}
	provider := sdkmetric.NewMeterProvider(options...)
	t.Meter = provider
	t.Metrics = promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	t.stops = append(t.stops, provider.Shutdown)
	return nil
}

func (t *Telemetry) buildInfo(version, commit string) error {
	meter := t.Meter.Meter(serviceName)
	_, err := meter.Int64ObservableGauge("session_facade.build_info",
		metric.WithDescription("1, with the version and commit that run."),
		metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
			o.Observe(1, metric.WithAttributes(attribute.String("version", version), attribute.String("commit", commit)))
			return nil
		}))
	return err
}

// Stop sends what is still to be sent.
func (t *Telemetry) Stop(ctx context.Context) error {
	var errs []error
	for _, stop := range t.stops {
		errs = append(errs, stop(ctx))
	}
	if err := errors.Join(errs...); err != nil {
		return errors.New(describe(err))
	}
	return nil
}

// quiet blanks the descriptions of statuses: they are the upstream's messages,
// which may echo a secret.
type quiet struct{ sdktrace.SpanExporter }

// ExportSpans implements sdktrace.SpanExporter.
func (q quiet) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	blanked := make([]sdktrace.ReadOnlySpan, len(spans))
	for i, span := range spans {
		blanked[i] = blank{span}
	}
	return q.SpanExporter.ExportSpans(ctx, blanked)
}

type blank struct{ sdktrace.ReadOnlySpan }

// Status implements sdktrace.ReadOnlySpan.
func (b blank) Status() sdktrace.Status { return sdktrace.Status{Code: b.ReadOnlySpan.Status().Code} }
