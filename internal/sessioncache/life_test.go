package sessioncache

import (
	"net/http"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/relay"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache/memory"
)

// ada is the question of most tests: a session that is asked for with its own token.
var ada = checkKey{token: "ada1", credential: "ada1"}

// newAda makes an upstream with a session of an hour, and a cache of it.
func newAda(t *testing.T, o Options, plans ...callPlan) (*fakeUpstream, *Cache) {
	t.Helper()
	u := newFakeUpstream(plans...)
	u.create("ada1", "ada", time.Hour)
	if o.TTL == 0 {
		o.TTL = 10 * time.Second
	}
	return u, newTestCache(t, u, o)
}

// TestLife_IsTheTTLGiveOrTake shows how long a session is kept that nobody asks for between.
func TestLife_IsTheTTLGiveOrTake(t *testing.T) {
	inBubble(func(t *testing.T) {
		u, c := newAda(t, Options{TTL: 100 * time.Second, Entries: 1000}, callPlan{before: time.Second, after: time.Second})
		var lives []time.Duration
		for i := range 200 {
			token := "t" + strconv.Itoa(i)
			u.create(token, "ada", time.Hour)
			asked := time.Now()
			ask(t.Context(), c, checkKey{token: token})
			lives = append(lives, keptFor(c, checkKey{token: token}).FreshUntil.Sub(asked))
		}
		if low, high := slices.Min(lives), slices.Max(lives); len(lives) != 200 || low < 90*time.Second || low > 95*time.Second || high > 110*time.Second || high < 105*time.Second {
			t.Errorf("%d lives from %v to %v, counted from the question", len(lives), low, high)
		}
	})(t)
}

// keptFor is what is kept for a question; nil for nothing.
func keptFor(c *Cache, k checkKey) *memory.Entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	id := c.keys[0].Identify(usersv1.SessionAndAuthenticationService_GetSession_FullMethodName, k.token, k.header())
	return c.store.Get(id.Key, time.Now())
}

// TestLife_EndsWithTheSession shows that no entry outlives its session, stale or not, by
// the upstream's silence.
func TestLife_EndsWithTheSession(t *testing.T) {
	inBubble(func(t *testing.T) {
		u := newFakeUpstream(callPlan{}, callPlan{fate: unreachable})
		u.create("ada1", "ada", 5*time.Second)
		c := newTestCache(t, u, Options{TTL: time.Minute, Stale: time.Minute})
		ask(t.Context(), c, ada)
		time.Sleep(5*time.Second - time.Nanosecond)
		if a := ask(t.Context(), c, ada); a.said != "version 1" {
			t.Errorf("just before its end: %v", a.err)
		}
		time.Sleep(time.Nanosecond)
		if a := ask(t.Context(), c, ada); a.err == nil {
			t.Errorf("at its end: %s by %s", a.said, a.exchange.Cache)
		}
	})(t)
}

// TestLife_IsByBothClocks shows that the session's expiration ends its life by the clock that
// is never set as well: it would be answered for until the one on the wall gets there anew.
func TestLife_IsByBothClocks(t *testing.T) {
	t.Parallel() // in no bubble: those have one clock
	e := memory.Entry{Sent: time.Now()}
	e.KeepFor(time.Minute, time.Hour, e.Sent.Round(0).Add(time.Second))
	if want := e.Sent.Add(time.Second); e.FreshUntil != want || e.StaleUntil != want {
		t.Errorf("it ends at %v and %v, want %v", e.FreshUntil, e.StaleUntil, want)
	}
}

// TestLife_IsRefreshedOnceAheadOfTime shows that a session in use is renewed before its end,
// by one call, and one that nobody asks for is not.
func TestLife_IsRefreshedOnceAheadOfTime(t *testing.T) {
	inBubble(func(t *testing.T) {
		u, c := newAda(t, Options{TTL: 100 * time.Second}, callPlan{}, callPlan{before: 4 * time.Second / 2})
		ask(t.Context(), c, ada)
		for range 70 { // 80 % of the shortest life are 72 s
			time.Sleep(time.Second)
			ask(t.Context(), c, ada)
		}
		if u.count() != 1 {
			t.Fatalf("%d calls in 70 s", u.count())
		}
		for range 400 { // up to the longest life
			time.Sleep(100 * time.Millisecond)
			if a := ask(t.Context(), c, ada); a.exchange.Cache != string(hit) {
				t.Fatalf("%s although it is in use", a.exchange.Cache)
			}
		}
		synctest.Wait()
		u.mu.Lock()
		defer u.mu.Unlock()
		if len(u.calls) != 2 || !u.seen[1].Background || u.seen[0].Background {
			t.Errorf("%d calls", len(u.calls))
		}
		u.mu.Unlock()
		time.Sleep(time.Hour)
		u.mu.Lock()
		if len(u.calls) != 2 {
			t.Errorf("%d calls although nobody asked", len(u.calls))
		}
	})(t)
}

// TestLife_RefreshIsTriedAgain shows that a refresh which finds no turn, or no upstream, does
// not leave its session to expire in use.
func TestLife_RefreshIsTriedAgain(t *testing.T) {
	inBubble(func(t *testing.T) {
		u, c := newAda(t, Options{TTL: 100 * time.Second}, callPlan{}, callPlan{fate: limited}, callPlan{fate: unreachable}, callPlan{})
		ask(t.Context(), c, ada)
		for range 1200 {
			time.Sleep(100 * time.Millisecond)
			if a := ask(t.Context(), c, ada); a.exchange.Cache != string(hit) {
				t.Fatalf("%s although it is in use", a.exchange.Cache)
			}
		}
		if got := u.count(); got != 4 {
			t.Errorf("%d calls", got)
		}
	})(t)
}

// TestLife_RefreshRevivesNobody shows that a refresh that was out when its session ended
// brings nothing back.
func TestLife_RefreshRevivesNobody(t *testing.T) {
	inBubble(func(t *testing.T) {
		_, c := newAda(t, Options{TTL: 10 * time.Second}, callPlan{}, callPlan{after: 2 * time.Second}, callPlan{before: time.Millisecond})
		ask(t.Context(), c, ada)
		for c.loadsOut() == 0 {
			time.Sleep(100 * time.Millisecond)
			ask(t.Context(), c, ada)
		}
		synctest.Wait() // the refresh is decided
		if err := signOut(t.Context(), c, "ada1"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second) // it has come back
		if a := ask(t.Context(), c, ada); a.said != expiredAnswer {
			t.Errorf("%s by %s", a.said, a.exchange.Cache)
		}
	})(t)
}

func (c *Cache) loadsOut() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.history.Loads()
}

// TestKept_IsNothingButSessions shows what is asked for again each time.
func TestKept_IsNothingButSessions(t *testing.T) {
	for name, c := range map[string]struct {
		fate   fate
		edit   func(*usersv1.Session)
		header http.Header
		kept   bool
	}{
		"a session":                  {kept: true},
		"with a cookie":              {fate: withCookie},
		"no answer":                  {fate: unreachable},
		"429":                        {fate: limited},
		"another 4xx":                {fate: rejected},
		"5xx":                        {fate: failsBefore},
		"a broken contract":          {fate: broken},
		"a timeout":                  {fate: hangs},
		"no expiration":              {edit: func(s *usersv1.Session) { s.Expiration = "" }},
		"an unreadable expiration":   {edit: func(s *usersv1.Session) { s.Expiration = "tomorrow" }},
		"an expiration that is over": {edit: func(s *usersv1.Session) { s.Expiration = "1999-12-31T23:59:59Z" }},
		"nobody's":                   {edit: func(s *usersv1.Session) { s.UserId = nil }},
		"a large one":                {edit: func(s *usersv1.Session) { s.Labels["x"] = string(make([]byte, memory.MaxEntryBytes)) }},
		"a large header":             {header: http.Header{"Vary": {string(make([]byte, memory.MaxEntryBytes))}}},
	} {
		t.Run(name, inBubble(func(t *testing.T) {
			u, cache := newAda(t, Options{}, callPlan{fate: c.fate})
			u.edit, u.header = c.edit, c.header
			for range 2 {
				ask(t.Context(), cache, ada)
				time.Sleep(time.Millisecond)
			}
			if kept := u.count() == 1; kept != c.kept {
				t.Errorf("%d calls", u.count())
			}
		}))
	}
}

// TestKept_ErrorsAreNotKept shows that what failed once is asked for again, and then kept.
func TestKept_ErrorsAreNotKept(t *testing.T) {
	for _, f := range []fate{unreachable, limited, rejected, failsBefore, broken, hangs} {
		t.Run(string(f), inBubble(func(t *testing.T) {
			_, c := newAda(t, Options{}, callPlan{fate: f}, callPlan{})
			if a := ask(t.Context(), c, ada); a.err == nil || a.said == expiredAnswer {
				t.Fatalf("it says %q", a.said)
			}
			for _, want := range []result{miss, hit} {
				if a := ask(t.Context(), c, ada); a.said != "version 1" || a.exchange.Cache != string(want) {
					t.Errorf("%s by %s, %v", a.said, a.exchange.Cache, a.err)
				}
			}
		}))
	}
}

// TestKept_ExpiredIsForFiveSeconds shows how long "Session expired" is kept, and that
// askers for good sessions notice nothing of a flood of it.
func TestKept_ExpiredIsForFiveSeconds(t *testing.T) {
	inBubble(func(t *testing.T) {
		u, c := newAda(t, Options{Entries: 10, TTL: time.Hour})
		ask(t.Context(), c, ada)
		junk := checkKey{token: "junk"}
		for _, want := range []result{miss, expired} {
			if a := ask(t.Context(), c, junk); a.said != expiredAnswer || a.exchange.Cache != string(want) {
				t.Errorf("%v by %s", a.err, a.exchange.Cache)
			}
		}
		time.Sleep(5 * time.Second)
		if a := ask(t.Context(), c, junk); a.exchange.Cache != string(miss) {
			t.Errorf("after 5 s: %s", a.exchange.Cache)
		}
		for i := range 100 {
			ask(t.Context(), c, checkKey{token: "junk" + strconv.Itoa(i), credential: "ada1"})
		}
		before := u.count()
		if a := ask(t.Context(), c, ada); a.exchange.Cache != string(hit) || u.count() != before {
			t.Errorf("after a flood: %s", a.exchange.Cache)
		}
	})(t)
}

// TestKept_JunkKeepsNoGoodSessionOut shows that a service whose callers bring junk has what
// it asks for at the same time kept.
func TestKept_JunkKeepsNoGoodSessionOut(t *testing.T) {
	inBubble(func(t *testing.T) {
		u, c := newAda(t, Options{}, callPlan{before: time.Second}, callPlan{})
		u.create("svc", "service", time.Hour)
		good := checkKey{token: "ada1", credential: "svc"}
		go ask(t.Context(), c, good)
		synctest.Wait()
		ask(t.Context(), c, checkKey{token: "junk", credential: "svc"})   // junk
		ask(t.Context(), c, checkKey{token: "ada1", credential: "junk2"}) // a caller who is none
		time.Sleep(2 * time.Second)
		if a := ask(t.Context(), c, good); a.exchange.Cache != string(hit) {
			t.Errorf("%s", a.exchange.Cache)
		}
	})(t)
}

// TestNoCache_AsksAndRenews shows that a caller who does not want what is kept gets the
// upstream's word, as do all others from then on.
func TestNoCache_AsksAndRenews(t *testing.T) {
	inBubble(func(t *testing.T) {
		u, c := newAda(t, Options{})
		ask(t.Context(), c, ada)
		u.apply(t.Context(), event{kind: changed, token: "ada1"})
		if a := ask(t.Context(), c, ada); a.said != "version 1" {
			t.Errorf("it changed elsewhere: %s", a.said)
		}
		a := checkWith(t.Context(), c, "ada1", &relay.Exchange{Header: ada.header(), NoCache: true})
		if a.said != "version 2" || a.exchange.Cache != string(bypass) || a.exchange.Response.CacheStatus != "session-facade; fwd=bypass" {
			t.Errorf("no-cache: %s by %s", a.said, a.exchange.Response.CacheStatus)
		}
		if a := ask(t.Context(), c, ada); a.said != "version 2" || a.exchange.Cache != string(hit) {
			t.Errorf("afterwards: %s by %s", a.said, a.exchange.Cache)
		}
	})(t)
}
