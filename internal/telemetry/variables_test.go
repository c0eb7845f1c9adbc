package telemetry

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"go.opentelemetry.io/otel"
)

// TestStart_NamesTheVariableThatIsWrong goes through the variables whose mistakes
// OpenTelemetry refuses or tells of. None of what they hold is told, unless it is no
// secret. The variables are the process's: nothing here is parallel.
func TestStart_NamesTheVariableThatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		value  string
		others []string
	}{
		"OTEL_TRACES_EXPORTER":                  {"nope", nil},
		"OTEL_METRICS_EXPORTER":                 {"nope", nil},
		"OTEL_EXPORTER_OTLP_PROTOCOL":           {"nope", nil},
		"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL":    {"nope", nil},
		"OTEL_EXPORTER_OTLP_METRICS_PROTOCOL":   {"nope", []string{"OTEL_METRICS_EXPORTER=otlp"}},
		"OTEL_EXPORTER_PROMETHEUS_PORT":         {"nope", []string{"OTEL_METRICS_EXPORTER=prometheus"}},
		"OTEL_RESOURCE_ATTRIBUTES":              {"a=b,nope", nil},
		"OTEL_TRACES_SAMPLER":                   {"nope", nil},
		"OTEL_TRACES_SAMPLER_ARG":               {"x", []string{"OTEL_TRACES_SAMPLER=traceidratio"}},
		"OTEL_PROPAGATORS":                      {"b3", nil},
		"OTEL_BSP_MAX_QUEUE_SIZE":               {"x", nil},
		"OTEL_EXPORTER_OTLP_TIMEOUT":            {"x", nil},
		"OTEL_EXPORTER_OTLP_ENDPOINT":           {"http://user:hush@[::1", nil},
		"OTEL_EXPORTER_OTLP_HEADERS":            {"hush", nil},
		"OTEL_EXPORTER_OTLP_CERTIFICATE":        {"/nowhere/ca.pem", nil},
		"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": {"/nowhere/c.pem", []string{"OTEL_EXPORTER_OTLP_CLIENT_KEY=/nowhere/c.key"}},
		"OTEL_METRIC_EXPORT_INTERVAL":           {"x", []string{"OTEL_METRICS_EXPORTER=otlp"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("OTEL_TRACES_EXPORTER", "otlp")
			for _, other := range c.others {
				key, value, _ := strings.Cut(other, "=")
				t.Setenv(key, value)
			}
			t.Setenv(name, c.value)
			var logged bytes.Buffer
			started, err := Start(t.Context(), func() (string, string) { return "v1", "abc" }, slog.New(slog.NewTextHandler(&logged, nil)))
			told := logged.String()
			if err != nil {
				told += err.Error()
			} else {
				_ = started.Stop(t.Context()) // nobody collects
			}
			if !strings.Contains(told, name) || strings.Contains(told, "hush") {
				t.Errorf("%s=%s: told is %q", name, c.value, told)
			}
		})
	}
}

// TestQuoted_NamesNoOthers shows which variables a message is not about.
func TestQuoted_NamesNoOthers(t *testing.T) { //nolint:paralleltest // sets variables
	t.Setenv("OTEL_A", "1")
	t.Setenv("OTEL_B", "secret,words")
	t.Setenv("OTHER_C", "words")
	for message, want := range map[string]string{
		"took 100 ms": "", "got 1 item": "OTEL_A", `parsing "words": no`: "OTEL_B",
		"OTEL_A is not 1 of the words": "OTEL_A", "": "",
	} {
		if got := strings.Join(quoted(message), " "); got != want {
			t.Errorf("%q is about %q, want %q", message, got, want)
		}
	}
	var logged bytes.Buffer
	report(slog.New(slog.NewTextHandler(&logged, nil)))
	otel.Handle(errors.New("cannot use words"))
	if !strings.Contains(logged.String(), "OTEL_B") {
		t.Errorf("logged %q", logged.String())
	}
}
