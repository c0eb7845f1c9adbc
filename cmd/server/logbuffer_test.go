package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// written is what has been written, and in how many pieces.
type written struct {
	mu     sync.Mutex
	text   bytes.Buffer
	pieces int
}

func (w *written) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pieces++
	return w.text.Write(b)
}

func (w *written) has(t *testing.T, lines, pieces int) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := strings.Count(w.text.String(), "\n"); n != lines || w.pieces != pieces {
		t.Errorf("%d lines in %d pieces, want %d in %d", n, w.pieces, lines, pieces)
	}
}

// TestLogBuffer shows when a log line is written.
func TestLogBuffer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		out := &written{}
		logger, flush := newLogger(&config{LogFormat: "json"}, out)
		logger = logger.With("a", 1)
		logger.Info("after a quiet time")
		out.has(t, 1, 1)
		logger.Info("soon afterwards")
		logger.Info("and again")
		out.has(t, 1, 1)
		time.Sleep(logDelay + 1)
		out.has(t, 3, 2)
		logger.Info("still not quiet")
		out.has(t, 3, 2)
		logger.WithGroup("g").Warn("urgent")
		out.has(t, 5, 3)
		logger.Info("before the end")
		flush()
		out.has(t, 6, 4)
		time.Sleep(3 * logDelay)
		logger.Info("after a quiet time")
		out.has(t, 7, 5)
		long := strings.Repeat("x", logSize/3)
		for range 4 { // the third makes it full
			logger.Info(long)
		}
		out.has(t, 9, 6)
		logger.Info(strings.Repeat("x", 2*logSize))
		flush()
		out.has(t, 12, 8)
		flush()
		out.has(t, 12, 8)
	})
}

// TestLogBufferTogether shows that lines of many goroutines stay whole.
func TestLogBufferTogether(t *testing.T) {
	t.Parallel()
	out := &written{}
	logger, flush := newLogger(&config{LogFormat: "text", LogLevel: slog.LevelInfo}, out)
	const writers, each = 8, 2000
	var running sync.WaitGroup
	for i := range writers {
		running.Go(func() {
			for range each {
				logger.Info("line", "of", fmt.Sprint("writer ", i), "end", true)
			}
		})
	}
	running.Wait()
	flush()
	lines := strings.Split(strings.TrimSpace(out.text.String()), "\n")
	if len(lines) != writers*each {
		t.Errorf("%d lines", len(lines))
	}
	for _, line := range lines {
		if !strings.HasPrefix(line, "time=") || !strings.HasSuffix(line, "end=true") {
			t.Fatalf("torn: %q", line)
		}
	}
}
