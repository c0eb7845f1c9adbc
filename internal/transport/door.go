package transport

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"

	"github.com/wingspan-grpc/session-facade/internal/httprule"
)

// The two doors by which a call comes in.
const (
	doorGRPC = "grpc"
	doorREST = "rest"
)

// door is what all calls share that come in by it.
type door struct {
	name       string
	operations map[string]*operation // by their RPC's full name
	places     *limit                // of all doors together
	shed       atomic.Int64
	propagator propagation.TextMapPropagator
	labels     metric.MeasurementOption
	log        slog.Handler // of calls of which no operation is known
	logShed    slog.Handler // of those among them that found no place
}

// operation is what all calls of an RPC share that come in by one door.
type operation struct {
	*httprule.Rule
	inFlight  atomic.Int64
	durations durations
	labels    metric.MeasurementOption
	log       slog.Handler
	logShed   slog.Handler

	// Of the REST door only:
	gateway    runtime.HandlerFunc
	pathFields []string
}

func newDoor(name string, places *limit, o Options) *door {
	at, shed := []slog.Attr{slog.String("door", name)}, whyShed
	if name == doorREST {
		shed = append(slices.Clone(shed), slog.Int("http_status", http.StatusServiceUnavailable))
	}
	d := &door{name: name, operations: make(map[string]*operation, len(o.Rules)), places: places, propagator: o.Propagator,
		labels: labelled(doorKey.String(name)), log: o.Logger.Handler().WithAttrs(at)}
	d.logShed = d.log.WithAttrs(shed)
	for _, rule := range o.Rules {
		log := d.log.WithAttrs([]slog.Attr{slog.String("method", rule.FullMethod),
			slog.String("verb", rule.Verb), slog.String("route", rule.Template)})
		op := &operation{Rule: rule, log: log, logShed: log.WithAttrs(shed),
			labels: labelled(doorKey.String(name), methodKey.String(strings.TrimPrefix(rule.FullMethod, "/")))}
		for _, field := range rule.PathFields() {
			op.pathFields = append(op.pathFields, string(field.Name()))
		}
		d.operations[rule.FullMethod] = op
	}
	return d
}
