package main

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"
)

// A log line is written at once, unless another one of less than a warning was
// not long before: those are written together, since a write for each call's line
// is a notable part of what a call costs. So this is how much of the log is lost
// where a process is killed.
const (
	logDelay = 100 * time.Millisecond
	logSize  = 64 << 10
)

// logBuffer gathers lines. A write that blocks holds up who logs, as it would
// without it: losing lines in silence would be worse.
type logBuffer struct {
	mu        sync.Mutex
	to        io.Writer
	lines     []byte
	gathering *time.Timer // nil while lines are written at once
}

// Write implements io.Writer. It takes whole lines.
func (b *logBuffer) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.gathering == nil {
		b.gathering = time.AfterFunc(logDelay, b.pause)
		return b.to.Write(line)
	}
	if len(b.lines)+len(line) > logSize {
		b.write()
	}
	b.lines = append(b.lines, line...)
	return len(line), nil
}

// pause writes what has been gathered, and ends the gathering where that is
// nothing.
func (b *logBuffer) pause() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.lines) == 0 {
		b.gathering = nil
		return
	}
	b.write()
	b.gathering.Reset(logDelay)
}

func (b *logBuffer) flush() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.write()
}

// write needs the lock. A log that cannot be written has nowhere to say so.
func (b *logBuffer) write() {
	if len(b.lines) > 0 {
		_, _ = b.to.Write(b.lines)
		b.lines = b.lines[:0]
	}
}

// urgent is a handler whose warnings and errors are not held back.
type urgent struct {
	slog.Handler
	buffer *logBuffer
}

// Handle implements slog.Handler.
func (u urgent) Handle(ctx context.Context, record slog.Record) error {
	err := u.Handler.Handle(ctx, record)
	if record.Level >= slog.LevelWarn {
		u.buffer.flush()
	}
	return err
}

// WithAttrs implements slog.Handler.
func (u urgent) WithAttrs(attrs []slog.Attr) slog.Handler {
	return urgent{u.Handler.WithAttrs(attrs), u.buffer}
}

// WithGroup implements slog.Handler.
func (u urgent) WithGroup(name string) slog.Handler {
	return urgent{u.Handler.WithGroup(name), u.buffer}
}
