package pacing

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	metricnoop "go.opentelemetry.io/otel/metric/noop"
)

// replica runs a test in virtual time, with a pacer of one of several replicas.
func replica(t *testing.T, o Options, test func(*testing.T, *Pacer)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		o.Meter = metricnoop.NewMeterProvider()
		p, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		test(t, p)
		synctest.Wait()
		p.checkEmpty(t)
	})
}

// perform makes calls at a rate for ten seconds, and returns how many were served.
func perform(t *testing.T, p *Pacer, perSecond int, deadline time.Duration) int {
	t.Helper()
	var group sync.WaitGroup
	var mu sync.Mutex
	served := 0
	for i := range 10 * perSecond {
		group.Go(func() {
			if within(p, deadline, &Call{Peer: strconv.Itoa(i)}) == nil {
				mu.Lock()
				defer mu.Unlock()
				served++
			}
		})
		time.Sleep(time.Second / time.Duration(perSecond))
	}
	group.Wait()
	return served
}

// TestReplicas_EachTakesItsPart: nobody need tell them their shares.
func TestReplicas_EachTakesItsPart(t *testing.T) {
	t.Parallel()
	replica(t, Options{Read: 300, Replicas: 3}, func(t *testing.T, p *Pacer) {
		t.Helper()
		if served := perform(t, p, 500, 50*time.Millisecond); served < 990 || served > 1010 {
			t.Errorf("%d of 1,000 that one of three may make", served)
		}
	})
}

// TestShare_HoldsWhateverComes: in no window are there more calls than the shares of that
// time allow, and a burst. Nor are there many fewer where calls wait all the time.
func TestShare_HoldsWhateverComes(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 1))
			replica(t, Options{Read: 400, Replicas: 3}, func(t *testing.T, p *Pacer) {
				t.Helper()
				checkShares(t, p, random)
			})
		})
	}
}

// checkShares changes the share at random times while calls come and go.
func checkShares(t *testing.T, p *Pacer, random *rand.Rand) {
	t.Helper()
	var (
		mu      sync.Mutex
		served  []float64 // how many calls the shares had allowed by then
		allowed float64
		at      = time.Now()
		c       = p.read
	)
	settle := func(now time.Time) { allowed, at = allowed+now.Sub(at).Seconds()*c.share, now }
	ctx, leave := context.WithCancel(t.Context())
	var group sync.WaitGroup
	for i := range 40 {
		group.Go(func() {
			for ctx.Err() == nil {
				bounded, cancel := context.WithTimeout(ctx, time.Duration(1+i%5)*time.Second)
				err := p.Wait(bounded, &Call{SignIn: i%3 == 0, Header: of(strconv.Itoa(i % 7))})
				cancel()
				if err != nil {
					time.Sleep(10 * time.Millisecond)
					continue
				}
				mu.Lock()
				settle(time.Now())
				served = append(served, allowed)
				mu.Unlock()
			}
		})
	}
	shares := []float64{0, -1, math.NaN(), 1, 7, 50, 133, 200, 399, 400, 1e9, math.Inf(1)}
	for range 100 {
		time.Sleep(time.Duration(random.ExpFloat64() * float64(300*time.Millisecond)))
		mu.Lock()
		settle(time.Now())
		mu.Unlock()
		p.Share(shares[random.IntN(len(shares))], 0)
	}
	leave()
	group.Wait()
	const most = 2 + 1e-3 // the burst of 400 calls a second, and what floats lose
	least := math.Inf(1)  // of the calls that are more than what is allowed, at any call yet
	for i, allowed := range served {
		least = min(least, float64(i)-allowed)
		if window := float64(i) - allowed - least; window+1 > most {
			t.Fatalf("call %d is one of %v more than its window allows", i, window+1)
		}
	}
	if float64(len(served)) < 0.97*allowed-3 {
		t.Errorf("%d calls, %v were allowed", len(served), allowed)
	}
}

// TestShare_IsForThoseWhoWaitToo: they have their turns, in order, by the new rate.
func TestShare_IsForThoseWhoWaitToo(t *testing.T) {
	t.Parallel()
	replica(t, Options{Read: 100, Replicas: 10}, func(t *testing.T, p *Pacer) {
		t.Helper()
		_ = within(p, time.Second, &Call{})
		began := time.Now()
		var o order
		o.start(t, p, 2, "a", Call{Header: of("a")})
		o.start(t, p, 2, "b", Call{Header: of("b")})
		p.Share(0, 0) // a tenth a second
		time.Sleep(5 * time.Second)
		p.Share(100, 0)
		if got := o.String(); got != "abab" || time.Since(began) > 5100*time.Millisecond {
			t.Errorf("%s after %v", got, time.Since(began))
		}
	})
}

// TestShare_NobodyWaitsForEver on the least share there is.
func TestShare_NobodyWaitsForEver(t *testing.T) {
	t.Parallel()
	replica(t, Options{Read: 200, Replicas: 4}, func(t *testing.T, p *Pacer) {
		t.Helper()
		p.Share(math.Inf(-1), 0)
		began := time.Now()
		for range 11 {
			if err := p.Wait(t.Context(), &Call{}); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); (took - 20*time.Second).Abs() > time.Microsecond {
			t.Errorf("10 calls at half a call a second took %v", took)
		}
	})
}

// TestShare_KeepsPausesAndStops: a larger one ends neither.
func TestShare_KeepsPausesAndStops(t *testing.T) {
	t.Parallel()
	replica(t, Options{Read: 1000, Replicas: 2}, func(t *testing.T, p *Pacer) {
		t.Helper()
		a, b := &Call{Header: of("a")}, &Call{Header: of("b")}
		p.Observe(a, true, 10*time.Second)
		p.Observe(b, true, 4*time.Second)
		began := time.Now()
		var o order
		o.start(t, p, 1, "a", *a)
		o.start(t, p, 1, "c", Call{Header: of("c")})
		for _, share := range []float64{1000, 0, 700, 1000} {
			p.Share(share, 0)
		}
		if after := refusedFor(t, within(p, time.Second, &Call{Peer: "d"})); after < 4*time.Second {
			t.Errorf("again after %v of a pause of 4 s", after)
		}
		if err := within(p, time.Minute, &Call{Peer: "d"}); err != nil || time.Since(began) < 4*time.Second || time.Since(began) > 4100*time.Millisecond {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		if got := o.String(); got != "ca" || time.Since(began) != 10*time.Second {
			t.Errorf("%s after %v", got, time.Since(began))
		}
	})
}

// TestRefusal_IsByWhatCanBeExpected: who has had little to do refuses no burst that its fair
// part can serve, says when that would, and asks for it.
func TestRefusal_IsByWhatCanBeExpected(t *testing.T) {
	t.Parallel()
	asked := 0
	replica(t, Options{Read: 200, Replicas: 2, Wake: func() { asked++ }}, func(t *testing.T, p *Pacer) {
		t.Helper()
		p.Share(1, 0)
		_ = within(p, time.Second, &Call{})
		var group sync.WaitGroup
		served := make([]error, 100)
		for i := range served {
			group.Go(func() { served[i] = within(p, 2*time.Second, &Call{Peer: strconv.Itoa(i)}) })
			synctest.Wait()
		}
		if asked != 1 {
			t.Errorf("asked %d times for more", asked)
		}
		after := refusedFor(t, within(p, time.Second, &Call{Peer: "late"}))
		if after < 1000*time.Millisecond || after > 1011*time.Millisecond {
			t.Errorf("again after %v: 100 are to be served at 100 a second", after)
		}
		time.Sleep(500 * time.Millisecond) // as late as the share may come
		p.Share(100, 0)
		group.Wait()
		if i := slices.IndexFunc(served, func(err error) bool { return err != nil }); i >= 0 {
			t.Errorf("call %d: %v", i, served[i])
		}
	})
}

// TestRefusal_IsByTheShareInTheEnd: what is not given in two seconds is not to be expected.
func TestRefusal_IsByTheShareInTheEnd(t *testing.T) {
	t.Parallel()
	replica(t, Options{Read: 100}, func(t *testing.T, p *Pacer) {
		t.Helper()
		p.Share(10, 0)
		_ = within(p, time.Second, &Call{})
		ctx, leave := context.WithCancel(t.Context())
		var group sync.WaitGroup
		for i := range 40 {
			group.Go(func() { _ = p.Wait(ctx, &Call{Peer: strconv.Itoa(i)}) })
		}
		synctest.Wait()
		before := refusedFor(t, within(p, 25*time.Millisecond, &Call{Peer: "x"}))
		time.Sleep(settled)
		later := refusedFor(t, within(p, time.Second, &Call{Peer: "x"}))
		if before > 500*time.Millisecond || (later-2*time.Second-100*time.Millisecond).Abs() > time.Millisecond {
			t.Errorf("again after %v, then after %v, where 20 wait for 10 a second", before, later)
		}
		leave()
		group.Wait()
	})
}

// TestRefusal_OfOneWhoWaitsWithMany: how fast its turns came before the share changed says
// nothing of how fast they come now.
func TestRefusal_OfOneWhoWaitsWithMany(t *testing.T) {
	t.Parallel()
	for _, share := range []float64{10, 200} {
		replica(t, Options{Read: 200, Replicas: 2}, func(t *testing.T, p *Pacer) {
			t.Helper()
			p.Share(50, 0)
			_ = within(p, time.Second, &Call{Peer: "a"})
			ctx, leave := context.WithCancel(t.Context())
			var group sync.WaitGroup
			for range 300 {
				group.Go(func() { _ = p.Wait(ctx, &Call{Peer: "a"}) })
			}
			synctest.Wait()
			time.Sleep(time.Second)
			soon := refusedFor(t, within(p, 25*time.Millisecond, &Call{Peer: "a"})).Seconds()
			if want := float64(p.read.waiting()+1) / 100; soon < 0.95*want || soon > 1.05*want {
				t.Errorf("again after %v s, by the fair part it is %v s", soon, want)
			}
			time.Sleep(time.Second)
			p.Share(share, 0)
			waiting := float64(p.read.waiting() + 1)
			got := refusedFor(t, within(p, 25*time.Millisecond, &Call{Peer: "a"})).Seconds()
			if want := waiting / share; got < 0.95*want || got > 1.05*want {
				t.Errorf("again after %v s, %v wait for %v a second", got, waiting, share)
			}
			leave()
			group.Wait()
		})
	}
}

// TestDemand_IsWhatCameAndWhatWaits, with some room, and no more than all may have.
func TestDemand_IsWhatCameAndWhatWaits(t *testing.T) {
	t.Parallel()
	replica(t, Options{Read: 200, Replicas: 2}, func(t *testing.T, p *Pacer) {
		t.Helper()
		near := func(what string, want float64) {
			t.Helper()
			if got, write := p.Demand(); got < 0.9*want || got > 1.1*want || write != 0 {
				t.Errorf("%s: %v and %v, want %v and 0", what, got, write, want)
			}
		}
		near("nothing to do", 1)
		perform(t, p, 60, time.Second)
		near("60 a second", 60*headroom+1)
		p.Share(5, 0)
		perform(t, p, 60, 30*time.Millisecond)
		near("of 60 a second, most refused", 60*headroom+1)
		p.Share(100, 0)
		for range 10 {
			for range 60 {
				go func() { _ = within(p, time.Second, &Call{}) }()
			}
			time.Sleep(time.Second)
		}
		near("60 at a time, of which most wait", 60/(math.E-1)*headroom+25)
		p.Share(5, 0)
		time.Sleep(time.Minute)
		ctx, leave := context.WithCancel(t.Context())
		var group sync.WaitGroup
		for i := range 50 {
			group.Go(func() { _ = p.Wait(ctx, &Call{Peer: strconv.Itoa(i)}) })
		}
		synctest.Wait()
		near("49 wait", 49+headroom+1)
		for range 500 {
			group.Go(func() { _ = p.Wait(ctx, &Call{}) })
		}
		synctest.Wait()
		near("more than there is", 200)
		leave()
		group.Wait()
		time.Sleep(time.Minute)
		near("nothing again", 1)
	})
}

// TestWake_IsOnlyForWhatAShareWouldHelp: not if this replica has all, nor for a caller whom
// the upstream has stopped; and ten times a second at most.
func TestWake_IsOnlyForWhatAShareWouldHelp(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	asked := 0
	count := func() int {
		mu.Lock()
		defer mu.Unlock()
		n := asked
		asked = 0
		return n
	}
	wake := func() {
		mu.Lock()
		defer mu.Unlock()
		asked++
	}
	replica(t, Options{Read: 50, Replicas: 5, Wake: wake}, func(t *testing.T, p *Pacer) {
		t.Helper()
		p.Observe(&Call{Header: of("a")}, true, time.Second)
		_ = within(p, time.Second/2, &Call{Header: of("a")})
		if n := count(); n != 0 {
			t.Errorf("asked %d times for who is stopped", n)
		}
		_ = p.Wait(t.Context(), atOnce())
		for range 10 {
			_ = refusedFor(t, p.Wait(t.Context(), atOnce()))
		}
		if n := count(); n != 1 {
			t.Errorf("asked %d times for calls that are refused", n)
		}
		perform(t, p, 100, time.Second)
		if n := count(); n < 50 || n > 101 {
			t.Errorf("asked %d times in 10 s", n)
		}
		p.Observe(&Call{Header: of("a")}, true, 2*time.Second)
		p.Observe(&Call{Header: of("b")}, true, 2*time.Second)
		_ = within(p, time.Second, &Call{})
		if n := count(); n != 0 {
			t.Errorf("asked %d times while all are stopped", n)
		}
		time.Sleep(2 * time.Second)
		p.Share(50, 0)
		perform(t, p, 100, time.Second)
		if n := count(); n != 0 {
			t.Errorf("asked %d times with all there is", n)
		}
	})
}

// TestWake_IsNotForThoseThatComeTogether: they wait for one another on any share, but for no
// longer than shortWait.
func TestWake_IsNotForThoseThatComeTogether(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	replica(t, Options{Read: 100, Replicas: 2, Wake: func() { asked.Add(1) }}, func(t *testing.T, p *Pacer) {
		t.Helper()
		for n, want := range map[int]int64{2: 0, 3: 0, 4: 1} { // the last one waits for 20 ms, 40 ms, 60 ms
			asked.Store(0)
			var together sync.WaitGroup
			for range n {
				together.Go(func() {
					if err := within(p, time.Second, &Call{}); err != nil {
						t.Error(err)
					}
				})
			}
			together.Wait()
			if got := asked.Load(); got != want {
				t.Errorf("%d together: asked %d times", n, got)
			}
			time.Sleep(time.Second)
		}
	})
}

// TestWake_MayTellTheShareAtOnce: it is called with nothing held.
func TestWake_MayTellTheShareAtOnce(t *testing.T) {
	t.Parallel()
	var p *Pacer
	wake := func() { p.Share(p.Demand()) }
	replica(t, Options{Read: 50, Write: 50, Replicas: 5, Wake: wake}, func(t *testing.T, made *Pacer) {
		t.Helper()
		p = made
		p.Share(1, 1)
		if served := perform(t, p, 40, time.Second); served < 399 {
			t.Errorf("%d of 400 are served", served)
		}
	})
}

// TestRefusal_IsExactOnASmallShare: the turn is not there before its time, nor is
// a pause any shorter for what can be expected after it.
func TestRefusal_IsExactOnASmallShare(t *testing.T) {
	t.Parallel()
	replica(t, Options{Read: 100}, func(t *testing.T, p *Pacer) {
		t.Helper()
		p.Share(1, 0)
		if err := p.Wait(t.Context(), atOnce()); err != nil {
			t.Fatal(err)
		}
		if after := refusedFor(t, p.Wait(t.Context(), atOnce())); after != 10*time.Millisecond+cut {
			t.Errorf("again after %v", after)
		}
		time.Sleep(time.Second - 5*time.Nanosecond)
		if after := refusedFor(t, p.Wait(t.Context(), atOnce())); after != time.Nanosecond+cut {
			t.Errorf("again after %v", after)
		}
		time.Sleep(5 * time.Nanosecond)
		if err := p.Wait(t.Context(), atOnce()); err != nil {
			t.Error(err)
		}
		p.Observe(&Call{Header: of("a")}, true, 200*time.Millisecond)
		p.Observe(&Call{Header: of("b")}, true, 200*time.Millisecond)
		if after := refusedFor(t, p.Wait(t.Context(), atOnce())); after != 208*time.Millisecond+cut {
			t.Errorf("again after %v", after) // 0.8 of a turn are missing after the pause
		}
	})
}

// TestShare_HasItsBurst, no more than a two hundredth of itself.
func TestShare_HasItsBurst(t *testing.T) {
	t.Parallel()
	replica(t, Options{Read: 2000}, func(t *testing.T, p *Pacer) {
		t.Helper()
		for share, want := range map[float64]int{2000: 10, 1000: 5, 100: 1, 1: 1} {
			p.Share(share, 0)
			time.Sleep(time.Minute)
			n := 0
			for p.Wait(t.Context(), atOnce()) == nil {
				n++
			}
			if n != want {
				t.Errorf("%d at a time of %v a second", n, share)
			}
		}
	})
}
