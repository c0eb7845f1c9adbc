package transport

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"github.com/wingspan-grpc/session-facade/internal/apierror"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
)

// The two doors by which a call comes in.
const (
	doorGRPC = "grpc"
	doorREST = "rest"
)

// call is what is known of a call from the moment it arrives, for its access
// line and for whoever must know the door.
type call struct {
	door      string
	peer      string
	requestID string
	started   time.Time
	rule      *httprule.Rule // nil where no operation was found
	traceID   string         // empty where the call is not part of a trace
	up        metadata.MD    // what the upstream gets of the caller's metadata
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

// requestIDKey is the header that names a call in logs, the caller's or ours.
const requestIDKey = "x-request-id"

// maxRequestID bounds what is kept of a caller's request id for the log.
const maxRequestID = 128

func requestIDFrom(values []string) string {
	if len(values) > 0 && values[0] != "" {
		return values[0][:min(len(values[0]), maxRequestID)]
	}
	return newRequestID()
}

// accessLog notes a gRPC call's arrival and writes its access line. It is the
// outermost interceptor, so that refused calls leave a line too. The REST door
// writes its own, since not all of its calls get as far as an interceptor.
func accessLog(logger *slog.Logger, rules map[string]*httprule.Rule) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		rule, ours := rules[info.FullMethod]
		if !ours {
			return handler(ctx, request) // health and reflection stay silent
		}
		md, _ := metadata.FromIncomingContext(ctx)
		c := &call{door: doorGRPC, requestID: requestIDFrom(md.Get(requestIDKey)), started: time.Now(), rule: rule, traceID: traceID(ctx)}
		if from, ok := peer.FromContext(ctx); ok {
			c.peer = from.Addr.String()
		}
		response, err := handler(withCall(ctx, c), request)
		c.log(ctx, logger, err, 0)
		return response, err
	}
}

// traceID is the trace that a call is part of; empty where there is none.
func traceID(ctx context.Context) string {
	if span := trace.SpanContextFromContext(ctx); span.HasTraceID() {
		return span.TraceID().String()
	}
	return ""
}

// log writes a call's access line: never a URL, a header, a body or an error's
// message, since each may hold a secret. httpStatus is 0 over gRPC.
func (c *call) log(ctx context.Context, logger *slog.Logger, err error, httpStatus int) {
	s := status.Convert(err)
	attrs := []slog.Attr{
		slog.String("door", c.door),
		slog.String("code", s.Code().String()),
		slog.Float64("duration_ms", float64(time.Since(c.started).Microseconds())/1e3),
		slog.String("request_id", c.requestID),
		slog.String("peer", c.peer),
	}
	if c.rule != nil {
		attrs = append(attrs, slog.String("method", c.rule.FullMethod),
			slog.String("verb", c.rule.Verb), slog.String("route", c.rule.Template))
	}
	if c.traceID != "" {
		attrs = append(attrs, slog.String("trace_id", c.traceID))
	}
	if httpStatus != 0 {
		attrs = append(attrs, slog.Int("http_status", httpStatus))
	}
	if err != nil {
		attrs = append(attrs, slog.String("reason", apierror.ReasonName(apierror.Reason(s))))
		var internal interface{ Cause() string }
		if errors.As(err, &internal) {
			attrs = append(attrs, slog.String("cause", internal.Cause()))
		}
	}
	logger.LogAttrs(ctx, slog.LevelInfo, "call", attrs...)
}
