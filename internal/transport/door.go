package transport

import (
	"log/slog"
	"strings"
	"sync/atomic"

	"go.opentelemetry.io/otel/metric"

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
	labels     metric.MeasurementOption
	log        slog.Handler // of calls of which no operation is known
}

// operation is what all calls of an RPC share that come in by one door.
type operation struct {
	*httprule.Rule
	inFlight atomic.Int64
	labels   metric.MeasurementOption
	log      slog.Handler
}

func newDoor(name string, places *limit, o Options) *door {
	labels, at := doorKey.String(name), []slog.Attr{slog.String("door", name)}
	d := &door{name: name, operations: make(map[string]*operation, len(o.Rules)), places: places,
		labels: labelled(labels), log: o.Logger.Handler().WithAttrs(at)}
	for _, rule := range o.Rules {
		d.operations[rule.FullMethod] = &operation{
			Rule:   rule,
			labels: labelled(labels, methodKey.String(strings.TrimPrefix(rule.FullMethod, "/"))),
			log: d.log.WithAttrs([]slog.Attr{slog.String("method", rule.FullMethod),
				slog.String("verb", rule.Verb), slog.String("route", rule.Template)}),
		}
	}
	return d
}
