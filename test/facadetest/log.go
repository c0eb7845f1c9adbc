package facadetest

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"
)

// waitLimit is how long a line of the log is waited for.
const waitLimit = 10 * time.Second

// Log keeps what is logged.
type Log struct {
	mu      sync.Mutex
	buf     bytes.Buffer
	written chan struct{} // closed at the next line; nil while nobody waits
}

// Write implements io.Writer.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.written != nil {
		close(l.written)
		l.written = nil
	}
	return l.buf.Write(p)
}

// String is all that has been logged.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// Await waits for a line that holds a text, and returns it.
func (l *Log) Await(tb testing.TB, text string) string {
	tb.Helper()
	late := time.After(waitLimit)
	for {
		line, next := l.find(text)
		if line != "" {
			return line
		}
		select {
		case <-next:
		case <-late:
			tb.Fatalf("no line with %s is logged:\n%s", text, l)
		}
	}
}

func (l *Log) find(text string) (line string, next <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.buf.String()) {
		if strings.Contains(line, text) {
			return line, nil
		}
	}
	if l.written == nil {
		l.written = make(chan struct{})
	}
	return "", l.written
}
