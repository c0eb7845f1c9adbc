package pacing

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// paced runs a test in virtual time, with a pacer whose first turns are gone.
func paced(t *testing.T, read, write float64, test func(*testing.T, *Pacer)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := fresh(t, read, write)
		for _, c := range []*class{p.read, p.write} {
			if c != nil {
				c.limiter.AllowN(time.Now(), c.limiter.Burst())
			}
		}
		test(t, p)
		synctest.Wait()
		p.checkEmpty(t)
	})
}

func fresh(t *testing.T, read, write float64) *Pacer {
	t.Helper()
	p, err := New(Options{Read: read, Write: write, Meter: metricnoop.NewMeterProvider()})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// checkEmpty shows that calls that are over leave nothing.
func (p *Pacer) checkEmpty(t *testing.T) {
	t.Helper()
	for _, c := range []*class{p.read, p.write} {
		if c != nil && (c.waiting() != 0 || c.reserved != nil || len(c.signIns.lines)+len(c.others.lines) != 0 ||
			c.signIns.ring.Len()+c.others.ring.Len() != 0) {
			t.Errorf("%s: calls are left: %+v", c.name, c)
		}
	}
}

func of(name string) http.Header { return http.Header{"Authorization": {name}} }

// within waits for a turn for so long at most.
func within(p *Pacer, d time.Duration, call *Call) error {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	return p.Wait(ctx, call)
}

// refusedFor is the time that a refusal names.
func refusedFor(t *testing.T, err error) time.Duration {
	t.Helper()
	refused, ok := errors.AsType[*RefusedError](err)
	if !ok {
		t.Fatalf("not refused: %v", err)
	}
	return refused.After
}

// order notes who was served after whom.
type order struct {
	mu    sync.Mutex
	names []string
	group sync.WaitGroup
}

// start makes calls, which wait when it returns.
func (o *order) start(t *testing.T, p *Pacer, n int, name string, call Call) {
	t.Helper()
	for range n {
		o.group.Go(func() {
			if err := within(p, time.Hour, &call); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			o.mu.Lock()
			defer o.mu.Unlock()
			o.names = append(o.names, name)
		})
		synctest.Wait()
	}
}

func (o *order) String() string {
	o.group.Wait()
	return strings.Join(o.names, "")
}

func TestWait_IsAtOnceBelowTheRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, began := fresh(t, 200, 0), time.Now()
		for i := range 400 {
			for range 10 {
				if err := within(p, time.Second, &Call{Write: true}); err != nil {
					t.Fatal(err)
				}
			}
			if err := within(p, time.Second, &Call{}); err != nil || time.Since(began) != time.Duration(i)*5*time.Millisecond {
				t.Fatalf("%d: %v after %v", i, err, time.Since(began))
			}
			time.Sleep(5 * time.Millisecond)
		}
		p.checkEmpty(t)
	})
}

// TestWait_KeepsTheRate shows that none of many calls is lost or early.
func TestWait_KeepsTheRate(t *testing.T) {
	t.Parallel()
	for perSecond, calls := range map[float64]int{0.5: 500, 7: 500, 100: 1000, 200: 10_000, 300: 1000, 12345: 1000} {
		t.Run(fmt.Sprint(perSecond), func(t *testing.T) {
			paced(t, perSecond, 0, func(t *testing.T, p *Pacer) {
				t.Helper()
				var group sync.WaitGroup
				began := time.Now()
				for i := range calls {
					group.Go(func() {
						if err := p.Wait(t.Context(), &Call{Peer: strconv.Itoa(i % 37)}); err != nil {
							t.Error(err)
						}
					})
				}
				group.Wait()
				took, want := time.Since(began).Seconds(), float64(calls)/perSecond
				if took < want*0.9999 || took > want*1.0001+0.001 {
					t.Errorf("took %v s, want %v", took, want)
				}
			})
		})
	}
}

func TestWait_IsInTurnOverCallers(t *testing.T) {
	paced(t, 10, 0, func(t *testing.T, p *Pacer) {
		t.Helper()
		var o order
		o.start(t, p, 5, "a", Call{Header: of("a")})
		o.start(t, p, 2, "b", Call{Header: http.Header{"Cookie": {"b"}}})
		o.start(t, p, 1, "c", Call{Peer: "c"})
		o.start(t, p, 1, "a", Call{Header: of("a"), Peer: "x"})
		o.start(t, p, 1, "b", Call{Header: http.Header{"Cookie": {"b"}}, Peer: "y"})
		if got := o.String(); got != "abcababaaa" {
			t.Error(got)
		}
	})
}

func TestWait_SignInsGoFirstButKeepNobodyOut(t *testing.T) {
	paced(t, 0, 10, func(t *testing.T, p *Pacer) {
		t.Helper()
		var o order
		o.start(t, p, 3, "w", Call{Write: true})
		o.start(t, p, 8, "S", Call{Write: true, SignIn: true})
		if after := refusedFor(t, within(p, time.Millisecond, &Call{Write: true, SignIn: true})); after != 1100*time.Millisecond+cut {
			t.Errorf("a ninth would come after %v", after) // and after two of the others
		}
		if got := o.String(); got != "SSSwSSSwSSw" {
			t.Error(got)
		}
	})
}

// atOnce is a call that has its turn at once or is refused.
func atOnce() *Call { return &Call{Background: true, Deadline: time.Now().Add(margin)} }

func TestWait_GivesTheBackgroundWhatIsLeft(t *testing.T) {
	paced(t, 5, 0, func(t *testing.T, p *Pacer) {
		t.Helper()
		background := &Call{Background: true, Header: of("a")}
		if after := refusedFor(t, p.Wait(t.Context(), background)); after != 200*time.Millisecond+cut {
			t.Errorf("without a token: after %v", after)
		}
		time.Sleep(120 * time.Millisecond)
		began := time.Now()
		if err := p.Wait(t.Context(), background); err != nil || time.Since(began) != 80*time.Millisecond {
			t.Errorf("shortly before there is one: %v after %v", err, time.Since(began))
		}
		time.Sleep(time.Second)
		if err := p.Wait(t.Context(), background); err != nil {
			t.Error(err)
		}
		var o order
		o.start(t, p, 3, "x", Call{})
		if after := refusedFor(t, p.Wait(t.Context(), background)); after != 400*time.Millisecond+cut {
			t.Errorf("after %v", after) // a caller of its own: after the first of the other's
		}
		_ = o.String()
	})
}

// TestFairness: one caller makes twenty times its share of calls, nine make ten a second.
func TestFairness(t *testing.T) {
	paced(t, 200, 0, func(t *testing.T, p *Pacer) {
		t.Helper()
		const share, seconds = 20, 30
		var group sync.WaitGroup
		var mu sync.Mutex
		var longest time.Duration
		var served, late int
		call := func(name string, mustPass bool) {
			group.Go(func() {
				began := time.Now()
				err := within(p, 5*time.Second, &Call{Header: of(name)})
				mu.Lock()
				defer mu.Unlock()
				if waited := time.Since(began); mustPass && err != nil {
					t.Errorf("%s: %v", name, err)
				} else if mustPass {
					longest = max(longest, waited)
				} else if err == nil {
					served++
				} else if _ = refusedFor(t, err); waited > 0 {
					late++
				}
			})
		}
		for ms := range seconds * 1000 {
			if ms*20*share/1000 != (ms+1)*20*share/1000 {
				call("greedy", false)
			}
			if ms%100 == 0 {
				for i := range 9 {
					call(string(rune('a'+i)), true)
				}
			}
			time.Sleep(time.Millisecond)
		}
		group.Wait()
		if longest > 100*time.Millisecond {
			t.Errorf("one waited %v", longest)
		}
		// Nobody knows who else will come, until some have.
		if late > served/20 {
			t.Errorf("%d calls of the greedy one waited in vain, %d were served", late, served)
		}
		if least := (200 - 9*10) * seconds; served < least {
			t.Errorf("%d calls of the greedy one are served, %d could be", served, least)
		}
	})
}

// TestRefusal_IsAtOnceAndExact: who comes again when told to, and is alone then, has the
// turn; who comes any earlier has not.
func TestRefusal_IsAtOnceAndExact(t *testing.T) {
	t.Parallel()
	for _, perSecond := range []float64{0.7, 30, 200, 333} {
		for _, waiting := range []int{0, 1, 2, 7, 60} {
			t.Run(fmt.Sprint(perSecond, "/", waiting), func(t *testing.T) {
				paced(t, 0, perSecond, func(t *testing.T, p *Pacer) {
					t.Helper()
					ctx, leave := context.WithCancel(t.Context())
					defer leave()
					var group sync.WaitGroup
					for i := range waiting {
						group.Go(func() {
							call := &Call{Write: true, SignIn: i%3 == 0, Header: of(strconv.Itoa(i % 4))}
							if err := p.Wait(ctx, call); err != nil {
								t.Error(err)
							}
						})
						synctest.Wait()
					}
					for _, call := range []*Call{
						{Write: true, Header: of("1")}, {Write: true, Header: of("new")}, {Write: true, SignIn: true, Header: of("0")},
					} {
						began := time.Now()
						if after := refusedFor(t, within(p, time.Microsecond, call)); after <= 0 || !time.Now().Equal(began) {
							t.Errorf("refused for %v after %v", after, time.Since(began))
						}
					}
					call := &Call{Write: true, Header: of("1")}
					after := refusedFor(t, within(p, time.Microsecond, call))
					time.Sleep(after - 10*time.Nanosecond)
					if err := within(p, time.Microsecond, call); err == nil {
						t.Error("had a turn too early")
					}
					time.Sleep(10 * time.Nanosecond)
					synctest.Wait()
					if err := within(p, time.Microsecond, call); err != nil {
						t.Error(err)
					}
					group.Wait()
				})
			})
		}
	}
}

// TestRefusal_LeavesTimeForTheUpstream: who had a turn just before the deadline would be late.
func TestRefusal_LeavesTimeForTheUpstream(t *testing.T) {
	paced(t, 1, 0, func(t *testing.T, p *Pacer) {
		t.Helper()
		if err := within(p, time.Hour, &Call{Takes: time.Minute}); err != nil {
			t.Fatal(err) // its turn has come: nothing is known better
		}
		began := time.Now()
		if after := refusedFor(t, within(p, 1500*time.Millisecond, &Call{Takes: 600 * time.Millisecond})); after != time.Second+cut || time.Since(began) != 0 {
			t.Errorf("again after %v, refused after %v", after, time.Since(began))
		}
		if after := refusedFor(t, within(p, 2500*time.Millisecond, &Call{Takes: time.Minute})); after != time.Second+cut || time.Since(began) != 0 {
			t.Errorf("again after %v, refused after %v", after, time.Since(began))
		}
		time.Sleep(time.Second)
		if err := within(p, 2500*time.Millisecond, &Call{Takes: time.Minute}); err != nil {
			t.Errorf("%v: it may be faster, and nobody waits", err)
		}
	})
}

// TestRefusal_IsByWhoWaits: a call that goes on for longer than anybody waits for it is
// refused by the deadline of whoever does, while it waits as well.
func TestRefusal_IsByWhoWaits(t *testing.T) {
	paced(t, 1, 0, func(t *testing.T, p *Pacer) {
		t.Helper()
		if err := within(p, time.Hour, &Call{}); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if after := refusedFor(t, within(p, time.Hour, &Call{Deadline: began.Add(500 * time.Millisecond)})); after != time.Second+cut || time.Since(began) != 0 {
			t.Errorf("again after %v, refused after %v", after, time.Since(began))
		}
		if err := within(p, time.Hour, &Call{Deadline: began.Add(1100 * time.Millisecond)}); err != nil || time.Since(began) != time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// TestRefusal_IsNeverBeforeNow: where a turn comes in more years than there are numbers for.
func TestRefusal_IsNeverBeforeNow(t *testing.T) {
	t.Parallel()
	for _, perSecond := range []float64{1e-300, 1e-9, 0.001, 1e9} {
		t.Run(fmt.Sprint(perSecond), func(t *testing.T) {
			paced(t, perSecond, 0, func(t *testing.T, p *Pacer) {
				t.Helper()
				if after := refusedFor(t, p.Wait(t.Context(), atOnce())); after <= 0 {
					t.Errorf("again after %v", after)
				}
			})
		})
	}
}

// TestEstimate_IsWhenTheTurnComes: if nobody else comes, a call waits as long as a refusal
// of it would have said.
func TestEstimate_IsWhenTheTurnComes(t *testing.T) {
	paced(t, 0, 10, func(t *testing.T, p *Pacer) {
		t.Helper()
		var group sync.WaitGroup
		rounds := [][3]int{{3, 0, 1}, {5, 2, 0}, {0, 4, 9}, {1, 1, 1}, {7, 0, 7}, {2, 8, 0}}
		for _, counts := range rounds {
			for who, n := range counts {
				for i := range n {
					group.Go(func() {
						_ = p.Wait(t.Context(), &Call{Write: true, SignIn: (i+who)%3 == 0, Header: of(strconv.Itoa(who))})
					})
					synctest.Wait()
				}
			}
			for who := range 4 {
				call := &Call{Write: true, SignIn: who == 2, Header: of(strconv.Itoa(who))}
				want := refusedFor(t, within(p, time.Microsecond, call))
				began := time.Now()
				if err := within(p, time.Hour, call); err != nil {
					t.Error(err)
				}
				if took := time.Since(began); (took - want).Abs() > 10 {
					t.Errorf("%v, caller %d: waited %v, would have been refused for %v", counts, who, took, want)
				}
			}
		}
		group.Wait()
	})
}

func TestRefusal_WhileItWaits(t *testing.T) {
	paced(t, 0, 1, func(t *testing.T, p *Pacer) {
		t.Helper()
		began, got := time.Now(), make(chan error)
		go func() { got <- within(p, 2500*time.Millisecond, &Call{Write: true}) }()
		synctest.Wait()
		var o order
		o.start(t, p, 5, "S", Call{Write: true, SignIn: true})
		after := refusedFor(t, <-got)
		if waited := time.Since(began); waited != 2500*time.Millisecond-margin || after != 4*time.Second-waited+cut {
			t.Errorf("refused for %v after %v", after, waited)
		}
		_ = o.String()
	})
}

func TestLeaving_LeavesNothing(t *testing.T) {
	paced(t, 0, 10, func(t *testing.T, p *Pacer) {
		t.Helper()
		for _, stay := range []int{0, 1} {
			began := time.Now()
			ctx, leave := context.WithCancel(t.Context())
			var leaving, staying sync.WaitGroup
			for i := range 300 {
				leaving.Go(func() {
					if err := p.Wait(ctx, &Call{Write: true, SignIn: i%3 == 0, Header: of(strconv.Itoa(i % 7))}); !errors.Is(err, context.Canceled) {
						t.Error(err)
					}
				})
			}
			synctest.Wait()
			for range stay {
				staying.Go(func() {
					if err := p.Wait(t.Context(), &Call{Write: true, Header: of("0")}); err != nil {
						t.Error(err)
					}
				})
			}
			synctest.Wait()
			time.Sleep(50 * time.Millisecond)
			leave()
			leaving.Wait()
			staying.Wait()
			if took := time.Since(began); took != time.Duration(50+50*stay)*time.Millisecond {
				t.Errorf("took %v", took)
			}
			if stay == 0 { // the turn that was reserved is free again
				time.Sleep(50 * time.Millisecond)
				if err := within(p, time.Microsecond, &Call{Write: true}); err != nil {
					t.Error(err)
				}
			}
		}
	})
}

// TestNetwork_OfIPv6IsOneCaller: it has more addresses than there are turns.
func TestNetwork_OfIPv6IsOneCaller(t *testing.T) {
	t.Parallel()
	p, err := New(Options{Meter: metricnoop.NewMeterProvider()})
	if err != nil {
		t.Fatal(err)
	}
	who := func(host string) caller { return p.callerOf(&Call{Peer: host}) }
	if who("2001:db8::1") != who("2001:db8::ffff:2") || who("fe80::1%eth0") != who("fe80::2") {
		t.Error("two addresses of a network are two callers")
	}
	if who("2001:db8::1") == who("2001:db8:0:1::1") || who("192.0.2.1") == who("192.0.2.2") || who("::ffff:192.0.2.1") == who("::ffff:192.0.2.2") {
		t.Error("two networks are one caller")
	}
}

// TestCallers_AreToldApartWithoutTheirCredentials: by credential before host, and by
// nothing that is kept of it.
func TestCallers_AreToldApartWithoutTheirCredentials(t *testing.T) {
	t.Parallel()
	p, other := fresh(t, 1, 1), fresh(t, 1, 1)
	calls := map[string]*Call{
		"authorization": {Header: http.Header{"Authorization": {"secret"}, "Cookie": {"x"}}, Peer: "h"},
		"cookie":        {Header: http.Header{"Cookie": {"secret"}}, Peer: "h"},
		"cookies":       {Header: http.Header{"Cookie": {"sec", "ret"}}, Peer: "h"},
		"cookies, else": {Header: http.Header{"Cookie": {"secr", "et"}}, Peer: "h"},
		"host":          {Header: http.Header{"Accept-Language": {"x"}}, Peer: "secret"},
		"no host":       {},
	}
	seen := map[caller]string{}
	for name, call := range calls {
		who := p.callerOf(call)
		if before, known := seen[who]; known {
			t.Errorf("%s is taken for %s", name, before)
		}
		seen[who] = name
		if who == other.callerOf(call) {
			t.Errorf("%s is the same in another process", name)
		}
	}
	same := &Call{Write: true, SignIn: true, Background: true, Header: http.Header{"Authorization": {"secret"}, "Cookie": {"y"}}, Peer: "i"}
	if seen[p.callerOf(same)] != "authorization" {
		t.Error("one credential is two callers")
	}
}

func TestNew_RefusesNonsense(t *testing.T) {
	t.Parallel()
	for _, wrong := range []float64{-1, math.NaN(), math.Inf(1)} {
		for _, o := range []Options{{Read: wrong}, {Write: wrong}} {
			o.Meter = metricnoop.NewMeterProvider()
			if _, err := New(o); err == nil {
				t.Errorf("made of %v", o)
			}
		}
	}
}

// TestWait_HasNoBurst: after a pause, a second has no more calls than any other.
func TestWait_HasNoBurst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := fresh(t, 200, 0)
		time.Sleep(time.Minute)
		began := time.Now()
		for range 201 {
			if err := within(p, time.Second, &Call{}); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took < time.Second {
			t.Errorf("201 calls in %v", took)
		}
	})
}
