package transport

import (
	"container/list"
	"sync"
)

// Waiters bounds the number of those that wait for a peer as long as they like: calls
// whose request is not whole, open streams. When there are too many, the one that has
// waited longest is ended, so that nobody can keep others out by waiting. It is safe
// for concurrent use.
type Waiters struct {
	limit int

	mu    sync.Mutex
	order *list.List // of func(), the longest waiting first
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
	added := w.order.PushBack(end)
	if w.order.Len() > w.limit {
		longest := w.order.Front()
		endLongest, _ := w.order.Remove(longest).(func())
		defer endLongest()
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
		end, _ := w.order.Remove(e).(func())
		end()
	}
}
