package transport

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net"
	"time"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/stats"

	"github.com/wingspan-grpc/session-facade/internal/relay"
)

// Call is what is known of a call from its first byte to its last.
type Call struct {
	// Protocol is the one that the call came by.
	Protocol *Protocol
	// Method is the RPC; nil while none is known.
	Method *Method
	// Peer is the caller's address.
	Peer string
	// RequestID names the call in logs, the caller's or one made here.
	RequestID string
	// RequestIDGenerated says that it was made here.
	RequestIDGenerated bool
	// Exchange is what travels beside the messages. Whoever holds the bodies last
	// releases its Lease.
	Exchange relay.Exchange
	header   HeaderValues
	started  time.Time
	traceID  string // empty where the call is not part of a trace
	admitted bool   // by the limit on calls in flight
	err      error  // that the pipeline ended with, with its cause
}

// NewCall begins a call. The header is read when the call needs it.
func (p *Protocol) NewCall(header HeaderValues, peer string) *Call {
	c := &Call{Protocol: p, Peer: peer, Exchange: relay.Exchange{Lease: p.memory.Lease()}, header: header, started: time.Now()}
	c.RequestID = requestIDOf(header)
	if c.RequestID == "" {
		c.RequestID, c.RequestIDGenerated = newRequestID(), true
	}
	return c
}

// maxHeaderFields bounds how many headers a call may have. A header of a few bytes takes
// twenty times as much where it is kept: those of one call, 2 MB.
const maxHeaderFields = 256

// peerHost is an address without its port; all of one that has none, as a pipe's.
func peerHost(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return address
}

// CheckHeader refuses more headers than a client has any use for.
func CheckHeader(values map[string][]string) error {
	fields := 0
	for _, of := range values {
		fields += len(of)
	}
	if fields > maxHeaderFields {
		return errHeaderFields
	}
	return nil
}

var errHeaderFields = RefuseInvalid(fmt.Sprintf("a call must not have more than %d headers", maxHeaderFields))

type callKey struct{}

// NewContext returns a context that carries a call.
func NewContext(ctx context.Context, c *Call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

// CallFromContext returns the call that ctx belongs to; nil where there is none.
func CallFromContext(ctx context.Context) *Call {
	c, _ := ctx.Value(callKey{}).(*Call)
	return c
}

// maxRequestID is the longest request id that is taken over from a caller, in bytes.
const maxRequestID = 1 << 10

// requestIDOf is the first request id that a caller gave; empty where there is none,
// or one that is too long to be one.
func requestIDOf(header HeaderValues) string {
	if values := header.Values(requestID); len(values) > 0 && len(values[0]) <= maxRequestID {
		return values[0]
	}
	return ""
}

// RequestIDLength is the length of a request id that is made here.
const RequestIDLength = 16

// newRequestID makes a name for a call, which guards nothing.
func newRequestID() string {
	var id [RequestIDLength / 2]byte
	binary.BigEndian.PutUint64(id[:], rand.Uint64()) //nolint:gosec // see above
	return hex.EncodeToString(id[:])
}

// FindTrace notes the trace that the call is part of: the span's in ctx or, where
// nobody collects spans, the one that the caller names. Two names are none (W3C Trace
// Context, section 3.2: the trace is restarted).
func (c *Call) FindTrace(ctx context.Context) {
	if c.traceID != "" {
		return
	}
	span := trace.SpanContextFromContext(ctx)
	if parent := c.values(traceparent); !span.IsValid() && len(parent) == 1 {
		span = trace.SpanContextFromContext(c.Protocol.propagator.Extract(ctx,
			propagation.MapCarrier{traceparent.key: parent[0]}))
	}
	if span.HasTraceID() {
		c.traceID = span.TraceID().String()
	}
}

// StartSpan tells the tracing of a call that came by another server than grpc-go's, as
// that one does; the function that it returns tells of its end.
func (c *Call) StartSpan(ctx context.Context) (context.Context, func(error)) {
	spans := c.Protocol.Spans
	if spans == nil || c.Method == nil {
		return ctx, func(error) {}
	}
	ctx = metadata.NewIncomingContext(ctx, metadata.MD{traceparent.key: c.values(traceparent), tracestate.key: c.values(tracestate)})
	ctx = spans.TagRPC(ctx, &stats.RPCTagInfo{FullMethodName: c.Method.FullMethod})
	begin := time.Now()
	spans.HandleRPC(ctx, &stats.Begin{BeginTime: begin})
	c.FindTrace(ctx)
	return ctx, func(err error) {
		spans.HandleRPC(ctx, &stats.End{BeginTime: begin, EndTime: time.Now(), Error: err})
	}
}
