package transport

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"google.golang.org/grpc/stats"

	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/internal/membudget"
)

// The names of the protocols by which calls come, as logs and metrics have them.
const (
	ProtocolGRPC    = "grpc"
	ProtocolREST    = "rest"
	ProtocolConnect = "connect"
	ProtocolGRPCWeb = "grpcweb"
)

// Protocol is what all calls share that come by it.
type Protocol struct {
	// Name is one of the constants above.
	Name string
	// Methods are the service's RPCs, by their full name: "/package.Service/Method".
	Methods map[string]*Method
	// Spans traces the calls; nil where nobody collects spans. See StartSpan.
	Spans stats.Handler

	memory     *membudget.Budget
	propagator propagation.TextMapPropagator
	addRefusal func(context.Context, reason)
	rejected   atomic.Int64 // over the limit on calls in flight
	labels     metric.MeasurementOption
	log        slog.Handler // of calls whose method is not known
}

// Method is what all calls of an RPC share that come by one protocol.
type Method struct {
	*httprule.Rule

	inFlight  atomic.Int64
	durations durations
	labels    metric.MeasurementOption
	log       slog.Handler
}

// NewProtocol makes what the calls of a protocol share, over all ports that take it. It
// must be called before the first call is taken.
func (p *Pipeline) NewProtocol(name string) (*Protocol, error) {
	for _, known := range p.protocols {
		if known.Name == name {
			return known, nil
		}
	}
	protocol := &Protocol{Name: name, Methods: make(map[string]*Method, len(p.Rules)), memory: p.Memory, propagator: p.Propagator,
		labels: labelled(protocolKey.String(name)),
		log:    p.Logger.Handler().WithAttrs([]slog.Attr{slog.String(string(protocolKey), name)})}
	histogram, err := newHistogram(p.Meter)
	if err != nil {
		return nil, err
	}
	if protocol.addRefusal, err = newRefusals(p.Meter, name); err != nil {
		return nil, err
	}
	for _, rule := range p.Rules {
		labels := []attribute.KeyValue{protocolKey.String(name), methodKey.String(strings.TrimPrefix(rule.FullMethod, "/"))}
		protocol.Methods[rule.FullMethod] = &Method{Rule: rule, labels: labelled(labels...),
			durations: durations{histogram: histogram, common: append(labels, attribute.String("rpc.system.name", "grpc"))},
			log: protocol.log.WithAttrs([]slog.Attr{slog.String("method", rule.FullMethod),
				slog.String("verb", rule.Verb), slog.String("route", rule.Template)})}
	}
	protocol.Spans = p.newSpans(protocol)
	p.protocols = append(p.protocols, protocol)
	return protocol, nil
}

// Reject counts a call that is refused, without a look at it, since the limit on
// calls in flight is reached.
func (p *Protocol) Reject() { p.rejected.Add(1) }
