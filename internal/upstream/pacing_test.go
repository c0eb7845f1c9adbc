package upstream

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/wingspan-grpc/session-facade/internal/pacing"
	"github.com/wingspan-grpc/session-facade/internal/relay"
)

func newPacer(t *testing.T, read, write float64) *pacing.Pacer {
	t.Helper()
	pacer, err := pacing.New(pacing.Options{Read: read, Write: write, Meter: metricnoop.NewMeterProvider()})
	if err != nil {
		t.Fatal(err)
	}
	return pacer
}

// TestPacing_RefusesWithoutATrace shows what a refused call says, and that neither the
// upstream nor the breaker, the pool or the retry budget sees it.
func TestPacing_RefusesWithoutATrace(t *testing.T) { inBubble(testPacingRefusesWithoutATrace)(t) }

func testPacingRefusesWithoutATrace(t *testing.T) {
	t.Helper()
	s := handled(t, Options{Pacer: newPacer(t, 0.01, 0.01), BreakerRate: 0.01, Timeout: time.Second}, succeed)
	for verb, call := range calls {
		if verb == "PATCH" || verb == "DELETE" {
			continue // POST has had the turn
		}
		if err := call(t.Context(), s); err != nil && verb == "GET" {
			t.Fatal(err)
		}
	}
	reached := s.times()
	for range 5 * breakerAttempts {
		for verb, call := range calls {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			began := time.Now()
			err := call(ctx, s)
			if status.Code(err) != codes.ResourceExhausted || reasonOf(err) != "RATE_LIMITED" || pushedBack(err) || time.Since(began) != 0 {
				t.Fatalf("%s: %v after %v", verb, err, time.Since(began))
			}
			if after := retryInfo(err); after < 99*time.Second || after > 101*time.Second {
				t.Fatalf("%s: again after %v", verb, after)
			}
			cancel()
		}
	}
	if s.times() != reached || s.anyOpen() || s.conn.budget.repeats.Load() != 0 {
		t.Errorf("%d requests, a breaker is open: %t", s.times()-reached, s.anyOpen())
	}
	time.Sleep(100 * time.Second)
	if err := calls["GET"](t.Context(), s); err != nil {
		t.Error(err)
	}
}

// TestPacing_IsOfEachAttempt: a repetition needs a turn of its own. Where there is none, the
// error is that of the attempt before.
func TestPacing_IsOfEachAttempt(t *testing.T) { inBubble(testPacingIsOfEachAttempt)(t) }

func testPacingIsOfEachAttempt(t *testing.T) {
	t.Helper()
	s := handled(t, Options{Pacer: newPacer(t, 0.1, 0)}, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	began := time.Now()
	err := calls["GET"](ctx, s)
	if took := time.Since(began); reasonOf(err) != "UPSTREAM_REJECTED" || status.Code(err) != codes.Unavailable || s.times() != 2 ||
		took < 10*time.Second || took > 12*time.Second {
		t.Errorf("%v after %d requests and %v", err, s.times(), took)
	}
}

// TestPacing_HeedsTooManyCalls: who was told to wait waits, and nobody else.
func TestPacing_HeedsTooManyCalls(t *testing.T) { inBubble(testPacingHeedsTooManyCalls)(t) }

func testPacingHeedsTooManyCalls(t *testing.T) {
	t.Helper()
	s := handled(t, Options{Pacer: newPacer(t, 100, 100)}, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "a" {
			w.Header().Set("X-Ratelimit-Remaining", "0")
			w.Header().Set("X-Ratelimit-Reset", "30")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		succeed(w, r)
	})
	as := func(who string) context.Context {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		t.Cleanup(cancel)
		return relay.NewContext(ctx, &relay.Exchange{Header: http.Header{"Authorization": {who}}})
	}
	for _, c := range []struct {
		verb, who, want string
		reached         int
	}{
		{"GET", "a", "UPSTREAM_REJECTED", 1},
		{"GET", "a", "RATE_LIMITED", 0},
		{"POST", "a", "UPSTREAM_REJECTED", 1},
		{"POST", "a", "UPSTREAM_REJECTED", 1}, // a sign-in's does not count
		{"DELETE", "a", "UPSTREAM_REJECTED", 1},
		{"DELETE", "a", "RATE_LIMITED", 0},
		{"POST", "a", "RATE_LIMITED", 0},
		{"GET", "b", "UNSPECIFIED", 1},
		{"DELETE", "b", "UNSPECIFIED", 1},
	} {
		before := s.times()
		err := calls[c.verb](as(c.who), s)
		if got := reasonOf(err); got != c.want || s.times()-before != c.reached {
			t.Errorf("%s by %s: %v after %d requests, want %s", c.verb, c.who, err, s.times()-before, c.want)
		}
	}
}

// TestPacing_IsByWhoWaits: where the call may take longer than its caller waits, the caller
// is refused all the same.
func TestPacing_IsByWhoWaits(t *testing.T) { inBubble(testPacingIsByWhoWaits)(t) }

func testPacingIsByWhoWaits(t *testing.T) {
	t.Helper()
	s := handled(t, Options{Pacer: newPacer(t, 1, 0)}, succeed)
	began := time.Now()
	ctx := relay.NewContext(t.Context(), &relay.Exchange{Deadline: began.Add(time.Second / 2)})
	if err := calls["GET"](ctx, s); err != nil {
		t.Fatal(err)
	}
	if err := calls["GET"](ctx, s); reasonOf(err) != "RATE_LIMITED" || time.Since(began) != 0 || s.times() != 1 {
		t.Errorf("%v after %v", err, time.Since(began))
	}
}

// TestPacing_LeavesTimeForTheUpstream: under more calls than may be made, those that have
// turns are answered in time, and the others are told when to come again; also where the upstream
// takes a little longer than it has.
func TestPacing_LeavesTimeForTheUpstream(t *testing.T) { inBubble(testPacingLeavesTime)(t) }

func testPacingLeavesTime(t *testing.T) {
	t.Helper()
	const takes, longer, deadline = 600 * time.Millisecond, 60 * time.Millisecond, 2 * time.Second
	var called atomic.Int64
	s := handled(t, Options{Pacer: newPacer(t, 10, 0), Timeout: time.Minute}, func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(takes + time.Duration(min(called.Add(1)-1, 1))*longer)
		succeed(w, r)
	})
	if err := calls["GET"](t.Context(), s); err != nil {
		t.Fatal(err)
	}
	var answered, refused atomic.Int64
	var group sync.WaitGroup
	for range 100 {
		group.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), deadline)
			defer cancel()
			switch err := calls["GET"](ctx, s); {
			case err == nil:
				answered.Add(1)
			case reasonOf(err) == "RATE_LIMITED":
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
		time.Sleep(20 * time.Millisecond)
	}
	group.Wait()
	if answered.Load()+refused.Load() != 100 || answered.Load() < 30 || refused.Load() < 30 {
		t.Errorf("%d answered, %d refused", answered.Load(), refused.Load())
	}
}

// turnless is a pacer that counts, and refuses nobody.
type turnless struct{ waits, background atomic.Int64 }

func (p *turnless) Wait(_ context.Context, call *pacing.Call) error {
	p.waits.Add(1)
	if call.Background {
		p.background.Add(1)
	}
	return nil
}

func (*turnless) Observe(*pacing.Call, bool, time.Duration) {}

// TestPacing_IsNotOfWhatTheBreakerRefuses: an open breaker uses no turn.
func TestPacing_IsNotOfWhatTheBreakerRefuses(t *testing.T) {
	inBubble(testPacingIsNotOfWhatTheBreakerRefuses)(t)
}

func testPacingIsNotOfWhatTheBreakerRefuses(t *testing.T) {
	t.Helper()
	const timeout = 300 * time.Millisecond
	pacer := &turnless{}
	s := handled(t, Options{BreakerRate: 0.5, Timeout: timeout, Pacer: pacer}, hang)
	storm(t, s, "POST", 5*breakerAttempts, timeout)
	before := pacer.waits.Load()
	if refused := storm(t, s, "POST", 100, timeout); int64(100-refused) != pacer.waits.Load()-before || refused < 90 {
		t.Errorf("%d refused, %d turns used", refused, pacer.waits.Load()-before)
	}
	ctx := relay.NewContext(t.Context(), &relay.Exchange{Background: true})
	if err := calls["GET"](ctx, s); err == nil || pacer.background.Load() != 1 {
		t.Errorf("in the background: %v, %d turns", err, pacer.background.Load())
	}
}

// TestPacing_EndsWhereTheBreakerOpens: who waits for a turn while the breaker opens is
// refused like all others.
func TestPacing_EndsWhereTheBreakerOpens(t *testing.T) {
	inBubble(testPacingEndsWhereTheBreakerOpens)(t)
}

func testPacingEndsWhereTheBreakerOpens(t *testing.T) {
	t.Helper()
	pacer := &slow{turn: make(chan error)}
	s := handled(t, Options{Pacer: pacer, BreakerRate: 0.5}, succeed)
	got := make(chan error)
	go func() { got <- calls["GET"](t.Context(), s) }()
	synctest.Wait()
	b, now := s.conn.calls["/wingspan.users.v1.SessionAndAuthenticationService/ListApiSessions"].breaker, time.Now()
	for range breakerAttempts {
		b.record(true, now)
	}
	b.allows(now) // the probe of the moment
	pacer.turn <- nil
	if err := <-got; reasonOf(err) != "UPSTREAM_SUSPENDED" || s.times() != 0 {
		t.Errorf("%v after %d requests", err, s.times())
	}
}

// slow is a pacer whose turns come when the test says so.
type slow struct {
	turnless
	turn chan error
}

func (p *slow) Wait(context.Context, *pacing.Call) error { return <-p.turn }

// TestPacing_EndsWithItsCall: what a caller gets who has left, or whose deadline has come.
func TestPacing_EndsWithItsCall(t *testing.T) { inBubble(testPacingEndsWithItsCall)(t) }

func testPacingEndsWithItsCall(t *testing.T) {
	t.Helper()
	pacer := &slow{turn: make(chan error, 1)}
	s := handled(t, Options{Pacer: pacer, BreakerRate: 0.01, Timeout: time.Minute}, succeed)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	<-ctx.Done()
	pacer.turn <- ctx.Err()
	if err := calls["GET"](ctx, s); reasonOf(err) != "UPSTREAM_TIMEOUT" {
		t.Error(err)
	}
	ctx, leave := context.WithCancel(t.Context())
	leave()
	pacer.turn <- ctx.Err()
	var failed *Error
	if err := calls["GET"](ctx, s); reasonOf(err) != "CANCELLED" || !errors.As(err, &failed) || failed.Attempts() != 1 {
		t.Error(err)
	}
	if s.times() != 0 {
		t.Errorf("%d requests", s.times())
	}
}
