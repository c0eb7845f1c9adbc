package pacing

import (
	"container/list"
	"time"
)

// waiter is a call that waits for its turn.
type waiter struct {
	of     caller
	signIn bool
	latest time.Time     // for its turn
	parked time.Time     // until then its caller is stopped; zero: it is in the queue
	place  *list.Element // in its caller's line; nil: in none
	woken  chan struct{} // closed when it is served, or has to join anew
	served bool
}

// turns is a queue in which callers take turns, one call each. The zero value is empty.
type turns struct {
	ring   list.List // of *line, whose turn is next first
	lines  map[caller]*line
	length int
}

// line has the calls of one caller that wait; one at least.
type line struct {
	calls  list.List // of *waiter
	place  *list.Element
	began  time.Time // the first call's wait
	served int       // since then
}

func (t *turns) push(w *waiter, now time.Time) {
	l := t.lines[w.of]
	if l == nil {
		l = &line{began: now}
		l.place = t.ring.PushBack(l)
		if t.lines == nil {
			t.lines = map[caller]*line{}
		}
		t.lines[w.of] = l
	}
	w.place = l.calls.PushBack(w)
	t.length++
}

// pop takes out the call whose turn it is. There must be one.
func (t *turns) pop() *waiter {
	l, _ := t.ring.Front().Value.(*line)
	w, _ := l.calls.Front().Value.(*waiter)
	t.ring.MoveToBack(l.place)
	l.served++
	t.remove(w)
	return w
}

// remove takes out a call, and its caller with the last one.
func (t *turns) remove(w *waiter) {
	l := t.lines[w.of]
	l.calls.Remove(w.place)
	w.place = nil
	t.length--
	if l.calls.Len() == 0 {
		t.ring.Remove(l.place)
		delete(t.lines, w.of)
	}
}

// ahead is how many calls have their turn before one that the caller makes now. It looks
// at other callers one by one only for a caller who waits already.
func (t *turns) ahead(who caller) (n int) {
	own := t.lines[who]
	if own == nil {
		return t.ring.Len()
	}
	turn := own.calls.Len() + 1 // callers before it in the ring have as many, others one less
	for place := t.ring.Front(); place != nil; place = place.Next() {
		l, _ := place.Value.(*line)
		if l == own {
			turn--
		}
		n += min(l.calls.Len(), turn)
	}
	return n
}

// paceFrom is after how many turns a caller's pace tells when its next ones come.
const paceFrom = 16

// wait is how long a call that the caller makes now would wait at the pace at which its
// calls have had their turns: others come all the time, and go before those of a caller who
// waits with many. It is 0 where the pace is not known.
func (t *turns) wait(who caller, now time.Time) time.Duration {
	l := t.lines[who]
	if l == nil || l.served < paceFrom {
		return 0
	}
	return time.Duration(float64(now.Sub(l.began)) / float64(l.served) * float64(l.calls.Len()+1))
}

// rescale lets the pace be what it would have been at another rate.
func (t *turns) rescale(part float64, now time.Time) {
	for _, l := range t.lines {
		l.began = now.Add(-scaled(now.Sub(l.began), part))
	}
}

// of returns the calls of a caller that wait.
func (t *turns) of(who caller) (found []*waiter) {
	if l := t.lines[who]; l != nil {
		for place := l.calls.Front(); place != nil; place = place.Next() {
			w, _ := place.Value.(*waiter)
			found = append(found, w)
		}
	}
	return found
}

// all returns the calls that wait.
func (t *turns) all() (found []*waiter) {
	for who := range t.lines {
		found = append(found, t.of(who)...)
	}
	return found
}
