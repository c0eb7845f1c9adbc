package telemetry

import (
	"net/http/httptest"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// TestQuiet shows that a status keeps its code and loses its words.
func TestQuiet(t *testing.T) {
	t.Parallel()
	exporter := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(quiet{exporter}))
	_, span := provider.Tracer("t").Start(t.Context(), "s")
	span.SetStatus(codes.Error, "canary")
	span.End()
	spans := exporter.GetSpans()
	if len(spans) != 1 || spans[0].Status.Code != codes.Error || spans[0].Status.Description != "" {
		t.Errorf("got %+v", spans)
	}
}

// TestStart shows what there is without any variable set: metrics to scrape, and
// spans that are not recorded.
func TestStart(t *testing.T) {
	t.Parallel()
	started, err := Start(t.Context(), func() (string, string) { return "v1", "abc" })
	if err != nil {
		t.Fatal(err)
	}
	if _, span := started.Tracer.Tracer("t").Start(t.Context(), "s"); span.IsRecording() {
		t.Error("spans are recorded for nobody")
	}
	scraped := httptest.NewRecorder()
	started.Metrics.ServeHTTP(scraped, httptest.NewRequest("GET", "/metrics", nil))
	for _, want := range []string{`session_facade_build_info{commit="abc",version="v1"} 1`, "go_goroutines ", `service_name="session-facade"`} {
		if !strings.Contains(scraped.Body.String(), want) {
			t.Errorf("no %s in\n%s", want, scraped.Body)
		}
	}
	if err := started.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}
