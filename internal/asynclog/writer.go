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
	some    chan struct{} // holds one when lines wait, or the Writer is closed
	urgent  chan struct{} // holds one when they should not wait for more
	done    chan struct{} // closed when all is written
	told    int64         // of those dropped, how many the log has been told of

	mu      sync.Mutex
	waiting batch
	writing batch // counts as long as it is being written; its bytes are used again then
	closed  bool
}

// batch is some lines.
type batch struct {
	text  []byte
	lines int
}

// NewWriter starts to write lines to a writer. Close ends it.
func NewWriter(to io.Writer) *Writer { return newWriter(to, nil) }

func newWriter(to io.Writer, notice func(dropped int64) []byte) *Writer {
	w := &Writer{to: to, notice: notice, some: make(chan struct{}, 1), urgent: make(chan struct{}, 1), done: make(chan struct{})}
	go w.run()
	return w
}

// Write implements io.Writer. It takes whole lines, never waits and never fails.
func (w *Writer) Write(line []byte) (int, error) { return w.add(line, false) }

// Dropped is how many lines were dropped, because the queue was full or because they
// could not be written.
func (w *Writer) Dropped() int64 { return w.dropped.Load() }

// Close writes what waits, for as long as timeout at most. What comes later is
// dropped. A write that blocks for ever is left behind.
func (w *Writer) Close(timeout time.Duration) {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	signal(w.some)
	signal(w.urgent)
	select {
	case <-w.done:
	case <-time.After(timeout):
	}
}

// urgentWriter is a Writer of lines that may use the reserve.
type urgentWriter struct{ *Writer }

// Write implements io.Writer.
func (w urgentWriter) Write(line []byte) (int, error) { return w.add(line, true) }

func (w *Writer) add(line []byte, urgent bool) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	linesLeft := maxLines - w.waiting.lines - w.writing.lines
	bytesLeft := maxBytes - len(w.waiting.text) - len(w.writing.text)
	if !urgent {
		linesLeft -= maxLines / reserve
		bytesLeft -= maxBytes / reserve
	}
	if w.closed || linesLeft < 1 || bytesLeft < len(line) {
		w.dropped.Add(1)
		return len(line), nil
	}
	w.waiting.text = append(w.waiting.text, line...)
	w.waiting.lines++
	signal(w.some)
	if urgent {
		signal(w.urgent)
	}
	return len(line), nil
}

// signal does not wait for who is to notice.
func signal(to chan<- struct{}) {
	select {
	case to <- struct{}{}:
	default:
	}
}

// run writes until the Writer is closed. Lines come together between two writes, unless
// they are urgent.
func (w *Writer) run() {
	defer close(w.done)
	for {
		<-w.some
		if closed := w.write(); closed {
			return
		}
		select {
		case <-time.After(gather):
		case <-w.urgent:
		}
	}
}

// write writes what waits, then says how many lines were dropped before: it is the
// first that got through. It tells whether these were the last.
func (w *Writer) write() (closed bool) {
	w.mu.Lock()
	w.waiting, w.writing = batch{text: w.writing.text[:0]}, w.waiting
	lines, closed := w.writing, w.closed
	w.mu.Unlock()
	if lines.lines == 0 {
		return closed
	}
	n, err := w.to.Write(lines.text)
	if err != nil {
		w.dropped.Add(int64(lines.lines - bytes.Count(lines.text[:n], newline)))
	}
	w.mu.Lock()
	w.writing = batch{text: lines.text[:0]}
	w.mu.Unlock()
	if dropped := w.dropped.Load(); err == nil && dropped > w.told && w.notice != nil {
		if _, err := w.to.Write(w.notice(dropped - w.told)); err == nil {
			w.told = dropped
		}
	}
	return closed
}

var newline = []byte("\n")
