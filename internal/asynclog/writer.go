// Package asynclog writes a log without holding up whoever logs: lines wait in a
// bounded queue for one goroutine, and are dropped, and counted, where it is full. A
// pipe that nobody reads must stop neither a call nor a shutdown.
//
// Lines are formatted by slog's own handlers, written in order and whole.
package asynclog

import (
	"bytes"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// How much may wait. Some 2,000 access lines fit; at 10,000 calls a second, that is
// a pipe that stalls for a fifth of a second.
const (
	maxLines = 4096
	maxBytes = 1 << 20
	// reserve is the part of either, one in so many, that is for urgent lines:
	// warnings and errors are what is looked for after the queue was full.
	reserve = 4
)

// gather is how long less urgent lines wait to be written together, since a write
// for each is a notable part of what a call costs. The first after a quiet time is
// written at once.
const gather = 20 * time.Millisecond

// Writer writes lines in the background.
type Writer struct {
	to      io.Writer
	notice  func(dropped int64) []byte // says how many were dropped; may be nil
	dropped atomic.Int64

	some    chan struct{} // holds one when lines wait
	urgent  chan struct{} // holds one when they should not wait for more
	closing chan struct{}
	close   func()
	done    chan struct{} // closed when all is written
	told    int64         // of those dropped, how many the log has been told of

	mu     sync.Mutex
	lines  []byte
	spare  []byte // what lines were written from last, for the next
	count  int    // of lines
	taken  int    // lines that are being written
	size   int    // bytes that are being written
	closed bool
}

// NewWriter starts to write lines to a writer. Close ends it.
func NewWriter(to io.Writer) *Writer { return newWriter(to, nil) }

func newWriter(to io.Writer, notice func(dropped int64) []byte) *Writer {
	w := &Writer{
		to: to, notice: notice,
		some: make(chan struct{}, 1), urgent: make(chan struct{}, 1),
		closing: make(chan struct{}), done: make(chan struct{}),
	}
	w.close = sync.OnceFunc(func() {
		w.mu.Lock()
		w.closed = true
		w.mu.Unlock()
		close(w.closing)
	})
	go w.run()
	return w
}

// Write implements io.Writer. It takes whole lines, never waits and never fails.
func (w *Writer) Write(line []byte) (int, error) {
	w.add(line, false)
	return len(line), nil
}

// Dropped is how many lines were dropped, because the queue was full or because they
// could not be written.
func (w *Writer) Dropped() int64 { return w.dropped.Load() }

// Close writes what waits, for as long as timeout at most. What comes later is
// dropped. A write that blocks for ever is left behind.
func (w *Writer) Close(timeout time.Duration) {
	w.close()
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-w.done:
	case <-timer.C:
	}
}

// urgentWriter is a Writer of lines that may use the reserve.
type urgentWriter struct{ *Writer }

// Write implements io.Writer.
func (w urgentWriter) Write(line []byte) (int, error) {
	w.add(line, true)
	return len(line), nil
}

func (w *Writer) add(line []byte, urgent bool) {
	if !w.queue(line, urgent) {
		w.dropped.Add(1)
		return
	}
	signal(w.some)
	if urgent {
		signal(w.urgent)
	}
}

func (w *Writer) queue(line []byte, urgent bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	linesLeft, bytesLeft := maxLines-w.count-w.taken, maxBytes-len(w.lines)-w.size
	if !urgent {
		linesLeft -= maxLines / reserve
		bytesLeft -= maxBytes / reserve
	}
	if w.closed || linesLeft < 1 || bytesLeft < len(line) {
		return false
	}
	w.lines = append(w.lines, line...)
	w.count++
	return true
}

// signal does not wait for who is to notice.
func signal(to chan<- struct{}) {
	select {
	case to <- struct{}{}:
	default:
	}
}

// run writes until the Writer is closed and nothing is left.
func (w *Writer) run() {
	defer close(w.done)
	for {
		select {
		case <-w.some:
		case <-w.closing:
			w.write()
			return
		}
		w.write()
		w.rest()
	}
}

// rest lets lines come together.
func (w *Writer) rest() {
	timer := time.NewTimer(gather)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-w.urgent:
	case <-w.closing:
	}
}

// write writes what waits, then says how many lines were dropped before: it is the
// first that got through.
func (w *Writer) write() {
	lines, count := w.take()
	if count == 0 {
		return
	}
	written, err := w.to.Write(lines)
	if err != nil {
		w.dropped.Add(int64(count - bytes.Count(lines[:written], newline)))
	}
	w.mu.Lock()
	w.taken, w.size, w.spare = 0, 0, lines[:0]
	w.mu.Unlock()
	if dropped := w.dropped.Load(); err == nil && dropped > w.told && w.notice != nil {
		if _, err := w.to.Write(w.notice(dropped - w.told)); err == nil {
			w.told = dropped
		}
	}
}

var newline = []byte("\n")

// take takes the lines that wait. They count as long as they are being written.
func (w *Writer) take() ([]byte, int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	lines, count := w.lines, w.count
	w.taken, w.size = count, len(lines)
	w.lines, w.spare, w.count = w.spare, nil, 0
	return lines, count
}
