// Package membudget bounds the memory that request and response bodies of all
// calls take together. It knows nothing of what a body is: transport and upstream
// both charge their calls' leases.
package membudget

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/semaphore"
)

// Free is the size up to which a body is not charged, in bytes. The limit on calls
// in flight bounds the sum of such bodies.
const Free = 64 << 10

// ErrExhausted says that the budget had no room for a body before the call's
// deadline.
var ErrExhausted = errors.New("the memory for request and response bodies is exhausted")

// Budget is a number of bytes that leases share. It is safe for concurrent use.
type Budget struct {
	size int64
	free *semaphore.Weighted
	used atomic.Int64
}

// New makes a budget of a number of bytes.
func New(size int64) *Budget {
	return &Budget{size: size, free: semaphore.NewWeighted(size)}
}

// Size is how many bytes the budget has.
func (b *Budget) Size() int64 { return b.size }

// Used is how many bytes are charged at the moment.
func (b *Budget) Used() int64 { return b.used.Load() }

// Lease makes an empty lease for one call.
func (b *Budget) Lease() *Lease { return &Lease{budget: b} }

// Lease is what one call is charged. Its zero value and nil are of no budget, and
// never wait.
type Lease struct {
	budget *Budget

	mu       sync.Mutex
	held     int64
	released bool
}

// Grow charges n bytes more, waiting for them until ctx ends. No more than the
// whole budget is charged, so that one body that is larger than it can still pass,
// alone. The error is ErrExhausted.
func (l *Lease) Grow(ctx context.Context, n int64) error {
	if l == nil || l.budget == nil || n <= 0 {
		return nil
	}
	l.mu.Lock()
	n = min(n, l.budget.size-l.held)
	l.mu.Unlock()
	if err := l.budget.free.Acquire(ctx, n); err != nil {
		return ErrExhausted
	}
	l.budget.used.Add(n)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.released {
		l.budget.giveBack(n)
		return ErrExhausted
	}
	l.held += n
	return nil
}

// Shrink gives n bytes back, or what is held if that is less.
func (l *Lease) Shrink(n int64) {
	if l == nil || l.budget == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	n = min(max(n, 0), l.held)
	l.held -= n
	l.budget.giveBack(n)
}

// Held is how many bytes the lease is charged.
func (l *Lease) Held() int64 {
	if l == nil {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.held
}

// Release gives everything back. Nothing can be charged afterwards.
func (l *Lease) Release() {
	if l == nil || l.budget == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.budget.giveBack(l.held)
	l.held, l.released = 0, true
}

func (b *Budget) giveBack(n int64) {
	b.used.Add(-n)
	b.free.Release(n)
}
