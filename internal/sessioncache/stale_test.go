package sessioncache

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/wingspan-grpc/session-facade/internal/relay"
)

// away are the ways in which the upstream answers nobody.
var away = []fate{unreachable, limited, failsBefore, failsAfter, hangs}

// TestStale_AnswersWhileTheUpstreamIsAway shows for how long a known session is answered
// then, how it is marked, and that it is the upstream's word again when that is back.
func TestStale_AnswersWhileTheUpstreamIsAway(t *testing.T) {
	for _, f := range away {
		t.Run(string(f), inBubble(func(t *testing.T) {
			u, c := newAda(t, Options{TTL: 10 * time.Second, Stale: 20 * time.Second}, callPlan{}, callPlan{fate: f})
			ask(t.Context(), c, ada)
			time.Sleep(12 * time.Second)
			for range 3 {
				a := ask(t.Context(), c, ada)
				if want := "session-facade; hit; ttl=-"; a.said != "version 1" || a.exchange.Cache != string(stale) ||
					len(a.exchange.Response.CacheStatus) < len(want) || a.exchange.Response.CacheStatus[:len(want)] != want || a.exchange.Response.Age < "12" {
					t.Errorf("%q by %s, age %s: %v", a.said, a.exchange.Response.CacheStatus, a.exchange.Response.Age, a.err)
				}
			}
			if u.count() != 2 {
				t.Errorf("it was asked %d times in a second", u.count())
			}
			time.Sleep(20 * time.Second)
			if a := ask(t.Context(), c, ada); a.err == nil || a.said == expiredAnswer {
				t.Errorf("longer than allowed: %q by %s", a.said, a.exchange.Cache)
			}
		}))
	}
}

// TestStale_IsTheUpstreamsWordAgain shows that an upstream that is back is asked.
func TestStale_IsTheUpstreamsWordAgain(t *testing.T) {
	inBubble(func(t *testing.T) {
		u, c := newAda(t, Options{TTL: 10 * time.Second, Stale: time.Hour}, callPlan{}, callPlan{fate: unreachable}, callPlan{})
		ask(t.Context(), c, ada)
		u.apply(t.Context(), event{kind: changed, token: "ada1"})
		time.Sleep(12 * time.Second)
		ask(t.Context(), c, ada)
		time.Sleep(awayFor)
		if a := ask(t.Context(), c, ada); a.said != "version 2" || a.exchange.Cache != string(renewed) || a.exchange.Response.CacheStatus != "session-facade; fwd=stale" {
			t.Errorf("%q by %s", a.said, a.exchange.Response.CacheStatus)
		}
	})(t)
}

// TestStale_IsOffUnlessAskedFor shows that otherwise an outage is told as it is: never as
// "not signed in".
func TestStale_IsOffUnlessAskedFor(t *testing.T) {
	for _, f := range away {
		t.Run(string(f), inBubble(func(t *testing.T) {
			_, c := newAda(t, Options{}, callPlan{}, callPlan{fate: f})
			ask(t.Context(), c, ada)
			time.Sleep(12 * time.Second)
			if a := ask(t.Context(), c, ada); a.err == nil || a.said == expiredAnswer || status.Code(a.err) == codes.Unauthenticated {
				t.Errorf("%q by %s: %v", a.said, a.exchange.Cache, a.err)
			}
		}))
	}
}

// TestStale_IsNotForWhomeverTheUpstreamAnswers shows which answers count, stale or not.
func TestStale_IsNotForWhomeverTheUpstreamAnswers(t *testing.T) {
	for name, refuse := range map[string]func(*fakeUpstream, *Cache){
		"it has ended":          func(u *fakeUpstream, _ *Cache) { u.apply(context.Background(), event{kind: ended, token: "ada1"}) },
		"it was revoked here":   func(_ *fakeUpstream, c *Cache) { _ = signOut(context.Background(), c, "ada1") },
		"the caller is refused": nil,
	} {
		t.Run(name, inBubble(func(t *testing.T) {
			u, c := newAda(t, Options{Stale: time.Hour}, callPlan{}, callPlan{fate: map[bool]fate{true: rejected}[refuse == nil]})
			ask(t.Context(), c, ada)
			time.Sleep(12 * time.Second)
			if refuse != nil {
				refuse(u, c)
			}
			if a := ask(t.Context(), c, ada); a.err == nil {
				t.Errorf("%q by %s", a.said, a.exchange.Cache)
			}
			u.mu.Lock()
			u.plans = []callPlan{{fate: unreachable}}
			u.mu.Unlock()
			if a := ask(t.Context(), c, ada); a.err == nil {
				t.Errorf("and then the upstream goes away: %q by %s", a.said, a.exchange.Cache)
			}
		}))
	}
}

// TestStale_IsNotForNoCache shows that who wants the upstream's word is told of its outage.
func TestStale_IsNotForNoCache(t *testing.T) {
	inBubble(func(t *testing.T) {
		_, c := newAda(t, Options{Stale: time.Hour}, callPlan{}, callPlan{fate: unreachable})
		ask(t.Context(), c, ada)
		a := checkWith(t.Context(), c, "ada1", &relay.Exchange{Header: ada.header(), NoCache: true})
		if status.Code(a.err) != codes.Unavailable || a.exchange.Response.CacheStatus != "session-facade; fwd=bypass" {
			t.Errorf("%v, %s", a.err, a.exchange.Response.CacheStatus)
		}
	})(t)
}

// TestStale_WaitsNotForLong shows that an upstream that is slow does not keep whoever can be
// answered, and that what it brings later is kept.
func TestStale_WaitsNotForLong(t *testing.T) {
	inBubble(func(t *testing.T) {
		u, c := newAda(t, Options{Stale: time.Hour}, callPlan{}, callPlan{before: callTimeout - time.Millisecond})
		ask(t.Context(), c, ada)
		u.apply(t.Context(), event{kind: changed, token: "ada1"})
		time.Sleep(12 * time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if a := ask(ctx, c, ada); a.said != "version 1" || a.exchange.Cache != string(stale) {
			t.Errorf("%q by %s: %v", a.said, a.exchange.Cache, a.err)
		}
		time.Sleep(callTimeout)
		if a := ask(t.Context(), c, ada); a.said != "version 2" || a.exchange.Cache != string(hit) {
			t.Errorf("later: %q by %s", a.said, a.exchange.Cache)
		}
	})(t)
}

// TestStale_IsNotForACallerWhoLeft shows that a caller's impatience is not the upstream's
// outage.
func TestStale_IsNotForACallerWhoLeft(t *testing.T) {
	inBubble(func(t *testing.T) {
		_, c := newAda(t, Options{Stale: time.Hour}, callPlan{}, callPlan{before: time.Second}, callPlan{})
		ask(t.Context(), c, ada)
		time.Sleep(12 * time.Second)
		ctx, leave := context.WithCancel(t.Context())
		time.AfterFunc(time.Millisecond, leave)
		if a := ask(ctx, c, ada); status.Code(a.err) != codes.Canceled {
			t.Fatalf("%q by %s", a.said, a.exchange.Cache)
		}
		synctest.Wait()
		if a := ask(t.Context(), c, ada); a.exchange.Cache != string(renewed) {
			t.Errorf("%q by %s", a.said, a.exchange.Cache)
		}
	})(t)
}

// TestStale_OutagesTakeNoPlaceOfLoadsThatGoOn shows that only what is still out counts among
// the loads that go on for nobody: after any number of outages, what is slow is kept.
func TestStale_OutagesTakeNoPlaceOfLoadsThatGoOn(t *testing.T) {
	inBubble(func(t *testing.T) {
		u, c := newAda(t, Options{Stale: time.Hour}, callPlan{}, callPlan{fate: failsBefore})
		ask(t.Context(), c, ada)
		time.Sleep(12 * time.Second)
		for range maxAbandoned + 1 {
			ask(t.Context(), c, ada)
			time.Sleep(awayFor)
		}
		u.mu.Lock()
		u.plans = []callPlan{{before: callTimeout - time.Millisecond}}
		u.mu.Unlock()
		if a := ask(t.Context(), c, ada); a.exchange.Cache != string(stale) {
			t.Errorf("%s: %v", a.exchange.Cache, a.err)
		}
		time.Sleep(callTimeout)
		if a := ask(t.Context(), c, ada); a.exchange.Cache != string(hit) || c.abandoned != 0 {
			t.Errorf("later: %s, and %d loads go on for nobody", a.exchange.Cache, c.abandoned)
		}
	})(t)
}
