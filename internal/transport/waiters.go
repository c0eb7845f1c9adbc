package transport

import (
	"container/list"
	"sync"
	"time"
)

// Waiters bounds the number of those that wait for a peer as long as they like: calls
// whose request is not whole, open streams. When there are too many, the one that has
// waited longest is ended, so that nobody can keep others out by waiting. It is safe
// for concurrent use.
type Waiters struct {
	// Grace is how long one may wait before it gives way, however many there are: a flood
	// of others must not end what has hardly begun.
	Grace time.Duration
	// Timeout is how long one may wait before it is ended, however few there are; 0 is for
	// ever. There is one timer for all: one for each would be a notable part of a call.
	Timeout time.Duration

	limit int

	mu    sync.Mutex
	order *list.List // of waiter, the longest waiting first
	timed bool       // the timer is running
}

type waiter struct {
	since time.Time
	end   func()
}

// NewWaiters makes a bound.
func NewWaiters(limit int) *Waiters {
	return &Waiters{limit: limit, order: list.New()}
}

// Add takes in one more. end is called, on a goroutine of another, if it must give
// way; it must not block. What is returned takes it out again.
func (w *Waiters) Add(end func()) (done func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	added := w.order.PushBack(waiter{now, end})
	w.endLongest(now, w.Grace, w.order.Len()-w.limit)
	if w.Timeout > 0 && !w.timed {
		w.timed = true
		time.AfterFunc(w.Timeout, w.expire)
	}
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.order.Remove(added) // does nothing where it is not in any more
	}
}

// expire ends those whose time is over, and comes back for the next.
func (w *Waiters) expire() {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	w.endLongest(now, w.Timeout, w.order.Len())
	longest := w.order.Front()
	if w.timed = longest != nil; w.timed {
		time.AfterFunc(longest.Value.(waiter).since.Add(w.Timeout).Sub(now), w.expire) //nolint:forcetypeassert // nothing else is in it
	}
}

// endLongest ends up to n of those that have waited for so long, under mu.
func (w *Waiters) endLongest(now time.Time, after time.Duration, n int) {
	for e := w.order.Front(); e != nil && n > 0; e, n = w.order.Front(), n-1 {
		longest, _ := e.Value.(waiter)
		if now.Sub(longest.since) < after {
			return
		}
		w.order.Remove(e)
		longest.end()
	}
}

// Len is how many wait.
func (w *Waiters) Len() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.order.Len()
}

// EndAll ends all that wait.
func (w *Waiters) EndAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.endLongest(time.Now(), 0, w.order.Len())
}
