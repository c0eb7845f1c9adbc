package upstream

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// anyOpen tells whether any operation's breaker is open.
func (s *service) anyOpen() bool {
	for _, c := range s.conn.calls {
		if c.breaker.isOpen() {
			return true
		}
	}
	return false
}

// storm makes calls at the same time, each with a deadline, and counts those
// which the breaker did not let through.
func storm(t *testing.T, s *service, verb string, n int, deadline time.Duration) (suspended int) {
	t.Helper()
	var running sync.WaitGroup
	var count atomic.Int64
	for range n {
		running.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), deadline)
			defer cancel()
			err := calls[verb](ctx, s)
			if reasonOf(err) != "UPSTREAM_SUSPENDED" {
				return
			}
			count.Add(1)
			if status.Code(err) != codes.Unavailable || retryInfo(err) <= 0 {
				t.Errorf("not let through: %v", err)
			}
		})
	}
	running.Wait()
	return int(count.Load())
}

// TestBreaker shows that an upstream which hangs is left alone but for probes,
// that callers are told at once, and that its first response ends it.
func TestBreaker(t *testing.T) { inBubble(testBreaker)(t) }

func testBreaker(t *testing.T) {
	t.Helper()
	const timeout = 300 * time.Millisecond
	var healthy atomic.Bool
	s := handled(t, Options{BreakerRate: 0.5, Timeout: timeout}, func(w http.ResponseWriter, r *http.Request) {
		if healthy.Load() {
			succeed(w, r)
			return
		}
		hang(w, r)
	})
	storm(t, s, "POST", 5*breakerAttempts, timeout)
	if !s.anyOpen() {
		t.Fatal("the breaker is closed")
	}
	reached, started := s.times(), time.Now()
	for range 10 {
		if n := storm(t, s, "POST", 20, timeout); n == 0 {
			t.Error("all calls are let through")
		}
	}
	probes, took := s.times()-reached, time.Since(started)
	if most := int(took/probeInterval) + 2; probes > most || probes == 0 {
		t.Errorf("%d of 200 calls reached the upstream in %v, want 1 to %d", probes, took, most)
	}
	healthy.Store(true)
	for stop := time.Now().Add(generous); calls["POST"](t.Context(), s) != nil; time.Sleep(probeInterval) {
		if time.Now().After(stop) {
			t.Fatal("the breaker does not close")
		}
	}
	if n := storm(t, s, "POST", 50, generous); n > 0 {
		t.Errorf("%d calls are suspended after a response", n)
	}
}

// TestBreakerStaysClosed shows what says nothing of whether the upstream answers.
func TestBreakerStaysClosed(t *testing.T) {
	t.Parallel()
	answering := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
	}
	for name, c := range map[string]struct {
		options  Options
		handler  http.HandlerFunc
		deadline time.Duration
	}{
		"500":             {Options{BreakerRate: 0.5}, answering(500, ``), generous},
		"503":             {Options{BreakerRate: 0.5}, answering(503, ``), generous},
		"504":             {Options{BreakerRate: 0.5}, answering(504, ``), generous},
		"401":             {Options{BreakerRate: 0.5}, answering(401, ``), generous},
		"redirect":        {Options{BreakerRate: 0.5}, answering(302, ``), generous},
		"bad body":        {Options{BreakerRate: 0.5}, answering(200, `<html>`), generous},
		"cut off":         {Options{BreakerRate: 0.5}, truncatedBody, generous},
		"reset":           {Options{BreakerRate: 0.5}, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, generous},
		"slow body":       {Options{BreakerRate: 0.5, Timeout: 300 * time.Millisecond}, slowBody, 300 * time.Millisecond},
		"short deadlines": {Options{BreakerRate: 0.5, Timeout: 15 * time.Second}, hang, 100 * time.Millisecond},
		"switched off":    {Options{Timeout: 100 * time.Millisecond}, hang, 100 * time.Millisecond},
	} {
		t.Run(name, inBubble(func(t *testing.T) {
			t.Helper()
			s := handled(t, c.options, c.handler)
			n := storm(t, s, "POST", 2*breakerAttempts, c.deadline)
			n += storm(t, s, "POST", 10, c.deadline)
			if n > 0 {
				t.Errorf("%d calls are suspended", n)
			}
		}))
	}
}

// slowBody hangs after the headers.
func slowBody(w http.ResponseWriter, r *http.Request) {
	_ = http.NewResponseController(w).Flush()
	hang(w, r)
}

// truncatedBody breaks the connection after the headers.
func truncatedBody(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "10")
	w.WriteHeader(http.StatusOK)
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// TestBreakerIgnoresLeavingCallers shows that callers who cancel do not open it.
func TestBreakerIgnoresLeavingCallers(t *testing.T) { inBubble(testBreakerIgnoresLeavingCallers)(t) }

func testBreakerIgnoresLeavingCallers(t *testing.T) {
	t.Helper()
	arrived := make(chan struct{})
	s := handled(t, Options{BreakerRate: 0.5}, func(w http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		hang(w, r)
	})
	var running sync.WaitGroup
	for range 2 * breakerAttempts {
		ctx, cancel := context.WithCancel(t.Context())
		running.Go(func() {
			if err := calls["GET"](ctx, s); reasonOf(err) != "CANCELLED" {
				t.Errorf("%v", err)
			}
		})
		<-arrived
		cancel()
	}
	running.Wait()
	if s.anyOpen() {
		t.Error("the breaker is open")
	}
}

// TestBreakerRate shows the figures at which it opens.
func TestBreakerRate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		answers, hung int
		open          bool
	}{
		{0, 19, false}, {0, 20, true}, {10, 10, true}, {11, 9, false}, {1000, 900, false},
	} {
		b, now := &breaker{rate: 0.5}, time.Now()
		for range c.answers {
			b.record(false, now)
		}
		for range c.hung {
			b.record(true, now)
		}
		if b.isOpen() != c.open {
			t.Errorf("%d answers and %d hangs: open: %t", c.answers, c.hung, b.isOpen())
		}
	}
}

// TestBreaker_ForgetsOldHangs shows that hangs of long ago do not open it.
func TestBreaker_ForgetsOldHangs(t *testing.T) {
	t.Parallel()
	b, now := &breaker{rate: 0.5}, time.Now()
	for i := range 10 * breakerAttempts {
		b.record(true, now.Add(time.Duration(i)*breakerPeriod/10))
	}
	if b.isOpen() {
		t.Error("it opens at ten hangs in each period")
	}
}

// TestBreaker_ProbesOnFreshConnections shows when an open breaker lets an attempt
// through, and that the first response closes it.
func TestBreaker_ProbesOnFreshConnections(t *testing.T) {
	t.Parallel()
	b, now := &breaker{rate: 0.5, open: true}, time.Now()
	for _, c := range []struct {
		after time.Duration
		want  bool
	}{{0, true}, {probeInterval / 2, false}, {probeInterval, true}, {probeInterval + 1, false}} {
		at := now.Add(c.after)
		ok, madeAfter := b.allows(at)
		if ok != c.want || ok && !madeAfter.Equal(at.Add(-probeFresh)) {
			t.Errorf("after %v: %t, %v", c.after, ok, madeAfter)
		}
	}
	b.record(true, now)
	if !b.isOpen() {
		t.Error("a probe that hangs closes it")
	}
	b.record(false, now)
	if ok, madeAfter := b.allows(now); !ok || !madeAfter.IsZero() || b.isOpen() {
		t.Error("a response does not close it")
	}
}

// TestBreaker_IsOfOneOperation shows that an operation that hangs does not stop
// the others.
func TestBreaker_IsOfOneOperation(t *testing.T) { inBubble(testBreakerIsOfOneOperation)(t) }

func testBreakerIsOfOneOperation(t *testing.T) {
	t.Helper()
	const timeout = 300 * time.Millisecond
	s := handled(t, Options{BreakerRate: 0.5, Timeout: timeout}, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			hang(w, r)
		}
		succeed(w, r)
	})
	storm(t, s, "POST", 5*breakerAttempts, timeout)
	if n := storm(t, s, "POST", 10, timeout); n == 0 {
		t.Error("the operation that hangs is called")
	}
	if n := storm(t, s, "GET", 10, generous); n > 0 {
		t.Errorf("%d calls of another operation are refused", n)
	}
}
