package telemetry

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"os"
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
	started, err := Start(t.Context(), func() (string, string) { return "v1", "abc" }, slog.New(slog.DiscardHandler))
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

// TestDescribe shows that an exporter's error says what is wrong and where, and
// nothing that may be a secret.
func TestDescribe(t *testing.T) {
	t.Parallel()
	refused := &url.Error{Op: "Post", URL: "http://user:canary@collector:4318/v1/traces?key=canary",
		Err: errors.New("dial tcp 10.0.0.1:4318: connect: connection refused")}
	for want, err := range map[string]error{
		"traces export: Post collector:4318: dial tcp 10.0.0.1:4318: connect: connection refused": fmt.Errorf("traces export: %w", refused),
		"failed to send to collector: 401 Unauthorized (its body is withheld)":                    errors.New("failed to send to https://collector/canary: 401 Unauthorized (body: canary\n)"),
		"one; two": errors.Join(errors.New("one"), errors.New("two")),
	} {
		if got := describe(err); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// TestPropagators shows what OTEL_PROPAGATORS does: what is not spoken is said, not
// ignored.
func TestPropagators(t *testing.T) {
	for value, want := range map[string]struct {
		fields int
		warned string
	}{
		"": {2, ""}, "tracecontext,baggage": {2, ""}, "none": {0, ""}, "tracecontext, b3": {2, `"ignored":"b3"`},
	} {
		t.Setenv("OTEL_PROPAGATORS", value)
		var log bytes.Buffer
		got := propagator(slog.New(slog.NewJSONHandler(&log, nil)))
		if len(got.Fields()) != want.fields || !strings.Contains(log.String(), want.warned) || (log.Len() > 0) != (want.warned != "") {
			t.Errorf("%q: fields %v, logged %s", value, got.Fields(), log.String())
		}
	}
}

// TestInternalLog_WithholdsValues shows that OpenTelemetry's internal logger tells what
// is wrong with a variable, and nothing of what an operator has put into it.
func TestInternalLog_WithholdsValues(t *testing.T) {
	for name, value := range map[string]string{
		"OTEL_EXPORTER_OTLP_HEADERS":  "api-key canary,x=%zzcanary",
		"OTEL_EXPORTER_OTLP_ENDPOINT": "https://user:canary@collector:port/%zz",
		"OTEL_TRACES_EXPORTER":        "otlp",
		"OTEL_EXPORTER_OTLP_TIMEOUT":  "canary",
		"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
	} {
		t.Setenv(name, value)
	}
	stderr := captureStderr(t)
	var log bytes.Buffer
	started, err := Start(t.Context(), func() (string, string) { return "v1", "abc" }, slog.New(slog.NewJSONHandler(&log, nil)))
	if err == nil {
		_ = started.Stop(t.Context())
	}
	written := stderr()
	if !strings.Contains(log.String(), "parse headers") || strings.Contains(log.String()+written, "canary") {
		t.Errorf("logged %s, and to stderr %q", log.String(), written)
	}
}

// TestStop_WithholdsTheURL: what could not be sent at the end is told without the
// collector's address, which may have a key in it.
func TestStop_WithholdsTheURL(t *testing.T) {
	for name, value := range map[string]string{
		"OTEL_METRICS_EXPORTER":       "otlp",
		"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
		"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1/canary?key=canary",
	} {
		t.Setenv(name, value)
	}
	started, err := Start(t.Context(), func() (string, string) { return "v1", "abc" }, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := started.Stop(t.Context()); err == nil || strings.Contains(err.Error(), "canary") || !strings.Contains(err.Error(), "127.0.0.1:1") {
		t.Errorf("got %v", err)
	}
}

// TestInternalLog_TellsWarnings shows that of what OpenTelemetry says of itself the log
// holds warnings and invalid values, not that which it says of each export.
func TestInternalLog_TellsWarnings(t *testing.T) {
	t.Parallel()
	for level, want := range map[int]bool{0: true, 1: true, 2: false, 4: false, 8: false} {
		for message, told := range map[string]bool{"exported": want, "Got invalid value, a number is expected.": level <= 4} {
			var log bytes.Buffer
			if sink := (internalLog{slog.New(slog.NewTextHandler(&log, nil))}); sink.Enabled(level) {
				sink.Info(level, message)
			}
			if (log.Len() > 0) != told {
				t.Errorf("level %d: told %q, want %t", level, log.String(), told)
			}
		}
	}
}

// captureStderr takes what the process writes to stderr until the returned function
// is called.
func captureStderr(t *testing.T) func() string {
	t.Helper()
	file, err := os.CreateTemp(t.TempDir(), "stderr")
	if err != nil {
		t.Fatal(err)
	}
	was := os.Stderr
	os.Stderr = file
	return func() string {
		os.Stderr = was
		text, err := os.ReadFile(file.Name())
		if err != nil {
			t.Fatal(err)
		}
		_ = file.Close()
		return string(text)
	}
}
