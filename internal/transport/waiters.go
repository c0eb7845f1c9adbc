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

	limit int

	mu    sync.Mutex
	order *list.List // of waiter, the longest waiting first
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
	for w.order.Len() > w.limit {
		longest, _ := w.order.Front().Value.(waiter)
		if now.Sub(longest.since) < w.Grace {
			break
		}
		w.order.Remove(w.order.Front())
		defer longest.end()
	}
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.order.Remove(added) // does nothing where it is not in any more
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
	for e := w.order.Front(); e != nil; e = w.order.Front() {
		ended, _ := w.order.Remove(e).(waiter)
		ended.end()
	}
}
