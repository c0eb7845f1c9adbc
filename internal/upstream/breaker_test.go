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
// that callers are told at once, and that its first answer ends it.
func TestBreaker(t *testing.T) {
	t.Parallel()
	const timeout = 300 * time.Millisecond
	var healthy atomic.Bool
	s := handled(t, Options{BreakerRate: 0.5, Timeout: timeout}, func(w http.ResponseWriter, r *http.Request) {
		if healthy.Load() {
			succeed(w, r)
			return
		}
		hang(w, r)
	})
	storm(t, s, "POST", breakerAttempts, timeout)
	if s.conn.breaker.state.IsClosed() {
		t.Fatal("the breaker is closed")
	}
	reached, started := s.times(), time.Now()
	for range 10 {
		if n := storm(t, s, "GET", 20, timeout); n == 0 {
			t.Error("all calls are let through")
		}
	}
	probes, took := s.times()-reached, time.Since(started)
	if most := int(took/probeInterval) + 2; probes > most || probes == 0 {
		t.Errorf("%d of 200 calls reached the upstream in %v, want 1 to %d", probes, took, most)
	}
	healthy.Store(true)
	for stop := time.Now().Add(generous); calls["GET"](t.Context(), s) != nil; {
		if time.Now().After(stop) {
			t.Fatal("the breaker does not close")
		}
	}
	if n := storm(t, s, "GET", 50, generous); n > 0 {
		t.Errorf("%d calls are suspended after an answer", n)
	}
}

// TestBreakerOpensOnNoConnection shows that connections which break count.
func TestBreakerOpensOnNoConnection(t *testing.T) {
	t.Parallel()
	s := handled(t, Options{BreakerRate: 0.5}, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	storm(t, s, "POST", breakerAttempts, generous)
	if n := storm(t, s, "POST", 20, generous); n == 0 {
		t.Error("no call is suspended")
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
		"cut off":         {Options{BreakerRate: 0.5}, cutOffBody, generous},
		"slow body":       {Options{BreakerRate: 0.5, Timeout: 300 * time.Millisecond}, slowBody, 300 * time.Millisecond},
		"short deadlines": {Options{BreakerRate: 0.5, Timeout: 15 * time.Second}, hang, 100 * time.Millisecond},
		"switched off":    {Options{Timeout: 100 * time.Millisecond}, hang, 100 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := handled(t, c.options, c.handler)
			n := storm(t, s, "POST", 2*breakerAttempts, c.deadline)
			n += storm(t, s, "POST", 10, c.deadline)
			if n > 0 {
				t.Errorf("%d calls are suspended", n)
			}
		})
	}
}

// slowBody hangs after the headers.
func slowBody(w http.ResponseWriter, r *http.Request) {
	_ = http.NewResponseController(w).Flush()
	hang(w, r)
}

// cutOffBody breaks the connection after the headers.
func cutOffBody(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "10")
	w.WriteHeader(http.StatusOK)
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// TestBreakerIgnoresLeavingCallers shows that callers who cancel do not open it.
func TestBreakerIgnoresLeavingCallers(t *testing.T) {
	t.Parallel()
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
	if !s.conn.breaker.state.IsClosed() {
		t.Error("the breaker is open")
	}
}

// TestBreakerRate shows the figures at which it opens.
func TestBreakerRate(t *testing.T) {
	t.Parallel()
	failure := &Error{fault: noConnection}
	for _, c := range []struct {
		answers, failures int
		open              bool
	}{
		{0, 99, false}, {0, 100, true}, {50, 50, true}, {51, 49, false}, {1000, 900, false},
	} {
		b := newBreaker(0.5)
		for range c.answers {
			b.record(nil, time.Second, time.Minute)
		}
		for range c.failures {
			b.record(failure, time.Second, time.Minute)
		}
		if open := !b.state.IsClosed(); open != c.open {
			t.Errorf("%d answers and %d failures: open: %t", c.answers, c.failures, open)
		}
	}
}

// TestBreakerRecords shows what counts as a failure.
func TestBreakerRecords(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault         fault
		took, timeout time.Duration
		counts        bool
	}{
		"answered":                 {answered, time.Minute, 15 * time.Second, false},
		"no connection":            {noConnection, 0, 15 * time.Second, true},
		"cancelled":                {cancelled, time.Minute, 15 * time.Second, false},
		"own timeout":              {timedOut, 15 * time.Second, 15 * time.Second, true},
		"deadline of 1 s":          {timedOut, time.Second, 15 * time.Second, true},
		"deadline below 1 s":       {timedOut, 999 * time.Millisecond, 15 * time.Second, false},
		"own timeout of 1 s":       {timedOut, 990 * time.Millisecond, time.Second, true},
		"own timeout of 200 ms":    {timedOut, 190 * time.Millisecond, 200 * time.Millisecond, true},
		"deadline below that":      {timedOut, 90 * time.Millisecond, 200 * time.Millisecond, false},
		"what a retry has left":    {timedOut, 10 * time.Millisecond, 15 * time.Second, false},
		"headers before a timeout": {answered, 15 * time.Second, 15 * time.Second, false},
	} {
		b := newBreaker(0.5)
		b.record(&Error{fault: c.fault}, c.took, c.timeout)
		if got := b.state.Metrics().Failures(); (got == 1) != c.counts {
			t.Errorf("%s: %d failures", name, got)
		}
	}
}
