package transport

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"google.golang.org/grpc/status"

	"github.com/wingspan-grpc/session-facade/internal/apierror"
)

// End records how a call ended: its figures and its access line. httpStatus is 0
// over gRPC.
func (c *Call) End(ctx context.Context, err error, httpStatus int) {
	if c.err != nil {
		err = c.err // knows the cause
	}
	took := time.Since(c.started)
	switch {
	case c.admitted:
		c.Method.durations.record(ctx, err, took)
	case errors.Is(err, ErrOverloaded):
		c.Protocol.rejected.Add(1)
	case err != nil:
		c.Protocol.addRefusal(ctx, ReasonOf(status.Convert(err)))
	}
	c.log(ctx, err, httpStatus, took)
}

// log writes the access line: never a URL, a header, a body or an error's message,
// since each may hold a secret. The handler is called without its logger, which would
// look for the line's place in the code.
func (c *Call) log(ctx context.Context, err error, httpStatus int, took time.Duration) {
	handler := c.Protocol.log
	if c.Method != nil {
		handler = c.Method.log
	}
	if !handler.Enabled(ctx, slog.LevelInfo) {
		return
	}
	c.FindTrace(ctx)
	line := slog.NewRecord(c.started.Add(took), slog.LevelInfo, "call", 0)
	line.AddAttrs(
		slog.String("code", status.Code(err).String()),
		slog.Float64("duration_ms", float64(took.Microseconds())/1e3),
		slog.String("request_id", c.loggedRequestID()),
		slog.String("peer", c.Peer))
	if c.traceID != "" {
		line.AddAttrs(slog.String("trace_id", c.traceID))
	}
	if httpStatus != 0 {
		line.AddAttrs(slog.Int("http_status", httpStatus))
	}
	if c.Exchange.Cache != "" {
		line.AddAttrs(slog.String("cache", c.Exchange.Cache))
	}
	if err != nil {
		line.AddAttrs(reasonAttrs(err)...)
	}
	_ = handler.Handle(ctx, line) // a log that fails has nowhere to say so
}

// maxLoggedRequestID bounds what the log holds of a caller's request id, in bytes.
const maxLoggedRequestID = 128

func (c *Call) loggedRequestID() string {
	// An error tells it too, and loses its details where a text is not UTF-8.
	return strings.ToValidUTF8(c.RequestID[:min(len(c.RequestID), maxLoggedRequestID)], "\uFFFD")
}

// reasonAttrs say for the access line what was wrong.
func reasonAttrs(err error) []slog.Attr {
	attrs := []slog.Attr{slog.String("reason", apierror.ReasonName(ReasonOf(status.Convert(err))))}
	var internal interface{ Cause() string }
	if errors.As(err, &internal) {
		attrs = append(attrs, slog.String("cause", internal.Cause()))
	}
	return attrs
}
