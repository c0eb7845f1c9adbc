package pacing

import (
	"net/http"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestLimited_StopsTheCaller shows that one caller's responses of too many calls stop that
// caller, in that class, and nobody else.
func TestLimited_StopsTheCaller(t *testing.T) {
	paced(t, 1000, 1000, func(t *testing.T, p *Pacer) {
		t.Helper()
		a := &Call{Header: of("a")}
		for range 100 {
			p.Observe(a, true, 3*time.Second)
		}
		time.Sleep(time.Second)
		if after := refusedFor(t, within(p, 2*time.Second, a)); after != 2*time.Second+cut {
			t.Errorf("after %v", after)
		}
		p.Observe(&Call{Peer: "p"}, true, 3*time.Second) // which may have others behind it
		for _, other := range []*Call{{Header: of("b")}, {Peer: "p"}, {Header: of("a"), Write: true}} {
			if err := within(p, time.Microsecond, other); err != nil {
				t.Error(err)
			}
		}
		began := time.Now()
		if err := within(p, 3*time.Second, a); err != nil || time.Since(began) != 2*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// TestLimited_StopsWhoWaits: calls that wait already are refused at once, or wait longer.
func TestLimited_StopsWhoWaits(t *testing.T) {
	paced(t, 1, 0, func(t *testing.T, p *Pacer) {
		t.Helper()
		began, a := time.Now(), &Call{Header: of("a")}
		short, long := make(chan error, 1), make(chan error, 1)
		go func() { short <- within(p, 5*time.Second, a) }()
		go func() { long <- within(p, 30*time.Second, a) }()
		synctest.Wait()
		p.Observe(a, true, 10*time.Second)
		if after := refusedFor(t, <-short); !time.Now().Equal(began) || after != 10*time.Second+cut {
			t.Errorf("refused for %v after %v", after, time.Since(began))
		}
		synctest.Wait()
		if p.read.waiting() != 1 {
			t.Errorf("%d wait", p.read.waiting())
		}
		if err := <-long; err != nil || time.Since(began) != 10*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// TestLimited_OfSeveralCallersStopsAll shows when a class is stopped, and for how long.
func TestLimited_OfSeveralCallersStopsAll(t *testing.T) {
	t.Parallel()
	a, b := &Call{Header: of("a")}, &Call{Header: of("b")}
	signIn := &Call{SignIn: true, Header: of("s")}
	for name, c := range map[string]struct {
		observe func(*Pacer)
		stopped time.Duration
	}{
		"two":                {func(p *Pacer) { p.Observe(a, true, 2*time.Second); p.Observe(b, true, 3*time.Second) }, 2 * time.Second},
		"a long time":        {func(p *Pacer) { p.Observe(a, true, time.Hour); p.Observe(b, true, time.Hour) }, maxClassStop},
		"one":                {func(p *Pacer) { p.Observe(a, true, time.Hour); p.Observe(a, true, time.Hour) }, 0},
		"another in between": {func(p *Pacer) { p.Observe(a, true, time.Hour); p.Observe(b, false, 0); p.Observe(b, true, time.Hour) }, 0},
		"without a time":     {func(p *Pacer) { p.Observe(a, true, 0); p.Observe(b, true, 0) }, 0},
		"sign-ins":           {func(p *Pacer) { p.Observe(signIn, true, time.Hour); p.Observe(a, true, time.Hour) }, 0},
		"no credentials":     {func(p *Pacer) { p.Observe(&Call{Peer: "p"}, true, time.Hour); p.Observe(a, true, time.Hour) }, 0},
		"of another class": {func(p *Pacer) {
			p.Observe(&Call{Write: true, Header: of("d")}, true, time.Hour)
			p.Observe(b, true, time.Hour)
		}, 0},
		"the first has passed": {func(p *Pacer) {
			p.Observe(a, true, time.Second)
			time.Sleep(time.Second)
			p.Observe(b, true, time.Hour)
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			paced(t, 1000, 1000, func(t *testing.T, p *Pacer) {
				t.Helper()
				c.observe(p)
				time.Sleep(time.Millisecond)
				began := time.Now()
				want := max(0, c.stopped-time.Millisecond)
				if err := within(p, time.Microsecond, &Call{Header: of("c")}); (err == nil) != (want == 0) || err != nil && refusedFor(t, err) != want+cut {
					t.Errorf("%v, want a stop of %v", err, want)
				}
				time.Sleep(time.Millisecond)
				if err := within(p, time.Minute, &Call{Header: of("d")}); err != nil || want > 0 && time.Since(began) != want {
					t.Errorf("%v after %v", err, time.Since(began))
				}
			})
		})
	}
}

// TestPause_LetsNobodyWaitInVain: at a stop of the class, whose deadline is earlier is
// refused at once; the others go on in their order, at the rate.
func TestPause_LetsNobodyWaitInVain(t *testing.T) {
	paced(t, 10, 0, func(t *testing.T, p *Pacer) {
		t.Helper()
		began, short := time.Now(), make(chan error, 1)
		go func() { short <- within(p, time.Second, &Call{}) }()
		var o order
		o.start(t, p, 2, "c", Call{Header: of("c")})
		o.start(t, p, 2, "d", Call{Header: of("d")})
		p.Observe(&Call{Header: of("a")}, true, 4*time.Second)
		p.Observe(&Call{Header: of("b")}, true, 4*time.Second)
		if after := refusedFor(t, <-short); !time.Now().Equal(began) || after != 4200*time.Millisecond+cut {
			t.Errorf("refused for %v after %v", after, time.Since(began))
		}
		if got := o.String(); got != "cdcd" || time.Since(began) != 4300*time.Millisecond {
			t.Errorf("%s after %v", got, time.Since(began))
		}
	})
}

// TestStops_AreBounded: callers who are told to wait are remembered in a bounded number,
// for as long as they wait.
func TestStops_AreBounded(t *testing.T) {
	paced(t, 1e6, 0, func(t *testing.T, p *Pacer) {
		t.Helper()
		for i := range 3 * maxStops {
			p.Observe(&Call{Header: of(strconv.Itoa(i))}, true, 10*time.Hour)
		}
		if n := len(p.read.stops); n != maxStops {
			t.Errorf("%d are remembered", n)
		}
		time.Sleep(maxCallerStop)
		p.Observe(&Call{Header: of("a")}, true, time.Second)
		if n := len(p.read.stops); n != 1 {
			t.Errorf("%d are remembered", n)
		}
	})
}

// TestHostile makes calls, departures and responses at random times: nothing is left of
// them, no call outlasts its deadline, and the rate holds.
func TestHostile(t *testing.T) {
	paced(t, 500, 0, func(t *testing.T, p *Pacer) {
		t.Helper()
		var group sync.WaitGroup
		var mu sync.Mutex
		served := 0
		began := time.Now()
		for i := range 5000 {
			group.Go(func() {
				time.Sleep(time.Duration(i*7919%10_000) * time.Millisecond)
				began, deadline := time.Now(), time.Duration(i*104_729%5000)*time.Millisecond
				call := &Call{SignIn: i%11 == 0, Background: i%13 == 0, Header: http.Header{"Authorization": {strconv.Itoa(i * i % 97)}}}
				err := within(p, deadline, call)
				if waited := time.Since(began); waited > deadline {
					t.Errorf("waited %v of %v", waited, deadline)
				}
				if err != nil {
					return
				}
				p.Observe(call, i%17 == 0, time.Duration(i%9)*time.Second)
				mu.Lock()
				defer mu.Unlock()
				served++
			})
		}
		group.Wait()
		if most := int(time.Since(began).Seconds()*500) + 3; served > most || served == 0 {
			t.Errorf("%d served, at most %d could be", served, most)
		}
	})
}
