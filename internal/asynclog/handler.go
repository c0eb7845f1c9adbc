package asynclog

import (
	"bytes"
	"context"
	"io"
	"log/slog"
)

// Log is a slog.Handler that never waits for the log to be written.
type Log struct {
	*Writer
	handler
}

// New starts a log. format makes the handler that formats its lines, as
// slog.NewJSONHandler does. Close ends the log.
func New(to io.Writer, format func(io.Writer) slog.Handler) *Log {
	w := newWriter(to, func(dropped int64) []byte { return notice(format, dropped) })
	return &Log{w, handler{format(w), format(urgentWriter{w})}}
}

// notice is the line that says how many were dropped.
func notice(format func(io.Writer) slog.Handler, dropped int64) []byte {
	var line bytes.Buffer
	slog.New(format(&line)).LogAttrs(context.Background(), slog.LevelError, "log lines were dropped", slog.Int64("dropped", dropped))
	return line.Bytes()
}

// handler has two of a kind: one for lines that may use the reserve.
type handler struct{ usual, urgent slog.Handler }

// Enabled implements slog.Handler.
func (h handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.usual.Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (h handler) Handle(ctx context.Context, record slog.Record) error {
	if record.Level >= slog.LevelWarn {
		return h.urgent.Handle(ctx, record)
	}
	return h.usual.Handle(ctx, record)
}

// WithAttrs implements slog.Handler.
func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return handler{h.usual.WithAttrs(attrs), h.urgent.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h handler) WithGroup(name string) slog.Handler {
	return handler{h.usual.WithGroup(name), h.urgent.WithGroup(name)}
}
