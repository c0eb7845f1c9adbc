package connpool

import (
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// lateReader is a connection whose reader gets what has come only after a while, as on a
// machine that is busy.
type lateReader struct {
	net.Conn
	late time.Duration
}

func (l *lateReader) Read(b []byte) (int, error) {
	n, err := l.Conn.Read(b)
	if n > 0 {
		time.Sleep(l.late)
	}
	return n, err
}

// TestRest_ListensForMore shows when a connection is ready after a call: when nothing
// has come for the whole rest, seen by whoever reads, and never when anything has.
func TestRest_ListensForMore(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		comes time.Duration // when a byte comes; 0 is never
		late  time.Duration // how much later it is read
		at    map[time.Duration]int32
	}{
		"nothing comes":           {at: map[time.Duration]int32{http1Rest: resting, http1Rest + secondLook: ready, time.Minute: ready}},
		"more comes at once":      {comes: 1, at: map[time.Duration]int32{1: spoiled, time.Minute: spoiled}},
		"more comes at the end":   {comes: http1Rest - 1, at: map[time.Duration]int32{http1Rest: spoiled, time.Minute: spoiled}},
		"more comes as it ends":   {comes: http1Rest, at: map[time.Duration]int32{http1Rest + secondLook: spoiled}},
		"more is read late":       {comes: 1, late: time.Second, at: map[time.Duration]int32{time.Second / 2: resting, time.Second + 1: spoiled}},
		"the last is read late":   {comes: http1Rest, late: time.Second, at: map[time.Duration]int32{time.Second / 2: resting, 2 * time.Second: spoiled}},
		"it comes after the rest": {comes: time.Second, at: map[time.Duration]int32{time.Second: ready}}, // net/http's to notice
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ours, theirs := net.Pipe()
				s := &socket{Conn: &lateReader{ours, c.late}, rested: func() {}}
				s.rest(http1Rest)
				began := time.Now()
				go func() { _, _ = io.Copy(io.Discard, s) }()
				if c.comes > 0 {
					go func() {
						time.Sleep(c.comes)
						_, _ = theirs.Write([]byte{0})
					}()
				}
				for _, after := range []time.Duration{1, http1Rest, http1Rest + secondLook, time.Second / 2, time.Second, time.Second + 1, 2 * time.Second, time.Minute} {
					time.Sleep(time.Until(began.Add(after)))
					synctest.Wait()
					if want, ok := c.at[after]; ok && s.state.Load() != want {
						t.Errorf("after %s its state is %d, want %d", after, s.state.Load(), want)
					}
				}
				_ = errors.Join(ours.Close(), theirs.Close())
			})
		})
	}
}

// TestRest_DecidesWhoServes shows that a connection that rests serves nobody until it is
// ready, and one on which more came nobody ever, though net/http knows of nothing.
func TestRest_DecidesWhoServes(t *testing.T) {
	t.Parallel()
	p := serving(t, false, Options{})
	first := take(t, p)
	roundTrip(t, p, first)
	p.mu.Lock()
	first.state.Store(resting)
	_ = first.SetReadDeadline(time.Time{}) // it rests for good
	if got := p.pick(time.Time{}); got != nil {
		t.Error("a call gets a connection that rests")
	}
	first.state.Store(spoiled)
	if got := p.pick(time.Time{}); got != nil || len(p.all) != 0 {
		t.Errorf("a call gets %v of %d connections", got, len(p.all))
	}
	p.mu.Unlock()
	again := take(t, p)
	told := make(chan struct{})
	again.rested = func() {
		close(told)
		p.serveRested()
	}
	roundTrip(t, p, again)
	same := take(t, p) // waits for it to be ready
	defer p.Unused(same)
	select {
	case <-told:
	case <-time.After(generous):
		t.Error("it does not tell that it is ready")
	}
	if same != again {
		t.Error("a connection that has rested does not serve again")
	}
}
