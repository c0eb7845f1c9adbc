package sessioncache

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/relay"
)

// TestShared_OneReplicaAsksForAll shows that what one replica was told, another has from the
// store, and from then on from memory; and how it says so.
func TestShared_OneReplicaAsksForAll(t *testing.T) {
	inBubble(func(t *testing.T) {
		u, r := newReplicas(t, 2, Options{})
		u.header = http.Header{"Age": {"5"}, "X-Ratelimit-Remaining": {"1"}, "Etag": {"\"1\""}}
		first := checkWith(t.Context(), r[0].cache, "ada1", &relay.Exchange{Header: ada.header(), Raw: true})
		synctest.Wait()
		time.Sleep(10 * time.Second)
		a := checkWith(t.Context(), r[1].cache, "ada1", &relay.Exchange{Header: ada.header(), Raw: true})
		got := a.exchange.Response
		if a.said != "version 1" || a.exchange.Cache != string(shared) || got.Age != "15" || got.Status != http.StatusOK ||
			!strings.HasPrefix(got.CacheStatus, "session-facade; hit; ttl=") || !strings.HasSuffix(got.CacheStatus, "; detail=shared") {
			t.Errorf("%q by %s: %+v", a.said, a.exchange.Cache, got)
		}
		if !bytes.Equal(got.Body, first.exchange.Response.Body) || len(got.Header) != 2 || got.Header.Get("Etag") != "\"1\"" {
			t.Errorf("%v: %q", got.Header, got.Body)
		}
		if a := ask(t.Context(), r[1].cache, ada); a.exchange.Cache != string(hit) || a.exchange.Response.Age != "15" || u.count() != 1 {
			t.Errorf("%s, age %s, %d calls", a.exchange.Cache, a.exchange.Response.Age, u.count())
		}
		if a := ask(t.Context(), r[1].cache, checkKey{token: "ada1", credential: "svc"}); a.exchange.Cache != string(miss) {
			t.Errorf("another question: %s", a.exchange.Cache)
		}
	})(t)
}

// TestShared_LivesNoLongerThanTheStoreSays shows the life of what was found, which the store
// may shorten and not lengthen.
func TestShared_LivesNoLongerThanTheStoreSays(t *testing.T) {
	const ttl = 40 * time.Second
	for name, c := range map[string]struct {
		edit func(*Session)
		want time.Duration // from when it was stored; 0: it is not used
	}{
		"as it is":             {func(s *Session) { s.FreshUntil = s.Sent.Add(30 * time.Second) }, 30 * time.Second},
		"longer than may be":   {func(s *Session) { s.FreshUntil = s.Sent.Add(time.Hour) }, 44 * time.Second},
		"older":                {func(s *Session) { s.Sent = s.Sent.Add(-10 * time.Second); s.FreshUntil = s.Sent.Add(time.Hour) }, 34 * time.Second},
		"too old":              {func(s *Session) { s.Sent = s.Sent.Add(-ttl - ttl/10); s.FreshUntil = s.Sent.Add(time.Hour) }, 0},
		"of the future":        {func(s *Session) { s.Sent = s.Sent.Add(time.Minute); s.FreshUntil = s.Sent.Add(ttl) }, 0},
		"of long ago":          {func(s *Session) { s.Sent = time.Time{} }, 0},
		"not fresh":            {func(s *Session) { s.FreshUntil = time.Now() }, 0},
		"without any times":    {func(s *Session) { s.Sent, s.FreshUntil, s.StaleUntil = time.Time{}, time.Time{}, time.Time{} }, 0},
		"without bytes":        {func(s *Session) { s.Sealed = nil }, 0},
		"other bytes":          {func(s *Session) { s.Sealed = bytes.Repeat([]byte{7}, 300) }, 0},
		"bytes that are wrong": {func(s *Session) { s.Sealed = bytes.Clone(s.Sealed); s.Sealed[40]++ }, 0},
		"many bytes":           {func(s *Session) { s.Sealed = make([]byte, 64<<20) }, 0},
	} {
		t.Run(name, inBubble(func(t *testing.T) {
			u, r := newReplicas(t, 2, Options{TTL: ttl})
			began := time.Now()
			ask(t.Context(), r[0].cache, ada)
			synctest.Wait()
			time.Sleep(time.Second)
			r[1].found = func(f *Found) {
				if f.Session != nil {
					c.edit(f.Session)
				}
			}
			a := ask(t.Context(), r[1].cache, ada)
			if a.said != "version 1" || (a.exchange.Cache == string(shared)) != (c.want > 0) || (u.count() == 1) != (c.want > 0) {
				t.Errorf("%q by %s", a.said, a.exchange.Cache)
			}
			if life := keptFor(r[1].cache, ada).FreshUntil.Sub(began); c.want > 0 && life != c.want {
				t.Errorf("it lives for %v, want %v", life, c.want)
			}
		}))
	}
}

// TestShared_ARecordIsOfItsQuestion shows that a store that mixes up questions, or has what
// somebody without the secret has written, gives nobody another's answer; and that the log says
// so once, and nothing of what it is.
func TestShared_ARecordIsOfItsQuestion(t *testing.T) {
	inBubble(func(t *testing.T) {
		u, r := newReplicas(t, 1, Options{})
		u.create("bob1", "bob", time.Hour)
		for _, token := range []string{"ada1", "bob1"} {
			ask(t.Context(), r[0].cache, checkKey{token: token, credential: token})
		}
		synctest.Wait()
		id := r[0].cache.keys[0].Identify(usersv1.SessionAndAuthenticationService_GetSession_FullMethodName, "bob1", checkKey{credential: "bob1"}.header())
		var others []Session
		for _, s := range r[0].sessions {
			others = append(others, s.Session)
		}
		other := r[0].add(t, u, Options{TTL: time.Minute})
		var log bytes.Buffer
		other.cache.options.Logger = slog.New(slog.NewTextHandler(&log, nil))
		for range 3 {
			for i := range others {
				other.found = func(f *Found) { s := others[i]; s.Key = id.Key; f.Session = &s }
				for _, k := range []checkKey{ada, {token: "bob1", credential: "bob1"}, {token: "ada1"}} {
					if a := ask(t.Context(), other.cache, k); a.said != "version 1" || a.key != "" && a.key[1:5] != k.token {
						t.Errorf("%v was told %q of %s by %s", k, a.said, a.key, a.exchange.Cache)
					}
				}
			}
			other.cache.EndedAll()
			time.Sleep(time.Millisecond)
		}
		if text := log.String(); strings.Count(text, "\n") != 1 || strings.Contains(text, "ada") || strings.Contains(text, "bob") {
			t.Errorf("the log says: %s", text)
		}
	})(t)
}

// TestShared_WaitsForWhoAsks shows that of replicas that are asked at the same time one asks the
// upstream, and that the others wait for that: for half of their time, and no longer.
func TestShared_WaitsForWhoAsks(t *testing.T) {
	for name, c := range map[string]struct {
		plan  callPlan
		after time.Duration
		said  string
		calls int
		how   result
	}{
		"it is told":          {callPlan{before: time.Second}, time.Second, "version 1", 1, shared},
		"it fails":            {callPlan{before: time.Second, fate: failsBefore}, time.Second, "version 1", 2, miss},
		"it is told too late": {callPlan{before: 2 * time.Second}, 1500 * time.Millisecond, "version 1", 2, miss},
		"it panics":           {callPlan{before: time.Second, fate: panics}, time.Second, "version 1", 2, miss},
		"it may not be kept":  {callPlan{before: time.Second, fate: withCookie}, time.Second, "version 1", 2, miss},
	} {
		t.Run(name, inBubble(func(t *testing.T) {
			u, r := newReplicas(t, 2, Options{}, c.plan, callPlan{})
			go ask(t.Context(), r[0].cache, ada)
			synctest.Wait()
			began := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			a := ask(ctx, r[1].cache, ada)
			if took := time.Since(began); a.said != c.said || a.exchange.Cache != string(c.how) || took != c.after || u.count() != c.calls {
				t.Errorf("%q by %s after %v, %d calls: %v", a.said, a.exchange.Cache, took, u.count(), a.err)
			}
			time.Sleep(3 * time.Second)
			if len(r[0].claims) != 0 {
				t.Error("a claim is left")
			}
		}))
	}
}

// TestShared_WhoLeavesReleases shows that others need not wait for a call that was cancelled,
// since nobody waits for it any more.
func TestShared_WhoLeavesReleases(t *testing.T) {
	inBubble(func(t *testing.T) {
		_, r := newReplicas(t, 2, Options{}, callPlan{before: 2 * time.Second}, callPlan{})
		ctx, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		go ask(ctx, r[0].cache, ada)
		synctest.Wait()
		began := time.Now()
		if a := ask(t.Context(), r[1].cache, ada); a.said != "version 1" || time.Since(began) != time.Second {
			t.Errorf("%q after %v", a.said, time.Since(began))
		}
	})(t)
}

// TestShared_BusyForEver shows that a store which always says to ask again is left alone.
func TestShared_BusyForEver(t *testing.T) {
	inBubble(func(t *testing.T) {
		_, r := newReplicas(t, 1, Options{})
		now := make(chan struct{})
		close(now)
		r[0].found = func(f *Found) { f.Busy = now }
		if a := ask(t.Context(), r[0].cache, ada); a.said != "version 1" || r[0].count("find") > maxFinds {
			t.Errorf("%q after %d finds", a.said, r[0].count("find"))
		}
	})(t)
}

// TestShared_SlowStore shows how long a call waits for a store that does not answer, all
// together, and that it goes on then.
func TestShared_SlowStore(t *testing.T) {
	for name, takes := range map[string]time.Duration{"slow": 15 * time.Millisecond, "hangs": time.Hour} {
		t.Run(name, inBubble(func(t *testing.T) {
			u, r := newReplicas(t, 2, Options{Secrets: [][]byte{oneSecret, otherSecret}})
			r[0].set(func(r *fakeReplica) { r.takes = takes })
			for what, call := range map[string]func() error{
				"a check":             func() error { return ask(t.Context(), r[0].cache, ada).err },
				"a sign-out":          func() error { return signOut(t.Context(), r[0].cache, "ada1") },
				"of what has ended":   func() error { _ = ask(t.Context(), r[0].cache, ada); return nil },
				"of a user's session": func() error { return invoke(t.Context(), r[0].cache, &relay.Exchange{}, endUser, responses[endUser]) },
			} {
				began := time.Now()
				if err := call(); what == "a sign-out" && err != nil || time.Since(began) > storeTime {
					t.Errorf("%s took %v: %v", what, time.Since(began), err)
				}
			}
			time.Sleep(2 * keepTime)
			if u.count() < 3 {
				t.Errorf("%d calls", u.count())
			}
		}))
	}
}

// TestShared_SecretsAreRotated shows that replicas which have the same two secrets, in whatever
// order, have what others store, and see what others end; and that one with another secret does
// not.
func TestShared_SecretsAreRotated(t *testing.T) {
	for name, one := range endings {
		t.Run(name, inBubble(func(t *testing.T) {
			u, r := newReplicas(t, 1, Options{Secrets: [][]byte{oneSecret, otherSecret}})
			turned := r[0].add(t, u, Options{TTL: time.Minute, Secrets: [][]byte{otherSecret, oneSecret}})
			current := r[0].add(t, u, Options{TTL: time.Minute, Secrets: [][]byte{oneSecret}})
			stranger := r[0].add(t, u, Options{TTL: time.Minute, Secrets: [][]byte{bytes.Repeat([]byte{3}, 32)}})
			for _, k := range whoAsks {
				ask(t.Context(), r[0].cache, k)
			}
			synctest.Wait()
			time.Sleep(time.Second)
			for _, k := range whoAsks {
				if a := ask(t.Context(), turned.cache, k); a.exchange.Cache != string(shared) {
					t.Errorf("%v: %s", k, a.exchange.Cache)
				}
				if a := ask(t.Context(), current.cache, k); a.exchange.Cache != string(shared) {
					t.Errorf("%v, with the current secret alone: %s", k, a.exchange.Cache)
				}
				if a := ask(t.Context(), stranger.cache, k); a.exchange.Cache != string(miss) {
					t.Errorf("%v, with another secret: %s", k, a.exchange.Cache)
				}
			}
			synctest.Wait()
			if len(r[0].claims) != 0 {
				t.Error("claims are left")
			}
			e := &relay.Exchange{Header: checkKey{credential: one.caller}.header(), Raw: one.raw}
			if err := invoke(t.Context(), turned.cache, e, one.method, one.ask); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Millisecond)
			for _, k := range whoAsks {
				for _, at := range []*fakeReplica{r[0], turned, current} {
					if a := ask(t.Context(), at.cache, k); a.said == "version 1" || a.said == "" {
						t.Errorf("%v: %q by %s", k, a.said, a.exchange.Cache)
					}
				}
			}
		}))
	}
}
