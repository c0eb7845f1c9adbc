package telemetry

import (
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"regexp"
	"strings"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
)

// report makes OpenTelemetry's own errors, such as a collector that cannot be
// reached, lines of a log, and those of its internal logger. There is one of each
// for the process.
func report(logger *slog.Logger) {
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		logger.Warn("telemetry", "error", describe(err), "variables", quoted(err.Error()))
	}))
	otel.SetLogger(logr.New(internalLog{logger}))
}

// internalLog is the sink of OpenTelemetry's internal logger. It tells the messages,
// which are constants, and none of the values beside them: of a variable that it
// cannot read, such as OTEL_EXPORTER_OTLP_HEADERS, it logs the whole content, also as
// part of the error. The variable is named instead.
type internalLog struct{ logger *slog.Logger }

// warnLevel is the level of OpenTelemetry's warnings, infoLevel that of information, among
// which is that a variable's value is invalid.
const (
	warnLevel = 1
	infoLevel = 4
)

// Init implements logr.LogSink.
func (internalLog) Init(logr.RuntimeInfo) {}

// Enabled implements logr.LogSink.
func (internalLog) Enabled(level int) bool { return level <= infoLevel }

// Info implements logr.LogSink.
func (l internalLog) Info(level int, message string, values ...any) {
	if level > warnLevel && !strings.Contains(message, "invalid value") {
		return
	}
	l.logger.Warn("telemetry", "said", message, "variables", quoted(fmt.Sprintln(values...)))
}

// Error implements logr.LogSink.
func (l internalLog) Error(_ error, message string, values ...any) {
	l.logger.Warn("telemetry", "failed", message, "variables", quoted(fmt.Sprintln(values...)))
}

// WithValues implements logr.LogSink.
func (l internalLog) WithValues(...any) logr.LogSink { return l }

// WithName implements logr.LogSink.
func (l internalLog) WithName(string) logr.LogSink { return l }

// An exporter's error holds the whole URL, in which an operator may have put a
// password or a key, and what the collector answered, which may be anything.
var (
	urls   = regexp.MustCompile(`"?([a-z]+://[^\s"]+)"?`)
	bodies = regexp.MustCompile(`(?s)\(body: .*`)
)

// describe is an error without that: of a URL only the host is left.
func describe(err error) string {
	text := bodies.ReplaceAllString(err.Error(), "(its body is withheld)")
	text = urls.ReplaceAllStringFunc(text, func(quoted string) string {
		parsed, err := url.Parse(strings.Trim(quoted, `":`))
		if err != nil || parsed.Host == "" {
			return "a URL"
		}
		if strings.HasSuffix(quoted, ":") {
			return parsed.Host + ":"
		}
		return parsed.Host
	})
	return strings.ReplaceAll(text, "\n", "; ")
}

// propagator is what OTEL_PROPAGATORS asks for, as far as it is spoken here: W3C
// trace context or nothing. Others would need headers that by the contract do not
// pass. Baggage is left out in silence, since it is what everybody asks for by
// default: its content is anybody's.
func propagator(logger *slog.Logger) propagation.TextMapPropagator {
	for name := range strings.SplitSeq(os.Getenv("OTEL_PROPAGATORS"), ",") {
		switch strings.TrimSpace(name) {
		case "", "tracecontext", "baggage":
		case "none":
			return propagation.NewCompositeTextMapPropagator()
		default:
			logger.Warn("OTEL_PROPAGATORS: only W3C trace context is spoken here; set tracecontext, or none", "ignored", strings.TrimSpace(name))
		}
	}
	return propagation.TraceContext{}
}
