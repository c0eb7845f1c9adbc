package asynclog

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pipe is a writer that can block, fail and be read.
type pipe struct {
	mu      sync.Mutex
	unblock chan struct{}
	err     error
	text    bytes.Buffer
	pieces  int
}

// Write implements io.Writer.
func (p *pipe) Write(b []byte) (int, error) {
	p.mu.Lock()
	unblock := p.unblock
	p.mu.Unlock()
	if unblock != nil {
		<-unblock
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return 0, p.err
	}
	p.pieces++
	return p.text.Write(b)
}

// heal lets later writes pass.
func (p *pipe) heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unblock, p.err = nil, nil
}

// lines are what was written, in order.
func (p *pipe) lines(t *testing.T) (lines []line) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for text := range strings.Lines(p.text.String()) {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatalf("torn: %q", text)
		}
		lines = append(lines, l)
	}
	return lines
}

type line struct {
	Level, Msg string
	N, A       int
	G          struct{ N int }
	Dropped    int64
}

func newJSON(to io.Writer) (*Log, *slog.Logger) {
	l := New(to, func(w io.Writer) slog.Handler { return slog.NewJSONHandler(w, nil) })
	return l, slog.New(l)
}

// TestLog_BlockedWriterHoldsUpNobody shows what is lost where nobody reads: the
// newest lines, ordinary ones first, and that their number is told.
func TestLog_BlockedWriterHoldsUpNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		unblock := make(chan struct{})
		out := &pipe{unblock: unblock}
		l, logger := newJSON(out)
		defer l.Close(time.Second)
		const ordinary, urgent = 2 * maxLines, maxLines / reserve
		for n := range ordinary {
			logger.Info("call", "n", n)
			synctest.Wait() // the writer has taken what it can
		}
		for n := range urgent {
			logger.Warn("warning", "n", n)
		}
		const fit = maxLines - maxLines/reserve
		if got := l.Dropped(); got != ordinary-fit {
			t.Errorf("%d dropped, want %d", got, ordinary-fit)
		}
		logger.Error("one too many")
		if got := l.Dropped(); got != ordinary-fit+1 {
			t.Errorf("%d dropped, want %d", got, ordinary-fit+1)
		}
		out.heal()
		close(unblock)
		time.Sleep(time.Second)
		lines := out.lines(t)
		told, warnings, calls := int64(0), 0, 0
		for _, l := range lines {
			switch l.Msg {
			case "call":
				if l.N != calls {
					t.Fatalf("call %d is out of order", l.N)
				}
				calls++
			case "warning":
				warnings++
			default:
				told += l.Dropped
			}
		}
		if calls != fit || warnings != urgent || told != l.Dropped() {
			t.Errorf("%d calls, %d warnings, %d told", calls, warnings, told)
		}
		logger.Info("again")
		time.Sleep(time.Second)
		if after := out.lines(t); len(after) != len(lines)+1 {
			t.Errorf("%d lines, want %d: what was dropped is told once", len(after), len(lines)+1)
		}
	})
}

// TestLog_BoundedInBytes shows that few lines may be too much as well.
func TestLog_BoundedInBytes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		unblock := make(chan struct{})
		out := &pipe{unblock: unblock}
		l, logger := newJSON(out)
		long := strings.Repeat("x", maxBytes/reserve/2)
		for range 3 * reserve {
			logger.Info(long)
			synctest.Wait()
		}
		if got := l.Dropped(); got != 3*reserve-2*(reserve-1)+1 {
			t.Errorf("%d dropped", got)
		}
		logger.Error(strings.Repeat("x", maxBytes))
		if got := l.Dropped(); got != 3*reserve-2*(reserve-1)+2 {
			t.Errorf("%d dropped", got)
		}
		out.heal()
		close(unblock)
		l.Close(time.Second)
	})
}

// TestWriter_TakesAllBytes shows that lines fit up to the last byte, those that are being
// written included.
func TestWriter_TakesAllBytes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		unblock := make(chan struct{})
		w := NewWriter(&pipe{unblock: unblock})
		add := func(length int, dropped int64) {
			t.Helper()
			_, _ = w.Write(bytes.Repeat(newline, length))
			synctest.Wait() // the writer has taken what it can
			if got := w.Dropped(); got != dropped {
				t.Errorf("%d dropped, want %d", got, dropped)
			}
		}
		const most = maxBytes - maxBytes/reserve
		add(10, 0)
		add(most-9, 1)
		add(most-10, 1)
		add(1, 2)
		close(unblock)
		w.Close(time.Second)
	})
}

// TestLog_CloseDoesNotWaitForEver shows how long the end waits for a log that
// nobody reads, and that it writes what there is where somebody does.
func TestLog_CloseDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		unblock := make(chan struct{})
		out := &pipe{unblock: unblock}
		l, logger := newJSON(out)
		logger.Info("first")
		started := time.Now()
		l.Close(2 * time.Second)
		if waited := time.Since(started); waited != 2*time.Second {
			t.Errorf("waited for %s", waited)
		}
		logger.Info("too late")
		if l.Dropped() != 1 {
			t.Errorf("%d dropped", l.Dropped())
		}
		out.heal()
		close(unblock)
		synctest.Wait()
		if lines := out.lines(t); len(lines) == 0 || lines[0].Msg != "first" {
			t.Errorf("wrote %v", lines)
		}

		out = &pipe{}
		l, logger = newJSON(out)
		logger.Info("a")
		logger.Info("b")
		l.Close(time.Minute)
		l.Close(time.Minute)
		if lines := out.lines(t); len(lines) != 2 {
			t.Errorf("wrote %v", lines)
		}
	})
}

// TestLog_BrokenPipeIsCounted shows that a log that cannot be written is no reason
// to fail, and that it is written again once it can be.
func TestLog_BrokenPipeIsCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		out := &pipe{err: syscall.EPIPE}
		l, logger := newJSON(out)
		defer l.Close(time.Second)
		for range 3 {
			logger.Info("lost")
			time.Sleep(time.Second)
		}
		if l.Dropped() != 3 {
			t.Errorf("%d dropped, want 3", l.Dropped())
		}
		out.heal()
		logger.Info("back")
		time.Sleep(time.Second)
		if lines := out.lines(t); len(lines) != 2 || lines[1].Dropped != 3 || lines[1].Level != "ERROR" {
			t.Errorf("wrote %v", lines)
		}
	})
}

// TestWriter_PartialWrites shows that only the lines that did not get through count.
func TestWriter_PartialWrites(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := NewWriter(half{})
		_, _ = w.Write([]byte("0123456\n"))
		synctest.Wait()
		for range 4 { // together
			_, _ = w.Write([]byte("0123456\n"))
		}
		w.Close(time.Second)
		if got := w.Dropped(); got != 1+2 {
			t.Errorf("%d dropped, want 3", got)
		}
	})
}

// half writes half of what it is given.
type half struct{}

// Write implements io.Writer.
func (half) Write(b []byte) (int, error) { return len(b) / 2, errors.New("half") }

// TestLog_WhenLinesAreWritten shows that a line after a quiet time and a warning are
// written at once, and others together.
func TestLog_WhenLinesAreWritten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		out := &pipe{}
		l, logger := newJSON(out)
		defer l.Close(time.Second)
		logger = logger.With("a", 1).WithGroup("g")
		has := func(lines, pieces int) {
			t.Helper()
			synctest.Wait()
			got := out.lines(t)
			out.mu.Lock()
			defer out.mu.Unlock()
			if len(got) != lines || out.pieces != pieces {
				t.Errorf("%d lines in %d pieces, want %d in %d", len(got), out.pieces, lines, pieces)
			}
		}
		logger.Info("quiet", "n", 2)
		has(1, 1)
		logger.Info("soon")
		logger.Info("soon")
		has(1, 1)
		time.Sleep(gather)
		has(3, 2)
		logger.Info("soon")
		has(3, 2)
		logger.Warn("urgent", "n", 2)
		has(5, 3)
		for _, l := range out.lines(t) {
			if l.A != 1 || (l.Msg == "urgent" && l.G.N != 2) {
				t.Errorf("attributes are lost: %+v", l)
			}
		}
	})
}

// TestLog_LinesStayWholeAndInOrder logs from many goroutines.
func TestLog_LinesStayWholeAndInOrder(t *testing.T) {
	t.Parallel()
	out := &pipe{}
	l, logger := newJSON(out)
	const writers, each = 8, 300
	var running sync.WaitGroup
	for i := range writers {
		running.Go(func() {
			for n := range each {
				logger.Info(strconv.Itoa(i), "n", n)
			}
		})
	}
	running.Wait()
	l.Close(time.Minute)
	next := map[string]int{}
	for _, l := range out.lines(t) {
		if l.N != next[l.Msg] {
			t.Fatalf("line %d of %s where %d was due", l.N, l.Msg, next[l.Msg])
		}
		next[l.Msg]++
	}
	if got := len(out.lines(t)); got != writers*each || l.Dropped() != 0 {
		t.Errorf("%d lines, %d dropped", got, l.Dropped())
	}
}
