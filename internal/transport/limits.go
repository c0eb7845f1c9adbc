package transport

import (
	"container/list"
	"context"
	"strconv"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
)

// InFlight limits the calls in flight, over all protocols. A call over the limit is
// refused at once: one that waited would be late, and hold memory meanwhile. It is a
// channel that holds an element for each call.
type InFlight chan struct{}

// Acquire takes a place, to be given back by Release; it tells whether there was one.
func (f InFlight) Acquire() bool {
	select {
	case f <- struct{}{}:
		return true
	default:
		return false
	}
}

// Release gives a place back.
func (f InFlight) Release() { <-f }

// Full tells whether a call would be refused now.
func (f InFlight) Full() bool { return len(f) == cap(f) }

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

// StallTimeout is how long a peer may take none of a response that waits for it, or
// nothing at all, and Piece how much of it must be taken to count as progress. The
// response, or the connection, is ended then: what is not taken is memory that others
// wait for.
const (
	StallTimeout = 30 * time.Second
	Piece        = 64 << 10
)

// maxStreams is how many health watches and reflection streams may be open, and
// maxReflections how many may ask for the contract at a time, each of which makes some
// megabytes; see Waiters for what happens to more.
const (
	maxStreams     = 1024
	maxReflections = 8
)

// Streams bounds the open streams of health and reflection, over all ports.
type Streams struct {
	*Waiters
	// Reflections bounds the streams of reflection among them, and Reflecting those that
	// are served.
	Reflections *Waiters
	Reflecting  InFlight
}

func newStreams() *Streams {
	return &Streams{NewWaiters(maxStreams), NewWaiters(maxReflections), make(InFlight, maxReflections)}
}

// Serve calls the handler of a stream of a method, within the bounds of number. end ends
// the stream, and ctx with it, on a goroutine of another.
func (s *Streams) Serve(ctx context.Context, method string, end func(), handler func() error) error {
	defer s.Add(end)()
	if strings.HasPrefix(method, "/grpc.reflection.") {
		defer s.Reflections.Add(end)()
		select {
		case s.Reflecting <- struct{}{}: // when those that gave way have gone
			defer s.Reflecting.Release()
		case <-ctx.Done():
			return status.FromContextError(ctx.Err()).Err()
		}
	}
	return handler()
}

// MaxControlMessage bounds a message of health or reflection, which is a name. A watch
// keeps its own for as long as it lasts, and reflection looks for each part of a name by
// all of it: megabytes of them would take minutes, before any deadline is looked at.
const MaxControlMessage = 1 << 10

// ErrControlMessage refuses a larger one.
var ErrControlMessage = Refuse(codes.ResourceExhausted, usersv1.ErrorReason_ERROR_REASON_REQUEST_TOO_LARGE,
	"a message of health or reflection is larger than "+strconv.Itoa(MaxControlMessage)+" bytes")
