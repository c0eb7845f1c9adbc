package replicas_test

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/metric/noop"

	"github.com/wingspan-grpc/session-facade/internal/replicas"
	"github.com/wingspan-grpc/session-facade/internal/replicas/replicastest"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache"
	"github.com/wingspan-grpc/session-facade/test/bubble"
)

// listener notes what it is told.
type listener struct {
	mu    sync.Mutex
	ended []sessioncache.Tag
	all   int
}

func (l *listener) Ended(tags []sessioncache.Tag) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = append(l.ended, tags...)
}

func (l *listener) EndedAll() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all++
}

func (l *listener) count() (ended, all int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.ended), l.all
}

func (l *listener) has(tag sessioncache.Tag) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Contains(l.ended, tag)
}

func tag(name string) sessioncache.Tag { return sha256.Sum256([]byte(name)) }

func options(server replicas.Server) replicas.Options {
	return replicas.Options{Server: server, Prefix: "{test}:", Timeout: 10 * time.Second, Life: time.Minute,
		Replicas: 1, Logger: slog.New(slog.DiscardHandler), Meter: noop.NewMeterProvider()}
}

// connect makes a link that has joined, and ends it with the test.
func connect(t *testing.T, o replicas.Options, pacer replicas.Pacer) (*replicas.Link, *listener) {
	t.Helper()
	l, err := replicas.Connect(o)
	if err != nil {
		t.Fatal(err)
	}
	heard := &listener{}
	l.Start(heard, pacer)
	t.Cleanup(l.Close)
	join(t, l)
	return l, heard
}

func join(t *testing.T, l *replicas.Link) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := l.Joined(ctx); err != nil {
		t.Fatal("not joined: ", err)
	}
}

// inBubble makes a test in virtual time.
var inBubble = bubble.Test

// session is one that lasts for a minute.
func session(name string) *sessioncache.Session {
	now := time.Now()
	return &sessioncache.Session{Key: tag("key of " + name), Tags: []sessioncache.Tag{tag("session " + name), tag("user of " + name)},
		Sealed: []byte("sealed " + name), Sent: now, FreshUntil: now.Add(50 * time.Second), StaleUntil: now.Add(time.Minute)}
}

func find(t *testing.T, l *replicas.Link, s *sessioncache.Session, claim bool) sessioncache.Found {
	t.Helper()
	f, err := l.Find(t.Context(), s.Key, s.Tags[:1], claim)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func keep(t *testing.T, l *replicas.Link, since sessioncache.Moment, s *sessioncache.Session) bool {
	t.Helper()
	kept, err := l.Keep(t.Context(), since, s)
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

func TestLink_SharesASessionUntilItEnds(t *testing.T) {
	inBubble(func(t *testing.T) {
		server := replicastest.New()
		a, _ := connect(t, options(server.Replica()), nil)
		b, heard := connect(t, options(server.Replica()), nil)
		s := session("one")

		claimed := find(t, a, s, true)
		if !claimed.Claimed || claimed.Session != nil {
			t.Fatalf("%+v, want a claim", claimed)
		}
		busy := find(t, b, s, true)
		if busy.Claimed || busy.Busy == nil {
			t.Fatalf("%+v, want to wait for the other", busy)
		}
		if !keep(t, a, claimed.Moment, s) {
			t.Fatal("not kept")
		}
		<-busy.Busy
		got := find(t, b, s, true)
		if got.Session == nil || string(got.Session.Sealed) != string(s.Sealed) || !slices.Equal(got.Session.Tags, s.Tags) {
			t.Fatalf("%+v, want the session", got)
		}
		if got.Session.Sent.After(s.Sent) || got.Session.FreshUntil.After(s.FreshUntil) || s.Sent.Sub(got.Session.Sent) > time.Second {
			t.Errorf("it became younger, or much older: %v, %v", got.Session, s)
		}

		before := time.Now()
		a.End(t.Context(), s.Tags[1:], true)
		synctest.Wait()
		time.Sleep(10 * time.Millisecond)
		if !heard.has(s.Tags[1]) || time.Since(before) > 50*time.Millisecond {
			t.Error("the other was not told at once")
		}
		if found := find(t, b, s, false); found.Session != nil {
			t.Error("it was found although it may be ending")
		}
		if keep(t, b, b.Moment(), s) {
			t.Error("it was kept although it may be ending")
		}
		a.End(t.Context(), s.Tags[1:], false)
		if keep(t, b, claimed.Moment, s) {
			t.Error("it was kept although it has ended since it was asked for")
		}
		if since := find(t, b, s, false).Moment; !keep(t, b, since, s) {
			t.Error("it was not kept although it was asked for after the end")
		}
	})(t)
}
func TestLink_BelievesNothingWhileAnotherIsCutOff(t *testing.T) {
	inBubble(func(t *testing.T) {
		server := replicastest.New()
		way := server.Replica()
		a, heard := connect(t, options(server.Replica()), nil)
		b, _ := connect(t, options(way), nil)
		s := session("one")
		time.Sleep(time.Second)
		if !a.UpToDate(time.Now()) || !b.UpToDate(time.Now()) {
			t.Fatal("not up to date")
		}
		way.Cut()
		ended := time.Now()
		b.End(t.Context(), s.Tags, true)
		if took := time.Since(ended); took > 20*time.Millisecond {
			t.Errorf("a call waited %v", took)
		}
		for range 1000 {
			if time.Sleep(10 * time.Millisecond); !a.UpToDate(time.Now()) {
				break
			}
		}
		if took := time.Since(ended); took > 3*time.Second || took < 2*time.Second {
			t.Errorf("another that is cut off was noticed after %v", took)
		}
		if heard.has(s.Tags[0]) {
			t.Error("an ending passed the cut")
		}
		time.Sleep(10 * time.Second)
		way.Heal()
		time.Sleep(3 * time.Second)
		if !heard.has(s.Tags[0]) || !a.UpToDate(time.Now()) || !b.UpToDate(time.Now()) {
			t.Error("not well again")
		}
	})(t)
}

func TestLink_ANewGenerationIsWorthAFreshBeginning(t *testing.T) {
	t.Parallel()
	for name, renew := range map[string]func(*replicastest.Memory){
		"flushed": (*replicastest.Memory).Flush, "restarted": (*replicastest.Memory).Restart,
	} {
		t.Run(name, inBubble(func(t *testing.T) {
			server := replicastest.New()
			a, heardA := connect(t, options(server.Replica()), nil)
			b, heardB := connect(t, options(server.Replica()), nil)
			s, fenced := session("one"), session("two")
			since := a.Moment()
			if !keep(t, a, since, s) {
				t.Fatal("not kept")
			}
			a.End(t.Context(), fenced.Tags, true)
			renew(server)
			time.Sleep(3 * time.Second)
			if _, all := heardA.count(); all == 0 {
				t.Error("one was not told that all is new")
			}
			if _, all := heardB.count(); all == 0 {
				t.Error("the other was not told that all is new")
			}
			if keep(t, a, since, s) {
				t.Error("what was asked for before was kept")
			}
			if find(t, b, s, false).Session != nil {
				t.Error("what was kept before was found")
			}
			if keep(t, b, b.Moment(), fenced) {
				t.Error("a fence was forgotten")
			}
			if !a.UpToDate(time.Now()) || !b.UpToDate(time.Now()) {
				t.Error("not up to date")
			}
		}))
	}
}

func TestLink_TellsAllWhenItLeaves(t *testing.T) {
	inBubble(func(t *testing.T) {
		server := replicastest.New()
		way := server.Replica()
		a, heard := connect(t, options(server.Replica()), nil)
		b, _ := connect(t, options(way), nil)
		way.Delay(30 * time.Millisecond)
		const many = 5*replicas.MaxBatch + 1
		for i := range many {
			go b.End(t.Context(), []sessioncache.Tag{tag(string(rune(i)))}, false)
		}
		synctest.Wait()
		began := time.Now()
		b.Close()
		if took := time.Since(began); took > time.Second {
			t.Errorf("Close took %v", took)
		}
		time.Sleep(time.Second)
		if ended, _ := heard.count(); ended != many {
			t.Errorf("%d endings were told, want %d", ended, many)
		}
		time.Sleep(10 * time.Second)
		if !a.UpToDate(time.Now()) {
			t.Error("one that has left is waited for")
		}
	})(t)
}

func TestLink_IsWaitedForWhenItEndsWithoutHavingToldAll(t *testing.T) {
	inBubble(func(t *testing.T) {
		server := replicastest.New()
		way := server.Replica()
		a, _ := connect(t, options(server.Replica()), nil)
		b, _ := connect(t, options(way), nil)
		way.Cut()
		b.End(t.Context(), []sessioncache.Tag{tag("ended")}, false)
		began := time.Now()
		b.Close()
		if took := time.Since(began); took > time.Second {
			t.Errorf("Close took %v", took)
		}
		time.Sleep(3 * time.Second)
		for time.Since(began) < replicas.Forget-time.Second {
			if a.UpToDate(time.Now()) {
				t.Fatalf("it is not waited for after %v", time.Since(began))
			}
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(2 * time.Second)
		if !a.UpToDate(time.Now()) {
			t.Error("it is waited for after a minute")
		}
	})(t)
}

// TestLink_VouchesForNothingThatEndedSince is about a server that stands still with a sync
// before it: when it goes on, that is done, but what ended meanwhile was not in it.
func TestLink_VouchesForNothingThatEndedSince(t *testing.T) {
	inBubble(func(t *testing.T) {
		server := replicastest.New()
		way := server.Replica()
		a, heard := connect(t, options(server.Replica()), nil)
		b, _ := connect(t, options(way), nil)
		time.Sleep(time.Second)
		server.Pause()
		time.Sleep(600 * time.Millisecond) // each has sent a sync
		b.End(t.Context(), []sessioncache.Tag{tag("ended")}, false)
		way.Cut()
		time.Sleep(5 * time.Second)
		server.Resume()
		for range 1000 {
			time.Sleep(10 * time.Millisecond)
			if a.UpToDate(time.Now()) {
				t.Fatal("what another has not told is not waited for")
			}
		}
		way.Heal()
		time.Sleep(3 * time.Second)
		if !heard.has(tag("ended")) || !a.UpToDate(time.Now()) {
			t.Error("not well again")
		}
	})(t)
}

func TestLink_StartsAnewWhenItCannotTellAll(t *testing.T) {
	inBubble(func(t *testing.T) {
		server := replicastest.New()
		way := server.Replica()
		a, heard := connect(t, options(server.Replica()), nil)
		b, _ := connect(t, options(way), nil)
		way.Cut()
		time.Sleep(3 * time.Second)
		for i := range 1<<16 + 1 {
			b.End(t.Context(), []sessioncache.Tag{tag(string(rune(i)))}, false)
		}
		way.Heal()
		time.Sleep(3 * time.Second)
		if _, all := heard.count(); all == 0 || !a.UpToDate(time.Now()) {
			t.Error("endings that were not told one by one were lost")
		}
		b.End(t.Context(), []sessioncache.Tag{tag("last")}, false)
		synctest.Wait()
		time.Sleep(10 * time.Millisecond)
		if !heard.has(tag("last")) {
			t.Error("not well again")
		}
	})(t)
}

// TestLink_VouchesForNothingThatIsStillToBeTold is about one that comes back with more to tell
// than fits into the sync that it has to repeat.
func TestLink_VouchesForNothingThatIsStillToBeTold(t *testing.T) {
	inBubble(func(t *testing.T) {
		server := replicastest.New()
		way := server.Replica()
		a, heard := connect(t, options(server.Replica()), nil)
		b, _ := connect(t, options(way), nil)
		time.Sleep(time.Second)
		way.Deafen()
		b.End(t.Context(), []sessioncache.Tag{tag("first")}, false)
		b.End(t.Context(), []sessioncache.Tag{tag("second")}, false)
		time.Sleep(10 * time.Second)
		way.Delay(30 * time.Millisecond)
		way.Heal()
		for range 3000 {
			a.Wake()
			time.Sleep(time.Millisecond)
			if a.UpToDate(time.Now()) && !heard.has(tag("second")) {
				t.Fatal("what is still to be told is not waited for")
			}
		}
		if !a.UpToDate(time.Now()) || !heard.has(tag("first")) {
			t.Error("not well again")
		}
	})(t)
}

func TestLink_IsNotUpToDateBeforeItHasReadAll(t *testing.T) {
	inBubble(func(t *testing.T) {
		server := replicastest.New()
		way := server.Replica()
		a, heard := connect(t, options(way), nil)
		b, _ := connect(t, options(server.Replica()), nil)
		way.Cut()
		time.Sleep(4 * time.Second)
		const many = 2*replicas.MaxPage + 1
		for i := range many {
			go b.End(t.Context(), []sessioncache.Tag{tag(string(rune(i)))}, false)
		}
		time.Sleep(4 * time.Second)
		way.Delay(30 * time.Millisecond)
		way.Heal()
		for range 3000 {
			time.Sleep(time.Millisecond)
			if ended, _ := heard.count(); a.UpToDate(time.Now()) && ended < many {
				t.Fatalf("up to date after %d of %d endings", ended, many)
			}
		}
		if !a.UpToDate(time.Now()) {
			t.Error("not well again")
		}
	})(t)
}

// TestEnd_LeavesOthersFencesAloneInANewGeneration is about the end of a fence that the new
// generation knows nothing of.
func TestEnd_LeavesOthersFencesAloneInANewGeneration(t *testing.T) {
	inBubble(func(t *testing.T) {
		server := replicastest.New()
		way := server.Replica()
		a, _ := connect(t, options(way), nil)
		b, _ := connect(t, options(server.Replica()), nil)
		s := session("one")
		a.End(t.Context(), s.Tags, true)
		way.Cut()
		a.End(t.Context(), s.Tags, false)
		server.Flush()
		time.Sleep(time.Second)
		b.End(t.Context(), s.Tags, true)
		way.Heal()
		time.Sleep(4 * time.Second)
		if !a.UpToDate(time.Now()) || a.Moment().Generation != b.Moment().Generation {
			t.Fatal("not well again")
		}
		if keep(t, a, a.Moment(), s) {
			t.Error("another's fence has ended with one's own")
		}
	})(t)
}
