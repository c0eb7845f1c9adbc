package sessioncache

import (
	"context"
	"encoding/binary"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/relay"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache/identity"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache/memory"
)

// endings are the ways in which the facade learns that ada's session has ended or changed.
var endings = map[string]struct {
	method string
	caller string
	ask    proto.Message
	raw    bool
}{
	"by its token":       {method: endToken, ask: &usersv1.DeleteSessionRequest{Id: "ada1"}},
	"by the caller":      {method: raise, caller: "ada1", ask: &usersv1.CompleteOtpVerificationRequest{}},
	"by a user's change": {method: changeUser, ask: &usersv1.UpdateApiSessionRequest{Id: "ada"}},
	"by a user's end":    {method: endUser, ask: &usersv1.DeleteApiSessionRequest{Id: "ada"}},
	"relayed as bytes":   {method: endUser, ask: &usersv1.DeleteApiSessionRequest{Id: "ada"}, raw: true},
}

// whoAsks are all who ask for ada's session.
var whoAsks = []checkKey{ada, {token: "ada1"}, {token: "ada1", credential: "svc"}, {token: "ada1", credential: "svc", cookie: true}}

func newEndings(t *testing.T, plans ...callPlan) (*fakeUpstream, *Cache) {
	t.Helper()
	u, c := newAda(t, Options{TTL: time.Hour}, plans...)
	u.create("svc", "service", 2*time.Hour)
	u.create("bob1", "bob", time.Hour)
	return u, c
}

// TestEnding_IsSeenByAll shows that after the response nobody who asks for the session is
// answered from before it, and that others keep what they have.
func TestEnding_IsSeenByAll(t *testing.T) {
	for name, one := range endings {
		t.Run(name, inBubble(func(t *testing.T) {
			u, c := newEndings(t)
			bob := checkKey{token: "bob1", credential: "svc"}
			for _, k := range append(whoAsks, bob) {
				ask(t.Context(), c, k)
			}
			e := &relay.Exchange{Header: checkKey{credential: one.caller}.header(), Raw: one.raw}
			if err := invoke(t.Context(), c, e, one.method, one.ask); err != nil {
				t.Fatal(err)
			}
			for _, k := range whoAsks {
				if a := ask(t.Context(), c, k); a.said == "version 1" || a.said == "" {
					t.Errorf("%v: %q by %s", k, a.said, a.exchange.Cache)
				}
			}
			before := u.count()
			if a := ask(t.Context(), c, bob); a.exchange.Cache != string(hit) || u.count() != before {
				t.Errorf("somebody else's: %s", a.exchange.Cache)
			}
		}))
	}
}

// TestEnding_LoadsFromBeforeAreAnsweredNotKept shows what becomes of checks that are out: who
// asked before the end may be told so; who asks after its response is not, though the
// load is still out.
func TestEnding_LoadsFromBeforeAreAnsweredNotKept(t *testing.T) {
	for name, one := range endings {
		for _, k := range whoAsks {
			t.Run(name, inBubble(func(t *testing.T) {
				_, c := newEndings(t, callPlan{after: 2 * time.Second}, callPlan{before: time.Millisecond}) // decided at once
				go func() {
					if a := ask(t.Context(), c, k); a.said != "version 1" {
						t.Errorf("asked before: %q, %v", a.said, a.err)
					}
				}()
				synctest.Wait()
				e := &relay.Exchange{Header: checkKey{credential: one.caller}.header(), Raw: one.raw}
				if err := invoke(t.Context(), c, e, one.method, one.ask); err != nil {
					t.Fatal(err)
				}
				if a := ask(t.Context(), c, k); a.said == "version 1" || a.said == "" {
					t.Errorf("asked after: %q by %s, %v", a.said, a.exchange.Cache, a.err)
				}
				c.mu.Lock()
				c.store.End(c.keys[0].Tag(identity.OfToken, "ada1"))
				c.mu.Unlock()
				time.Sleep(3 * time.Second)
				if a := ask(t.Context(), c, k); a.said == "version 1" || a.said == "" {
					t.Errorf("when the load has come back: %q by %s", a.said, a.exchange.Cache)
				}
			}))
		}
	}
}

// TestEnding_FencesWhileItIsOut shows that nothing is kept while a call may be ending the
// session, and that it is again afterwards, where it has not.
func TestEnding_FencesWhileItIsOut(t *testing.T) {
	inBubble(func(t *testing.T) {
		_, c := newAda(t, Options{}, callPlan{before: 2 * time.Second, fate: rejected}, callPlan{})
		done := make(chan struct{})
		go func() { _ = signOut(t.Context(), c, "ada1"); close(done) }()
		synctest.Wait()
		for range 3 {
			if a := ask(t.Context(), c, ada); a.exchange.Cache != string(miss) {
				t.Errorf("while it is out: %s", a.exchange.Cache)
			}
		}
		<-done
		for _, want := range []result{miss, hit} {
			if a := ask(t.Context(), c, ada); a.exchange.Cache != string(want) {
				t.Errorf("afterwards: %s, want %s", a.exchange.Cache, want)
			}
		}
	})(t)
}

// TestEnding_WithoutAnOutcome shows that a sign-out that nobody answered, and that arrives
// later, is seen by whoever asks then.
func TestEnding_WithoutAnOutcome(t *testing.T) {
	for _, f := range []fate{lost, late, failsAfter, hangs, unreachable} {
		t.Run(string(f), inBubble(func(t *testing.T) {
			u, c := newAda(t, Options{TTL: time.Hour}, callPlan{fate: f, after: time.Second}, callPlan{})
			if err := signOut(t.Context(), c, "ada1"); err == nil {
				t.Fatal("it was answered")
			}
			ask(t.Context(), c, ada)
			time.Sleep(time.Second + 1)
			if a := ask(t.Context(), c, ada); a.said != u.sessions.check(ada) {
				t.Errorf("the upstream says %q, the facade %q by %s", u.sessions.check(ada), a.said, a.exchange.Cache)
			}
			time.Sleep(callTimeout)
			ask(t.Context(), c, ada)
			if a := ask(t.Context(), c, ada); a.exchange.Cache != string(hit) && a.exchange.Cache != string(expired) {
				t.Errorf("the fence is still there: %s", a.exchange.Cache)
			}
		}))
	}
}

// TestEnding_WhoAsksAfterALostResponse joins nobody who asked before: not even where the
// load began after the call had left.
func TestEnding_WhoAsksAfterALostResponse(t *testing.T) {
	inBubble(func(t *testing.T) {
		_, c := newAda(t, Options{}, callPlan{before: time.Second, after: 10 * time.Millisecond, fate: failsAfter}, callPlan{before: 500 * time.Millisecond, after: 2 * time.Second}, callPlan{before: time.Millisecond})
		done := make(chan struct{})
		go func() { _ = signOut(t.Context(), c, "ada1"); close(done) }()
		synctest.Wait()
		go ask(t.Context(), c, ada)
		<-done
		if a := ask(t.Context(), c, ada); a.said != expiredAnswer {
			t.Errorf("%q by %s", a.said, a.exchange.Cache)
		}
	})(t)
}

// TestEnding_OfTheCallersUser shows that where a user's end brought no response, all of the
// caller's user are fenced, if it is known who that is.
func TestEnding_OfTheCallersUser(t *testing.T) {
	for _, f := range []fate{lost, failsAfter, broken} {
		t.Run(string(f), inBubble(func(t *testing.T) {
			u, c := newAda(t, Options{TTL: time.Hour}, callPlan{}, callPlan{}, callPlan{fate: f}, callPlan{})
			u.create("ada2", "ada", time.Hour)
			ask(t.Context(), c, ada)
			ask(t.Context(), c, checkKey{token: "ada2"})
			_ = invoke(t.Context(), c, &relay.Exchange{Header: ada.header()}, endUser, &usersv1.DeleteApiSessionRequest{Id: "ada"})
			for _, k := range []checkKey{ada, {token: "ada2"}} {
				if a := ask(t.Context(), c, k); a.said != expiredAnswer {
					t.Errorf("%v: %q by %s", k, a.said, a.exchange.Cache)
				}
			}
		}))
	}
}

// TestEnding_SurvivesItsCaller shows that a caller who leaves has fenced all the same.
func TestEnding_SurvivesItsCaller(t *testing.T) {
	inBubble(func(t *testing.T) {
		_, c := newAda(t, Options{TTL: time.Hour}, callPlan{}, callPlan{fate: late, after: time.Second}, callPlan{})
		ask(t.Context(), c, ada)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := signOut(ctx, c, "ada1"); status.Code(err) != codes.DeadlineExceeded {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		if a := ask(t.Context(), c, ada); a.said != expiredAnswer {
			t.Errorf("%q by %s", a.said, a.exchange.Cache)
		}
	})(t)
}

// TestEnding_NotSentLeavesNoFence shows that a flood of sign-outs that the facade refuses takes
// no place of those that may have arrived, and keeps nobody from the cache.
func TestEnding_NotSentLeavesNoFence(t *testing.T) {
	for _, f := range []fate{noTurn, suspended} {
		t.Run(string(f), inBubble(func(t *testing.T) {
			_, c := newAda(t, Options{TTL: time.Hour}, callPlan{fate: f}, callPlan{})
			if err := signOut(t.Context(), c, "ada1"); err == nil || c.fences != 0 || c.lingering != 0 {
				t.Errorf("%d fences, %d of them for a while: %v", c.fences, c.lingering, err)
			}
			ask(t.Context(), c, ada)
			if a := ask(t.Context(), c, ada); a.exchange.Cache != string(hit) {
				t.Errorf("%s", a.exchange.Cache)
			}
		}))
	}
}

// TestEnding_OfNobodyLeavesNoFence shows that calls of whom nothing is known to have ended
// take no place of those that stay for a while: anybody can make and leave them.
func TestEnding_OfNobodyLeavesNoFence(t *testing.T) {
	inBubble(func(t *testing.T) {
		_, c := newAda(t, Options{TTL: time.Hour}, callPlan{fate: lost})
		for method, request := range map[string]proto.Message{
			endUser: &usersv1.DeleteApiSessionRequest{Id: "ada"},
			raise:   &usersv1.CompleteOtpVerificationRequest{Code: "1"},
		} {
			if err := invoke(t.Context(), c, &relay.Exchange{}, method, request); err == nil || c.fences != 0 || c.lingering != 0 {
				t.Errorf("%s: %d fences, %d of them for a while: %v", method, c.fences, c.lingering, err)
			}
		}
	})(t)
}

// TestEnding_PanicFences shows that a call that panicked may have arrived, and leaves no
// fence for ever.
func TestEnding_PanicFences(t *testing.T) {
	inBubble(func(t *testing.T) {
		_, c := newAda(t, Options{}, callPlan{fate: panics}, callPlan{})
		func() {
			defer func() { _ = recover() }()
			_ = signOut(t.Context(), c, "ada1")
		}()
		if c.fences != 1 || c.lingering != 1 {
			t.Errorf("%d fences", c.fences)
		}
		time.Sleep(callTimeout + lastInstant)
		synctest.Wait()
		if c.fences != 0 || c.lingering != 0 {
			t.Errorf("%d fences for ever", c.fences)
		}
	})(t)
}

// TestEnding_OfTheCallersOwnSession shows that what somebody asked with a credential that
// has ended since is answered anew, for whomever they asked.
func TestEnding_OfTheCallersOwnSession(t *testing.T) {
	inBubble(func(t *testing.T) {
		_, c := newEndings(t)
		k := checkKey{token: "ada1", credential: "svc"}
		ask(t.Context(), c, k)
		if err := signOut(t.Context(), c, "svc"); err != nil {
			t.Fatal(err)
		}
		if a := ask(t.Context(), c, k); a.said != expiredAnswer {
			t.Errorf("%q by %s", a.said, a.exchange.Cache)
		}
	})(t)
}

// TestEnding_ElsewhereIsSeenByAllOnceItIsBySomebody shows that once the session's own token
// is known to be none, that is so for all who ask for it.
func TestEnding_ElsewhereIsSeenByAllOnceItIsBySomebody(t *testing.T) {
	inBubble(func(t *testing.T) {
		u, c := newEndings(t)
		svc := checkKey{token: "ada1", credential: "svc"}
		ask(t.Context(), c, svc)
		u.apply(t.Context(), event{kind: ended, token: "ada1"})
		if a := ask(t.Context(), c, svc); a.said != "version 1" {
			t.Errorf("nobody knows: %q by %s", a.said, a.exchange.Cache)
		}
		ask(t.Context(), c, ada)
		if a := ask(t.Context(), c, svc); a.said != expiredAnswer {
			t.Errorf("%q by %s", a.said, a.exchange.Cache)
		}
	})(t)
}

// TestEnding_OfNobodys shows that where a session does not say whose it is, whoever asks
// after the end of any user's does not join who asked before.
func TestEnding_OfNobodys(t *testing.T) {
	inBubble(func(t *testing.T) {
		u, c := newEndings(t, callPlan{after: 2 * time.Second}, callPlan{before: time.Millisecond})
		u.edit = func(s *usersv1.Session) { s.UserId = nil }
		go ask(t.Context(), c, ada)
		synctest.Wait()
		if err := invoke(t.Context(), c, &relay.Exchange{}, endUser, &usersv1.DeleteApiSessionRequest{Id: "ada"}); err != nil {
			t.Fatal(err)
		}
		if a := ask(t.Context(), c, ada); a.said != expiredAnswer {
			t.Errorf("%q by %s", a.said, a.exchange.Cache)
		}
	})(t)
}

func tagOf(n int) (t tag) {
	binary.BigEndian.PutUint64(t[:], uint64(n)+1)
	return t
}

// TestUsersOf_NamesEachOnce: a session that has been asked for in many ways is one user's.
func TestUsersOf_NamesEachOnce(t *testing.T) {
	t.Parallel()
	c := &Cache{store: memory.NewStore(100)}
	for i := range 100 {
		c.store.Put(&memory.Entry{Key: tagOf(i), Live: true, Tags: []tag{tagOf(1000), tagOf(2000)}})
	}
	if users := c.usersOf([]tag{tagOf(1000)}); len(users) != 1 {
		t.Errorf("one user is named %d times", len(users))
	}
}
