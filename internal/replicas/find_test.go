package replicas_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/replicas"
	"github.com/wingspan-grpc/session-facade/internal/replicas/replicastest"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache"
)

func TestFind_WaitsForAnothersLoad(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		ends   func(*pair)
		within time.Duration
		claims bool // the other can claim afterwards
	}{
		{"until it is released", func(p *pair) { p.a.Release(p.s.Key) }, 20 * time.Millisecond, true},
		{"until it is kept", func(p *pair) { _, _ = p.a.Keep(context.Background(), p.a.Moment(), p.s) }, 20 * time.Millisecond, false},
		{"until it cannot be kept", func(p *pair) { _, _ = p.a.Keep(context.Background(), sessioncache.Moment{}, p.s) }, 20 * time.Millisecond, true},
		{"until its time is over", func(*pair) {}, 11 * time.Second, true},
		{"until the one that loads is silent", func(p *pair) { p.wayA.Cut() }, 4100 * time.Millisecond, true},
		{"until the one that loads has left", func(p *pair) { p.a.Close() }, 2100 * time.Millisecond, true},
		{"until the one that loads has lost its connection", func(p *pair) { p.wayA.Drop() }, 4100 * time.Millisecond, true},
		{"until its own connection is lost", func(p *pair) { p.wayB.Drop() }, 20 * time.Millisecond, false},
	} {
		t.Run(test.name, inBubble(func(t *testing.T) {
			p := newPair(t)
			if !find(t, p.a, p.s, true).Claimed {
				t.Fatal("not claimed")
			}
			if again := find(t, p.a, p.s, true); !again.Claimed || again.Busy != nil {
				t.Errorf("%+v: it waits for itself", again)
			}
			synctest.Wait() // all have heard of the claim
			began := time.Now()
			f := find(t, p.b, p.s, true)
			if f.Busy == nil || f.Claimed || f.Session != nil {
				t.Fatalf("%+v, want to wait", f)
			}
			if look := find(t, p.b, p.s, false); look.Busy == nil {
				t.Fatalf("%+v: who claims nothing is not told to wait", look)
			}
			test.ends(p)
			for f.Busy != nil { // it looks again each time
				<-f.Busy
				var err error
				if f, err = p.b.Find(t.Context(), p.s.Key, p.s.Tags[:1], true); err != nil {
					break
				}
			}
			if took := time.Since(began); took > test.within {
				t.Errorf("it waited %v, want %v at most", took, test.within)
			}
			if f.Claimed != test.claims {
				t.Errorf("%+v, want a claim: %v", f, test.claims)
			}
		}))
	}
}

// pair is two links.
type pair struct {
	server     *replicastest.Memory
	wayA, wayB *replicastest.Replica
	a, b       *replicas.Link
	heardB     *listener
	s          *sessioncache.Session
}

func newPair(t *testing.T) *pair {
	t.Helper()
	p := &pair{server: replicastest.New(), s: session("one")}
	p.wayA, p.wayB = p.server.Replica(), p.server.Replica()
	p.a, _ = connect(t, options(p.wayA), nil)
	p.b, p.heardB = connect(t, options(p.wayB), nil)
	time.Sleep(time.Second)
	return p
}

func TestFind_ReleasesAClaimThatComesTooLate(t *testing.T) {
	inBubble(func(t *testing.T) {
		p := newPair(t)
		p.wayA.Delay(30 * time.Millisecond)
		if f, err := p.a.Find(t.Context(), p.s.Key, nil, true); err == nil {
			t.Fatalf("%+v within 20 ms", f)
		}
		time.Sleep(100 * time.Millisecond)
		if f := find(t, p.b, p.s, true); !f.Claimed {
			t.Errorf("%+v: a claim that nobody knows of is left", f)
		}
	})(t)
}

func TestFind_ReturnsWhatIsNoLongerFreshAndClaimsIt(t *testing.T) {
	inBubble(func(t *testing.T) {
		p := newPair(t)
		if !keep(t, p.a, p.a.Moment(), p.s) {
			t.Fatal("not kept")
		}
		time.Sleep(time.Until(p.s.FreshUntil) + time.Second)
		if f := find(t, p.b, p.s, true); f.Session == nil || !f.Claimed {
			t.Errorf("%+v, want a session and a claim", f)
		}
		time.Sleep(time.Until(p.s.StaleUntil) + time.Second)
		if f := find(t, p.a, p.s, false); f.Session != nil {
			t.Error("it was found after its time")
		}
	})(t)
}

func TestFind_IsNotTriedWhileTheServerFails(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(*pair){
		"by silence": func(p *pair) { p.wayA.Deafen() },
		"by errors":  func(p *pair) { p.server.Refuse(errors.New("OOM")) },
	} {
		t.Run(name, inBubble(func(t *testing.T) {
			p := newPair(t)
			fail(p)
			waited := 0
			for range 100 {
				began := time.Now()
				if _, err := p.a.Find(t.Context(), p.s.Key, nil, true); err == nil {
					t.Fatal("something was found")
				}
				if took := time.Since(began); took > 20*time.Millisecond {
					t.Errorf("a call waited %v", took)
				} else if took > 0 {
					waited++
				}
			}
			if waited > 3 {
				t.Errorf("%d calls waited", waited)
			}
			p.wayA.Heal()
			p.server.Refuse(nil)
			time.Sleep(5 * time.Second)
			find(t, p.a, p.s, false)
		}))
	}
}

// TestFind_IsNotTriedWhileTheServerIsSlow is about a server that keeps what it is told, for
// which nobody waits, but finds nothing in time.
func TestFind_IsNotTriedWhileTheServerIsSlow(t *testing.T) {
	inBubble(func(t *testing.T) {
		p := newPair(t)
		p.wayA.Delay(50 * time.Millisecond)
		waited, began := 0, time.Now()
		for time.Since(began) < 5*time.Second {
			asked := time.Now()
			if _, err := p.a.Find(t.Context(), p.s.Key, nil, false); err == nil {
				t.Fatal("something was found")
			}
			if time.Since(asked) > 0 {
				waited++
			}
			_, _ = p.a.Keep(t.Context(), p.a.Moment(), p.s)
			time.Sleep(10 * time.Millisecond)
		}
		if waited > 3*11 { // after each sync
			t.Errorf("%d calls waited", waited)
		}
	})(t)
}

func TestFind_CallersInAHurryDoNotCount(t *testing.T) {
	inBubble(func(t *testing.T) {
		p := newPair(t)
		p.wayA.Delay(10 * time.Millisecond)
		for range 10 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			if _, err := p.a.Find(ctx, p.s.Key, nil, false); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v", err)
			}
			cancel()
		}
		find(t, p.a, p.s, false)
	})(t)
}

func TestFind_BoundsWhatIsUnderWay(t *testing.T) {
	inBubble(func(t *testing.T) {
		p := newPair(t)
		p.server.Pause()
		refused := 0
		errs := make(chan error)
		for range 1000 {
			go func() {
				_, err := p.a.Find(t.Context(), p.s.Key, nil, false)
				errs <- err
			}()
		}
		for range 1000 {
			if err := <-errs; !errors.Is(err, context.DeadlineExceeded) && err.Error() == "too many commands are under way" {
				refused++
			}
		}
		if refused != 1000-256 {
			t.Errorf("%d were refused, want all but 256", refused)
		}
		p.server.Resume()
		time.Sleep(3 * time.Second)
		find(t, p.a, p.s, false)
	})(t)
}
