package sessioncache

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/relay"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache/memory"
)

// askAll asks at each replica, in turn, and waits until what was told is stored.
func askAll(t *testing.T, replicas []*fakeReplica, k checkKey) (all []answered) {
	t.Helper()
	for _, r := range replicas {
		all = append(all, ask(t.Context(), r.cache, k))
		synctest.Wait()
		time.Sleep(time.Millisecond)
	}
	return all
}

// TestShared_EndingIsSeenByAllReplicas shows that a session which has ended through one replica
// is answered as live by no other, from memory or from the store.
func TestShared_EndingIsSeenByAllReplicas(t *testing.T) {
	for name, one := range endings {
		t.Run(name, inBubble(func(t *testing.T) {
			u, r := newReplicas(t, 3, Options{TTL: time.Hour})
			u.create("bob1", "bob", time.Hour)
			bob := checkKey{token: "bob1", credential: "svc"}
			for _, k := range append(whoAsks, bob) {
				askAll(t, r[:2], k) // the third has nothing in memory
			}
			e := &relay.Exchange{Header: checkKey{credential: one.caller}.header(), Raw: one.raw}
			if err := invoke(t.Context(), r[1].cache, e, one.method, one.ask); err != nil {
				t.Fatal(err)
			}
			for _, k := range whoAsks {
				for i, a := range askAll(t, r, k) {
					if a.said == "version 1" || a.said == "" {
						t.Errorf("%v at %d: %q by %s", k, i, a.said, a.exchange.Cache)
					}
				}
			}
			for i, a := range askAll(t, r, bob) {
				if a.exchange.Cache != string(hit) && (i < 2 || a.exchange.Cache != string(shared)) {
					t.Errorf("somebody else's at %d: %s", i, a.exchange.Cache)
				}
			}
		}))
	}
}

// TestShared_FencesWhileItIsOut shows that while a call may be ending a session at one replica,
// others store nothing of it and keep nothing.
func TestShared_FencesWhileItIsOut(t *testing.T) {
	inBubble(func(t *testing.T) {
		_, r := newReplicas(t, 3, Options{}, callPlan{before: 2 * time.Second, fate: rejected}, callPlan{})
		done := make(chan struct{})
		go func() { _ = signOut(t.Context(), r[0].cache, "ada1"); close(done) }()
		synctest.Wait()
		for range 2 {
			for i, a := range askAll(t, r, ada) {
				if a.exchange.Cache != string(miss) {
					t.Errorf("while it is out, at %d: %s", i, a.exchange.Cache)
				}
			}
		}
		<-done
		time.Sleep(2 * clockSlack)
		for i, want := range []result{miss, shared, shared} {
			if a := ask(t.Context(), r[i].cache, ada); a.exchange.Cache != string(want) {
				t.Errorf("afterwards, at %d: %s, want %s", i, a.exchange.Cache, want)
			}
			synctest.Wait()
			time.Sleep(time.Millisecond)
		}
	})(t)
}

// TestShared_WithoutAnOutcome shows that a sign-out without an outcome, which arrives later, is
// seen at all replicas by whoever asks then.
func TestShared_WithoutAnOutcome(t *testing.T) {
	for _, f := range []fate{lost, late, failsAfter, hangs, unreachable, panics} {
		t.Run(string(f), inBubble(func(t *testing.T) {
			u, r := newReplicas(t, 2, Options{TTL: time.Hour}, callPlan{fate: f, after: time.Second}, callPlan{})
			func() {
				defer func() { _ = recover() }()
				_ = signOut(t.Context(), r[0].cache, "ada1")
			}()
			askAll(t, r, ada)
			time.Sleep(time.Second)
			for i, a := range askAll(t, r, ada) {
				if a.said != u.sessions.check(ada) {
					t.Errorf("at %d: the upstream says %q, the facade %q by %s", i, u.sessions.check(ada), a.said, a.exchange.Cache)
				}
			}
		}))
	}
}

// TestShared_WhoAskedBeforeALateEnd shows that what was asked for while a sign-out without an
// outcome could still arrive is not stored, though it comes back when it no longer can.
func TestShared_WhoAskedBeforeALateEnd(t *testing.T) {
	inBubble(func(t *testing.T) {
		_, r := newReplicas(t, 2, Options{TTL: time.Hour}, callPlan{fate: late, after: callTimeout - time.Millisecond}, callPlan{after: 2 * time.Second}, callPlan{})
		if err := signOut(t.Context(), r[0].cache, "ada1"); err == nil {
			t.Fatal("it was answered")
		}
		time.Sleep(callTimeout - time.Second)
		if a := ask(t.Context(), r[1].cache, ada); a.said != "version 1" {
			t.Errorf("before it arrives: %q by %s", a.said, a.exchange.Cache)
		}
		synctest.Wait()
		for _, at := range []*fakeReplica{r[1], r[0]} {
			if a := ask(t.Context(), at.cache, ada); a.said != expiredAnswer {
				t.Errorf("afterwards: %q by %s", a.said, a.exchange.Cache)
			}
		}
	})(t)
}

// TestShared_MemoryIsBelievedWithTheWordOfAll shows that what is in memory, or is found, is
// believed for 5 s from when the upstream was asked, longer only while all replicas are heard of,
// and again when they are; stale or not.
func TestShared_MemoryIsBelievedWithTheWordOfAll(t *testing.T) {
	inBubble(func(t *testing.T) {
		u, r := newReplicas(t, 4, Options{TTL: time.Minute, Stale: time.Hour}, callPlan{}, callPlan{fate: unreachable})
		askAll(t, r[:2], ada)
		for _, one := range r {
			one.set(func(r *fakeReplica) { r.behind = true })
		}
		time.Sleep(memory.Alone - 10*time.Millisecond)
		for i, want := range []result{hit, hit, shared} {
			if a := ask(t.Context(), r[i].cache, ada); a.exchange.Cache != string(want) {
				t.Errorf("at first, at %d: %s, want %s", i, a.exchange.Cache, want)
			}
		}
		time.Sleep(10 * time.Millisecond)
		for i, one := range r {
			if a := ask(t.Context(), one.cache, ada); a.err == nil {
				t.Errorf("after 5 s, at %d: %q by %s", i, a.said, a.exchange.Cache)
			}
			one.set(func(r *fakeReplica) { r.behind = false })
			if a := ask(t.Context(), one.cache, ada); a.exchange.Cache != string([]result{hit, hit, hit, shared}[i]) { // the last has asked too late
				t.Errorf("and then, at %d: %s", i, a.exchange.Cache)
			}
		}
		time.Sleep(80 * time.Second)
		for _, want := range []error{nil, errAwayStore} {
			if a := ask(t.Context(), r[0].cache, ada); a.exchange.Cache == string(stale) != (want == nil) {
				t.Errorf("stale: %s: %v", a.exchange.Cache, a.err)
			}
			r[0].set(func(r *fakeReplica) { r.behind = true })
			time.Sleep(awayFor)
		}
		if u.count() < 6 {
			t.Errorf("%d calls", u.count())
		}
	})(t)
}

// TestShared_WhatIsNotStoredIsBelievedForFiveSeconds shows that others cannot end what they
// may never have heard of.
func TestShared_WhatIsNotStoredIsBelievedForFiveSeconds(t *testing.T) {
	inBubble(func(t *testing.T) {
		u, r := newReplicas(t, 1, Options{})
		r[0].keep = errAwayStore
		ask(t.Context(), r[0].cache, ada)
		for i, want := range []result{hit, hit, miss} {
			if i > 0 {
				time.Sleep(memory.Alone / 2)
			}
			if a := ask(t.Context(), r[0].cache, ada); i == 1 && a.exchange.Cache != string(want) || i == 2 && a.exchange.Cache != string(want) {
				t.Errorf("after %v: %s, want %s", time.Duration(i)*memory.Alone/2, a.exchange.Cache, want)
			}
		}
		if u.count() != 2 || r[0].count("release") != 2 {
			t.Errorf("%d calls, %d claims are released", u.count(), r[0].count("release"))
		}
	})(t)
}

// TestShared_WhatTheStoreRefusesIsForgotten shows that a session which has ended meanwhile is not
// told from memory, though this replica has not heard of it otherwise.
func TestShared_WhatTheStoreRefusesIsForgotten(t *testing.T) {
	inBubble(func(t *testing.T) {
		_, r := newReplicas(t, 2, Options{}, callPlan{after: time.Second}, callPlan{})
		r[0].deaf = true
		go ask(t.Context(), r[0].cache, ada)
		synctest.Wait()
		if err := signOut(t.Context(), r[1].cache, "ada1"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		if a := ask(t.Context(), r[0].cache, ada); a.said != expiredAnswer {
			t.Errorf("%q by %s", a.said, a.exchange.Cache)
		}
	})(t)
}

// TestShared_AdoptsNothingFromBeforeAnEnding shows that a store which has not heard yet of what
// this replica knows to have ended brings nothing back.
func TestShared_AdoptsNothingFromBeforeAnEnding(t *testing.T) {
	for name, one := range endings {
		t.Run(name, inBubble(func(t *testing.T) {
			_, r := newReplicas(t, 2, Options{TTL: time.Hour})
			for _, k := range whoAsks {
				ask(t.Context(), r[0].cache, k)
			}
			time.Sleep(time.Second)
			e := &relay.Exchange{Header: checkKey{credential: one.caller}.header(), Raw: one.raw}
			if err := invoke(t.Context(), r[1].cache, e, one.method, one.ask); err != nil {
				t.Fatal(err)
			}
			r[0].mu.Lock()
			clear(r[0].ended)
			r[0].mu.Unlock()
			time.Sleep(time.Minute)
			for _, k := range whoAsks {
				if a := ask(t.Context(), r[1].cache, k); a.said == "version 1" || a.said == "" {
					t.Errorf("%v: %q by %s", k, a.said, a.exchange.Cache)
				}
			}
		}))
	}
}

// TestShared_ANewBeginningForgetsAll shows that when what was told is lost, nothing from before
// is told, kept or stored.
func TestShared_ANewBeginningForgetsAll(t *testing.T) {
	inBubble(func(t *testing.T) {
		u, r := newReplicas(t, 2, Options{}, callPlan{}, callPlan{before: time.Second}, callPlan{})
		askAll(t, r, ada)
		u.create("ada2", "ada", time.Hour)
		other := checkKey{token: "ada2"}
		go ask(t.Context(), r[0].cache, other)
		synctest.Wait()
		r[0].renew()
		r[0].set(func(r *fakeReplica) { r.keep = errAwayStore })
		time.Sleep(time.Millisecond)
		for i, a := range askAll(t, r, ada) {
			if want := []result{miss, miss}[i]; a.exchange.Cache != string(want) {
				t.Errorf("at %d: %s, want %s", i, a.exchange.Cache, want)
			}
		}
		time.Sleep(2 * time.Second)
		if a := ask(t.Context(), r[0].cache, other); a.exchange.Cache != string(miss) {
			t.Errorf("what was out: %s", a.exchange.Cache)
		}
	})(t)
}

// TestShared_ANewBeginningRepeatsNoCall shows that who asked for what is out when all that was told
// is lost is answered by it, and whoever asks meanwhile, for as long as replicas believe what they
// have alone; and nobody later.
func TestShared_ANewBeginningRepeatsNoCall(t *testing.T) {
	for after, want := range map[time.Duration]int{memory.Alone - 2: 1, memory.Alone: 2} {
		t.Run(after.String(), inBubble(func(t *testing.T) {
			u, r := newReplicas(t, 2, Options{Timeout: 2 * memory.Alone}, callPlan{after: after}, callPlan{})
			began := time.Now()
			var askers sync.WaitGroup
			asks := func(first bool) {
				if a := ask(t.Context(), r[0].cache, ada); a.said != "version 1" || time.Since(began) != after || first != (a.exchange.Cache == string(miss)) && want == 1 {
					t.Errorf("%q by %s after %v", a.said, a.exchange.Cache, time.Since(began))
				}
			}
			askers.Go(func() { asks(true) })
			synctest.Wait()
			time.Sleep(time.Millisecond)
			askers.Go(func() { asks(false) })
			synctest.Wait()
			r[0].renew()
			askers.Go(func() { asks(false) })
			askers.Wait()
			if u.count() != want {
				t.Errorf("%d calls", u.count())
			}
		}))
	}
}

// TestShared_IsRenewedByWhoStoredIt shows that a session in use at three replicas is one call of
// the upstream for each of its lives, and few operations of the store; nobody waits for it.
func TestShared_IsRenewedByWhoStoredIt(t *testing.T) {
	inBubble(func(t *testing.T) {
		const lives = 20
		u, r := newReplicas(t, 3, Options{TTL: time.Minute}, callPlan{}, callPlan{before: 300 * time.Millisecond})
		askAll(t, r, ada)
		for range int(lives * 60 * 10) {
			time.Sleep(100 * time.Millisecond)
			for i := range r {
				if a := ask(t.Context(), r[i].cache, ada); a.exchange.Cache != string(hit) {
					t.Fatalf("%s although it is in use", a.exchange.Cache)
				}
			}
		}
		operations := 0
		for _, one := range r {
			operations += one.count("find") + one.count("keep") + one.count("end") + one.count("release")
		}
		if calls := u.count(); calls < lives || calls > lives*14/10 || operations > 4*calls {
			t.Errorf("%d calls, %d operations", calls, operations)
		}
	})(t)
}

// TestShared_IsRenewedByOneOfThoseWhoSeldomUseIt shows that who stored a session and uses it late
// looks first whether another is about to renew it, as those who have found it do.
func TestShared_IsRenewedByOneOfThoseWhoSeldomUseIt(t *testing.T) {
	inBubble(func(t *testing.T) {
		const rounds = 50
		u, r := newReplicas(t, 3, Options{TTL: time.Minute}, callPlan{before: 300 * time.Millisecond})
		askAll(t, r, ada)
		for range rounds {
			before := u.count()
			first := keptFor(r[0].cache, ada)
			late := first.Sent.Add(first.FreshUntil.Sub(first.Sent) * 96 / 100)
			time.Sleep(time.Until(late))
			for i := range r {
				ask(t.Context(), r[i].cache, ada)
			}
			synctest.Wait()
			time.Sleep(time.Second)
			for i := range r {
				ask(t.Context(), r[i].cache, ada)
			}
			time.Sleep(2 * time.Second)
			if calls := u.count() - before; calls != 1 {
				t.Fatalf("%d calls", calls)
			}
			askAll(t, r, ada)
		}
	})(t)
}

// TestShared_WhoStoredItIsGone shows that another replica renews it then.
func TestShared_WhoStoredItIsGone(t *testing.T) {
	inBubble(func(t *testing.T) {
		u, r := newReplicas(t, 3, Options{TTL: time.Minute}, callPlan{}, callPlan{before: 300 * time.Millisecond})
		askAll(t, r, ada)
		for range 600 {
			time.Sleep(200 * time.Millisecond)
			for i := range r[1:] {
				if a := ask(t.Context(), r[1+i].cache, ada); a.exchange.Cache != string(hit) {
					t.Fatalf("%s although it is in use", a.exchange.Cache)
				}
			}
		}
		if u.count() < 3 || u.count() > 5 {
			t.Errorf("%d calls", u.count())
		}
	})(t)
}

// TestShared_RefreshWaitsForNobody shows that a refresh which another replica makes is looked
// for later.
func TestShared_RefreshWaitsForNobody(t *testing.T) {
	inBubble(func(t *testing.T) {
		u, r := newReplicas(t, 2, Options{TTL: time.Minute})
		askAll(t, r, ada)
		kept := keptFor(r[1].cache, ada)
		r[1].mu.Lock()
		clear(r[1].sessions)
		r[1].claims[kept.Key] = &fakeClaim{r[0], make(chan struct{})}
		r[1].mu.Unlock()
		kept.RefreshAt = time.Now()
		for want := range 3 {
			ask(t.Context(), r[1].cache, ada)
			synctest.Wait()
			if r[1].count("find") != want+2 || kept.Refreshing || u.count() != 1 {
				t.Errorf("%d finds, %d calls", r[1].count("find"), u.count())
			}
			time.Sleep(awayFor)
		}
	})(t)
}

// TestShared_ExpiredIsToldWhereItWasKnown shows that others forget a session of which one is
// told that it has ended; and that a flood of junk tells them nothing.
func TestShared_ExpiredIsToldWhereItWasKnown(t *testing.T) {
	for name, noCache := range map[string]bool{"it was kept": false, "it is asked for by no-cache": true} {
		t.Run(name, inBubble(func(t *testing.T) {
			u, r := newReplicas(t, 3, Options{TTL: time.Minute})
			svc := checkKey{token: "ada1", credential: "svc"}
			askAll(t, r[:2], svc)
			u.apply(t.Context(), event{kind: ended, token: "ada1"})
			at := r[map[bool]int{false: 0, true: 2}[noCache]] // the third has nothing
			if a := checkWith(t.Context(), at.cache, "ada1", &relay.Exchange{Header: ada.header(), NoCache: noCache}); a.said != expiredAnswer {
				t.Errorf("%q by %s", a.said, a.exchange.Cache)
			}
			for i, a := range append(askAll(t, r, svc), askAll(t, r, ada)...) {
				if a.said != expiredAnswer {
					t.Errorf("%d: %q by %s", i, a.said, a.exchange.Cache)
				}
			}
			told := r[1].count("end")
			for i := range 100 {
				ask(t.Context(), r[1].cache, checkKey{token: "junk" + strconv.Itoa(i), credential: "svc"})
				ask(t.Context(), r[1].cache, checkKey{token: "junk" + strconv.Itoa(i), credential: "junk"})
			}
			if got := r[1].count("end"); got != told {
				t.Errorf("%d endings of junk are told", got-told)
			}
		}))
	}
}

// TestShared_WhatAQuestionIsToldOthersForget shows that they do, though it says nothing of the
// session: to this caller it is refused.
func TestShared_WhatAQuestionIsToldOthersForget(t *testing.T) {
	inBubble(func(t *testing.T) {
		u, r := newReplicas(t, 2, Options{TTL: time.Minute})
		svc := checkKey{token: "ada1", credential: "svc"}
		askAll(t, r, svc)
		askAll(t, r, ada)
		u.apply(t.Context(), event{kind: ended, token: "svc"})
		checkWith(t.Context(), r[0].cache, "ada1", &relay.Exchange{Header: svc.header(), NoCache: true})
		if a := ask(t.Context(), r[1].cache, svc); a.said != expiredAnswer {
			t.Errorf("%q by %s", a.said, a.exchange.Cache)
		}
		if a := ask(t.Context(), r[1].cache, ada); a.exchange.Cache != string(hit) {
			t.Errorf("another question: %s", a.exchange.Cache)
		}
	})(t)
}

// TestShared_IsNotTakenBack shows that a replica which was told something newer than what the
// store has, and does not store it, is not answered from there.
func TestShared_IsNotTakenBack(t *testing.T) {
	noCache := func(ctx context.Context, r *fakeReplica) answered {
		return checkWith(ctx, r.cache, "ada1", &relay.Exchange{Header: ada.header(), NoCache: true})
	}
	for name, c := range map[string]struct {
		prepare func(*fakeUpstream, *fakeReplica)
		happens eventKind
	}{
		"it comes with a cookie": {func(u *fakeUpstream, _ *fakeReplica) { u.plans = []callPlan{{fate: withCookie}, {}} }, changed},
		"it is large": {func(u *fakeUpstream, _ *fakeReplica) {
			u.edit = func(s *usersv1.Session) { s.Labels["x"] = string(make([]byte, memory.MaxEntryBytes)) }
		}, changed},
		"the store does not take it": {func(_ *fakeUpstream, r *fakeReplica) { r.keep = errAwayStore }, changed},
		"nobody can be told":         {func(_ *fakeUpstream, r *fakeReplica) { r.err = errAwayStore }, ended},
		"it is refused":              {func(u *fakeUpstream, _ *fakeReplica) { u.plans = []callPlan{{fate: rejected}, {}} }, ended},
	} {
		t.Run(name, inBubble(func(t *testing.T) {
			u, r := newReplicas(t, 2, Options{TTL: time.Minute})
			ask(t.Context(), r[0].cache, ada)
			synctest.Wait()
			u.mu.Lock()
			c.prepare(u, r[1])
			u.mu.Unlock()
			u.apply(t.Context(), event{kind: c.happens, token: "ada1"})
			time.Sleep(time.Millisecond)
			noCache(t.Context(), r[1])
			r[1].set(func(r *fakeReplica) { r.err = nil })
			for range 3 {
				if a := ask(t.Context(), r[1].cache, ada); a.said == "version 1" {
					t.Errorf("%q by %s", a.said, a.exchange.Cache)
				}
				time.Sleep(6 * time.Second)
			}
		}))
	}
}

// TestShared_WhoStoresLateTakesNothingBack shows the same of what another replica was told before,
// and stores only afterwards.
func TestShared_WhoStoresLateTakesNothingBack(t *testing.T) {
	inBubble(func(t *testing.T) {
		u, r := newReplicas(t, 2, Options{}, callPlan{after: time.Second}, callPlan{fate: withCookie}, callPlan{})
		go checkWith(t.Context(), r[1].cache, "ada1", &relay.Exchange{Header: ada.header(), NoCache: true})
		synctest.Wait()
		time.Sleep(100 * time.Millisecond)
		u.apply(t.Context(), event{kind: changed, token: "ada1"})
		for _, want := range []string{"version 2", "version 2"} {
			if a := ask(t.Context(), r[0].cache, ada); a.said != want {
				t.Errorf("%q by %s, want %q", a.said, a.exchange.Cache, want)
			}
			time.Sleep(2 * time.Second)
		}
	})(t)
}

// TestShared_RemembersWhatItTold shows that a replica remembers what it was told for as long as an
// older answer may be found that another has asked for later, but before this one came.
func TestShared_RemembersWhatItTold(t *testing.T) {
	const ttl = 3 * time.Second
	for name, f := range map[string]fate{"it is kept": served, "it is not": withCookie} {
		t.Run(name, inBubble(func(t *testing.T) {
			u, r := newReplicas(t, 2, Options{TTL: ttl}, callPlan{before: time.Second, fate: f}, callPlan{after: time.Second}, callPlan{})
			r[0].set(func(r *fakeReplica) { r.err = errAwayStore })                                             // it can tell nobody
			go checkWith(t.Context(), r[0].cache, "ada1", &relay.Exchange{Header: ada.header(), NoCache: true}) // version 2
			time.Sleep(900 * time.Millisecond)
			go ask(t.Context(), r[1].cache, ada) // version 1
			time.Sleep(50 * time.Millisecond)
			u.apply(t.Context(), event{kind: changed, token: "ada1"})
			time.Sleep(ttl + ttl/10 - 900*time.Millisecond)
			r[0].set(func(r *fakeReplica) { r.err = nil })
			if a := ask(t.Context(), r[0].cache, ada); a.said != "version 2" {
				t.Errorf("%q by %s", a.said, a.exchange.Cache)
			}
		}))
	}
}

// TestShared_FloodOfEndings shows that others can make this replica forget, and no more: nothing is
// adopted of which it has forgotten whether it ended.
func TestShared_FloodOfEndings(t *testing.T) {
	inBubble(func(t *testing.T) {
		u, r := newReplicas(t, 2, Options{TTL: time.Hour})
		ask(t.Context(), r[0].cache, ada)
		synctest.Wait()
		time.Sleep(time.Second)
		for i := range 200 {
			tags := make([]tag, 1000)
			for n := range tags {
				tags[n] = tagOf(1000*i + n)
			}
			r[1].cache.Ended(tags)
		}
		if a := ask(t.Context(), r[1].cache, ada); a.exchange.Cache != string(miss) || u.count() != 2 {
			t.Errorf("%s", a.exchange.Cache)
		}
	})(t)
}

// TestShared_NeedsASecret shows that replicas share nothing under keys of their own.
func TestShared_NeedsASecret(t *testing.T) {
	t.Parallel()
	if _, err := New(usersRules, newFakeUpstream(), Options{Shared: &fakeReplica{}}); err == nil {
		t.Error("a cache is made")
	}
}

// TestShared_LeavesNothingBehind shows that no claim, fence or load is left, whatever came of
// the calls.
func TestShared_LeavesNothingBehind(t *testing.T) {
	for _, f := range []fate{served, withCookie, unreachable, limited, rejected, failsBefore, hangs, broken, panics, noTurn} {
		for _, err := range []error{nil, errAwayStore} {
			t.Run(fmt.Sprint(f, " ", err), inBubble(func(t *testing.T) {
				_, r := newReplicas(t, 2, Options{}, callPlan{fate: f})
				r[0].keep = err
				askMany(t.Context(), r[0].cache, ada, 3)
				func() {
					defer func() { _ = recover() }()
					_ = signOut(t.Context(), r[0].cache, "ada1")
				}()
				time.Sleep(2 * callTimeout)
				synctest.Wait()
				c := r[0].cache
				if left := len(r[0].claims) + c.loadsOut() + len(c.loads) + c.fences + c.lingering; left > 0 && !errors.Is(err, errAwayStore) || len(r[0].claims) > 0 {
					t.Errorf("%d claims, loads and fences are left", left)
				}
			}))
		}
	}
}
