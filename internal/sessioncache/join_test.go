package sessioncache

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/membudget"
	"github.com/wingspan-grpc/session-facade/internal/relay"
)

// askMany asks at the same time, and returns what all were answered.
func askMany(ctx context.Context, c *Cache, k checkKey, n int) []answered {
	all := make([]answered, n)
	var askers sync.WaitGroup
	for i := range all {
		askers.Go(func() { all[i] = ask(ctx, c, k) })
	}
	askers.Wait()
	return all
}

// TestJoining_IsOneCallForAll shows that whoever asks the same at the same time shares one
// call, whatever comes of it.
func TestJoining_IsOneCallForAll(t *testing.T) {
	for f, want := range map[fate]codes.Code{
		served: codes.OK, withCookie: codes.OK, unreachable: codes.Unavailable, limited: codes.Unavailable, failsBefore: codes.Unavailable,
		hangs: codes.DeadlineExceeded, broken: codes.Internal, panics: codes.Internal,
	} {
		t.Run(string(f), inBubble(func(t *testing.T) {
			u, c := newAda(t, Options{}, callPlan{before: time.Second, fate: f})
			for _, a := range askMany(t.Context(), c, ada, 1000) {
				if got := status.Code(a.err); got != want && got != codes.ResourceExhausted {
					t.Fatalf("%v, want %v", a.err, want)
				}
			}
			if u.count() != 1 {
				t.Errorf("%d calls", u.count())
			}
		}))
	}
}

// TestJoining_GivesEachWhatIsOfTheSession shows that what is of the one call goes to whoever
// made it, and that the others are told how they came to their response.
func TestJoining_GivesEachWhatIsOfTheSession(t *testing.T) {
	inBubble(func(t *testing.T) {
		_, c := newAda(t, Options{}, callPlan{before: time.Second, fate: withCookie})
		own := 0
		for _, a := range askMany(t.Context(), c, ada, 10) {
			header, how := a.exchange.Response.Header, a.exchange.Response.CacheStatus
			switch {
			case a.exchange.Cache == string(miss) && how == "session-facade; fwd=miss" && header["Set-Cookie"] != nil && header["X-Request-Id"] != nil:
				own++
			case a.exchange.Cache == string(collapsed) && how == "session-facade; fwd=miss; collapsed" && len(header) == 1 && header.Get("Content-Type") != "":
			default:
				t.Errorf("%s: %v", how, header)
			}
		}
		if own != 1 {
			t.Errorf("%d made the call", own)
		}
	})(t)
}

// TestJoining_AnybodyMayLeave shows that each leaves on its own deadline or cancellation,
// that the others get their answer all the same, and that a call that nobody waits for is
// cancelled.
func TestJoining_AnybodyMayLeave(t *testing.T) {
	inBubble(func(t *testing.T) {
		u, c := newAda(t, Options{}, callPlan{before: time.Second})
		first, leave := context.WithCancel(t.Context())
		defer leave()
		impatient, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		for _, one := range []struct {
			ctx  context.Context
			want codes.Code
		}{{first, codes.Canceled}, {impatient, codes.DeadlineExceeded}, {t.Context(), codes.OK}} {
			go func() {
				if a := ask(one.ctx, c, ada); status.Code(a.err) != one.want {
					t.Errorf("%v, want %v", a.err, one.want)
				}
			}()
			synctest.Wait()
		}
		leave()
		time.Sleep(2 * time.Second)
		if a := ask(t.Context(), c, ada); u.count() != 1 || a.exchange.Cache != string(hit) {
			t.Errorf("%d calls, %s", u.count(), a.exchange.Cache)
		}
	})(t)
}

// TestJoining_EndsWithTheLastWaiter shows that the upstream is not kept busy for nobody.
func TestJoining_EndsWithTheLastWaiter(t *testing.T) {
	inBubble(func(t *testing.T) {
		_, c := newAda(t, Options{}, callPlan{before: 2 * time.Second}, callPlan{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		askMany(ctx, c, ada, 10)
		synctest.Wait()
		if c.loadsOut() != 0 || len(c.loads) != 0 || c.options.Memory.Used() != 0 {
			t.Errorf("%d loads are out", c.loadsOut())
		}
		if a := ask(t.Context(), c, ada); a.said != "version 1" {
			t.Errorf("whoever comes next: %v", a.err)
		}
	})(t)
}

// TestJoining_PanicFailsItsWaitersOnly shows that a panic is INTERNAL to whoever waits, and
// that the next one is served.
func TestJoining_PanicFailsItsWaitersOnly(t *testing.T) {
	inBubble(func(t *testing.T) {
		_, c := newAda(t, Options{}, callPlan{before: time.Second, fate: panics}, callPlan{})
		for _, a := range askMany(t.Context(), c, ada, 3) {
			if status.Code(a.err) != codes.Internal {
				t.Errorf("%v", a.err)
			}
		}
		if a := ask(t.Context(), c, ada); a.said != "version 1" {
			t.Errorf("the next: %v", a.err)
		}
	})(t)
}

// TestJoining_HasADeadlineOfItsOwn shows that a load ends by the facade's deadline, though
// a caller would wait longer.
func TestJoining_HasADeadlineOfItsOwn(t *testing.T) {
	inBubble(func(t *testing.T) {
		_, c := newAda(t, Options{}, callPlan{fate: hangs})
		start := time.Now()
		if a := ask(t.Context(), c, ada); status.Code(a.err) != codes.DeadlineExceeded || time.Since(start) != callTimeout {
			t.Errorf("%v after %v", a.err, time.Since(start))
		}
	})(t)
}

// TestJoining_TakesWhatTheCallDecidesBy shows what of the first caller the upstream sees.
func TestJoining_TakesWhatTheCallDecidesBy(t *testing.T) {
	inBubble(func(t *testing.T) {
		u, c := newAda(t, Options{})
		e := &relay.Exchange{Header: ada.header(), Peer: "192.0.2.1", CallerRetries: true, Raw: true}
		a := checkWith(t.Context(), c, "ada1", e)
		if a.said != "version 1" {
			t.Fatal(a.err)
		}
		if seen := u.seen[0]; seen.Peer != e.Peer || !seen.CallerRetries || seen.Header.Get("Authorization") != "Bearer ada1" || seen.Raw || seen.Background {
			t.Errorf("%+v", seen)
		}
	})(t)
}

// TestJoining_ChargesEachWaiter shows that a large response counts for each who gets it, and
// that a caller for whom there is no room is refused.
func TestJoining_ChargesEachWaiter(t *testing.T) {
	inBubble(func(t *testing.T) {
		u, c := newAda(t, Options{})
		budget := membudget.New(100)
		c.options.Memory = budget
		charging := &chargingUpstream{u, 60}
		c.next = charging
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		lease := budget.Lease()
		a := checkWith(ctx, c, "ada1", &relay.Exchange{Header: ada.header(), Lease: lease})
		if reasonOf(a.err) != usersv1.ErrorReason_ERROR_REASON_OVERLOADED {
			t.Errorf("120 of 100 bytes: %v", a.err)
		}
		lease.Release()
		charging.size = 50
		lease = budget.Lease()
		if a := checkWith(t.Context(), c, "ada2", &relay.Exchange{Lease: lease}); a.said != expiredAnswer && lease.Held() != 50 {
			t.Errorf("100 of 100 bytes: %v, %d held", a.err, lease.Held())
		}
		lease.Release()
		if synctest.Wait(); budget.Used() != 0 {
			t.Errorf("%d bytes are charged to nobody", budget.Used())
		}
	})(t)
}

// TestInvoke_PassesAllElse shows that other calls go to the upstream as they came.
func TestInvoke_PassesAllElse(t *testing.T) {
	inBubble(func(t *testing.T) {
		u, c := newAda(t, Options{})
		e := &relay.Exchange{Header: http.Header{}}
		err := c.Invoke(relay.NewContext(t.Context(), e), usersv1.SessionAndAuthenticationService_CreateSession_FullMethodName,
			&usersv1.CreateSessionRequest{}, &usersv1.DeleteSessionResponse{})
		if err != nil || u.count() != 1 || e.Cache != "" || e.Response.CacheStatus != "" {
			t.Errorf("%v, %d calls, %q", err, u.count(), e.Cache)
		}
		if _, err := c.NewStream(t.Context(), nil, ""); err == nil {
			t.Error("it streams")
		}
	})(t)
}

// TestJoining_TellsEachWhenToComeAgain shows that a Retry-After is for all who asked.
func TestJoining_TellsEachWhenToComeAgain(t *testing.T) {
	inBubble(func(t *testing.T) {
		u, c := newAda(t, Options{}, callPlan{before: time.Second})
		u.header = http.Header{"Retry-After": {"7"}, "X-Ratelimit-Remaining": {"0"}}
		said := map[*status.Status]int{} // which has more to tell than the response has
		for _, a := range askMany(t.Context(), c, checkKey{token: "nobody"}, 3) {
			failed, _ := errors.AsType[*callError](a.err)
			if failed == nil || failed.response.Header.Get("Retry-After") != "7" || (failed.response.Header["X-Request-Id"] != nil) != (a.exchange.Cache == string(miss)) {
				t.Fatalf("%s: %v, %v", a.exchange.Cache, a.err, failed)
			}
			said[failed.Status]++
		}
		if len(said) != 1 {
			t.Errorf("%d errors of one call", len(said))
		}
		if a := ask(t.Context(), c, checkKey{token: "nobody"}); a.exchange.Cache != string(expired) || reasonOf(a.err) != usersv1.ErrorReason_ERROR_REASON_SESSION_EXPIRED {
			t.Errorf("from memory: %v", a.err)
		} else if failed, _ := errors.AsType[*callError](a.err); failed.response.Header["Retry-After"] != nil {
			t.Error("it comes from memory again")
		}
	})(t)
}

// TestJoining_IsRefusedWhileTheLoadWaits shows that who has less time than whoever began the
// load, which has no turn yet, is told when to come again; the upstream is late only if it was
// asked.
func TestJoining_IsRefusedWhileTheLoadWaits(t *testing.T) {
	for f, want := range map[fate]codes.Code{queued: codes.ResourceExhausted, hangs: codes.DeadlineExceeded} {
		t.Run(string(f), inBubble(func(t *testing.T) {
			u, c := newAda(t, Options{}, callPlan{fate: f})
			u.takes = 300 * time.Millisecond
			began := time.Now()
			first, cancel := context.WithDeadline(t.Context(), began.Add(10*time.Second))
			defer cancel()
			var askers sync.WaitGroup
			askers.Go(func() { ask(first, c, ada) })
			synctest.Wait()
			second, cancel := context.WithDeadline(t.Context(), began.Add(time.Second))
			defer cancel()
			a := ask(second, c, ada)
			took := time.Since(began)
			if status.Code(a.err) != want || took != map[bool]time.Duration{true: time.Second, false: 690 * time.Millisecond}[f == hangs] {
				t.Errorf("%v after %v", a.err, took)
			}
			if f == queued { // nobody has a turn in time who comes now, but who need not wait at all
				third, cancel := context.WithTimeout(t.Context(), 305*time.Millisecond)
				defer cancel()
				came := time.Now()
				if a := ask(third, c, ada); status.Code(a.err) != want || time.Since(came) != atOnce {
					t.Errorf("%v after %v", a.err, time.Since(came))
				}
			}
			if f == queued && (reasonOf(a.err) != usersv1.ErrorReason_ERROR_REASON_RATE_LIMITED || retryAfter(a.err) != 10*time.Second-took) {
				t.Errorf("%v, again after %v", a.err, retryAfter(a.err))
			}
			cancel()
			askers.Wait()
		}))
	}
}

// retryAfter is when an error says that a call may be made again.
func retryAfter(err error) time.Duration {
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.RetryInfo); ok {
			return info.GetRetryDelay().AsDuration()
		}
	}
	return 0
}

// TestJoining_IsRefusedByItsOwnDeadline shows that a load asks for a turn as long as its
// caller waits, and that who joined it and has more time asks for one anew, once.
func TestJoining_IsRefusedByItsOwnDeadline(t *testing.T) {
	inBubble(func(t *testing.T) {
		u, c := newAda(t, Options{}, callPlan{before: time.Second, fate: noTurn})
		began := time.Now()
		var askers sync.WaitGroup
		for _, d := range []time.Duration{2000, 2001, 2500, 2501} {
			askers.Go(func() {
				ctx, cancel := context.WithDeadline(t.Context(), began.Add(d*time.Millisecond))
				defer cancel()
				want := map[bool]time.Duration{false: time.Second, true: 2 * time.Second}[d > 2100]
				if a := ask(ctx, c, ada); reasonOf(a.err) != usersv1.ErrorReason_ERROR_REASON_RATE_LIMITED || time.Since(began) != want {
					t.Errorf("%v after %v", a.err, time.Since(began))
				}
			})
			synctest.Wait()
		}
		askers.Wait()
		for i, want := range []time.Duration{2000, 2500} {
			if got := u.seen[i].Deadline.Sub(began); (got-want*time.Millisecond).Abs() > time.Millisecond || u.count() != 2 {
				t.Errorf("of %d calls, %d had %v", u.count(), i, got)
			}
		}
	})(t)
}

// TestJoining_IsDecidedByWhenTheUpstreamIsAsked shows that what ends while a load waits for its
// turn overtakes nobody: the upstream, which is asked afterwards, knows of it. What it says is
// kept, and lives from then on.
func TestJoining_IsDecidedByWhenTheUpstreamIsAsked(t *testing.T) {
	const turn, takes = 2 * time.Second, 600 * time.Millisecond
	for name, c := range map[string]struct {
		ends time.Duration
		said string
		then result
	}{
		"the session ends before": {turn - time.Millisecond, expiredAnswer, expired},
		"it ends after that":      {turn + time.Millisecond, "version 1", miss},
		"it ends later":           {turn + takes + time.Millisecond, "version 1", miss},
	} {
		t.Run(name, inBubble(func(t *testing.T) {
			u, cache := newAda(t, Options{TTL: time.Minute}, callPlan{turn: turn, after: takes}, callPlan{})
			u.endPlans = []callPlan{{}}
			began := time.Now()
			var askers sync.WaitGroup
			for i := range 3 {
				askers.Go(func() {
					time.Sleep(time.Duration(i) * turn / 3)
					if a := ask(t.Context(), cache, ada); a.said != c.said || time.Since(began) != turn+takes {
						t.Errorf("%q after %v", a.said, time.Since(began))
					}
				})
			}
			time.Sleep(c.ends)
			if err := signOut(t.Context(), cache, "ada1"); err != nil {
				t.Fatal(err)
			}
			askers.Wait()
			synctest.Wait()
			if kept := keptFor(cache, ada); (kept != nil) != (c.then == expired) || kept != nil && !kept.Sent.Equal(began.Add(turn)) {
				t.Errorf("kept: %+v", kept)
			}
			if a := ask(t.Context(), cache, ada); a.said != expiredAnswer || a.exchange.Cache != string(c.then) {
				t.Errorf("then %q by %s", a.said, a.exchange.Cache)
			}
		}))
	}
}
