package transport

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/wingspan-grpc/session-facade/internal/apierror"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
)

// call is what is known of a call from the moment it arrives, for its access
// line and for whoever must know the door.
type call struct {
	door      *door
	operation *operation // nil where none was found
	peer      string
	requestID string
	started   time.Time
	traceID   string      // empty where the call is not part of a trace
	up        metadata.MD // what the upstream gets of the caller's metadata
	answered  string      // the upstream's HTTP status for a success, if it is told
	minted    bool        // the request id is ours, not the caller's
	named     bool        // the upstream's answer has a request id

	arrival arrival // of the gRPC door only
}

// rule is the call's operation in REST; nil where none was found.
func (c *call) rule() *httprule.Rule {
	if c.operation == nil {
		return nil
	}
	return c.operation.Rule
}

type callKey struct{}

func withCall(ctx context.Context, c *call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

// callFrom finds the call that a context belongs to; nil where there is none.
func callFrom(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

// requestIDKey is the header that names a call in logs, the caller's or ours; in
// HTTP it is spelled otherwise.
const (
	requestIDKey    = "x-request-id"
	requestIDHeader = "X-Request-Id"
)

// maxRequestID bounds what is kept of a caller's request id for the log.
const maxRequestID = 128

// requestIDFrom is the caller's request id, or one of ours.
func requestIDFrom(values []string) (id string, minted bool) {
	if len(values) > 0 && values[0] != "" {
		return values[0][:min(len(values[0]), maxRequestID)], false
	}
	return newRequestID(), true
}

// passOnID gives the upstream the request id that was made here, so that its log
// and ours name the call alike. A gRPC caller gets it back with an error, a REST
// caller with an error of the facade's own. Not with an answer of the upstream's: by
// the contract a REST caller cannot tell that from the upstream itself, and it has
// no such header.
func (c *call) passOnID() {
	if c.minted {
		c.up[requestIDKey] = []string{c.requestID}
	}
}

// traceID is the trace that a call is part of; empty where there is none. Where
// nobody collects spans, only the caller's own word tells.
func (d *door) traceID(ctx context.Context, md metadata.MD) string {
	span := trace.SpanContextFromContext(ctx)
	if !span.IsValid() && md["traceparent"] != nil {
		span = trace.SpanContextFromContext(d.propagator.Extract(ctx, firstValues(md)))
	}
	if !span.HasTraceID() {
		return ""
	}
	return span.TraceID().String()
}

// nameTrace notes the trace that an HTTP request is part of, where its call did
// not get as far as an RPC, whose span would have told.
func (c *call) nameTrace(header http.Header) {
	if sent := header["Traceparent"]; sent != nil && c.traceID == "" {
		c.traceID = c.door.traceID(context.Background(), metadata.MD{"traceparent": sent})
	}
}

// firstValues is a propagation.TextMapCarrier that reads metadata.
type firstValues metadata.MD

// Get implements propagation.TextMapCarrier.
func (f firstValues) Get(key string) string {
	if values := f[key]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// Set implements propagation.TextMapCarrier. Nothing is written here.
func (firstValues) Set(string, string) {}

// Keys implements propagation.TextMapCarrier.
func (f firstValues) Keys() []string { return nil }

// log writes a call's access line: never a URL, a header, a body or an error's
// message, since each may hold a secret. httpStatus is 0 over gRPC. The handler
// is called without its logger, which would look for the line's place in the
// code, and has been given before what is the same for all calls.
func (c *call) log(ctx context.Context, err error, httpStatus int) {
	handler := c.door.log
	if c.operation != nil {
		handler = c.operation.log
	}
	if !handler.Enabled(ctx, slog.LevelInfo) {
		return
	}
	now := time.Now()
	line := slog.NewRecord(now, slog.LevelInfo, "call", 0)
	line.AddAttrs(
		slog.String("code", status.Code(err).String()),
		slog.Float64("duration_ms", float64(now.Sub(c.started).Microseconds())/1e3),
		slog.String("request_id", c.requestID),
		slog.String("peer", c.peer))
	if c.traceID != "" {
		line.AddAttrs(slog.String("trace_id", c.traceID))
	}
	if httpStatus != 0 {
		line.AddAttrs(slog.Int("http_status", httpStatus))
	}
	if err != nil {
		line.AddAttrs(why(err)...)
	}
	_ = handler.Handle(ctx, line) // a log that fails has nowhere to say so
}

// why says for the access line what was wrong.
func why(err error) []slog.Attr {
	attrs := []slog.Attr{slog.String("reason", apierror.ReasonName(apierror.Reason(status.Convert(err))))}
	var internal interface{ Cause() string }
	if errors.As(err, &internal) {
		attrs = append(attrs, slog.String("cause", internal.Cause()))
	}
	return attrs
}

// whyShed is what the access lines of all calls say that found no place.
var whyShed = []slog.Attr{
	slog.String("code", status.Code(errOverloaded).String()),
	slog.String("reason", apierror.ReasonName(apierror.Reason(status.Convert(errOverloaded)))),
	slog.Int("duration_ms", 0),
}

// logShed writes the access line of a call that found no place, to a handler that
// knows the rest: such lines come in thousands.
func (c *call) logShed(ctx context.Context, handler slog.Handler) {
	if !handler.Enabled(ctx, slog.LevelInfo) {
		return
	}
	line := slog.NewRecord(c.started, slog.LevelInfo, "call", 0)
	line.AddAttrs(slog.String("request_id", c.requestID), slog.String("peer", c.peer))
	if c.traceID != "" {
		line.AddAttrs(slog.String("trace_id", c.traceID))
	}
	_ = handler.Handle(ctx, line) // see log
}
