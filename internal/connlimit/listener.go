// Package connlimit bounds the connections of a port so that idle ones cannot shut
// it: when the port is full, a connection that has been without a call for a second
// gives way to a new one, the longest idle first. A connection with a call, or with
// part of a request, never does; where none may go, the new one waits.
//
// The server says what a connection does: net/http by Listener.ConnState, grpc-go
// by Listener.Lookup, Conn.CallBegan and Conn.CallEnded from a stats.Handler. The
// package knows no protocol. A connection passes listener.go, with TLS tls.go, then conn.go and partial.go; ports.go
// counts them, files_*.go say how many the system allows.
package connlimit

import (
	"container/heap"
	"net"
	"sync"
	"time"
)

// Grace is how long a connection may be without a call before it gives way. A
// client that has just connected, or sends one call after another, is not idle.
const Grace = time.Second

// Options say what a Listener takes.
type Options struct {
	// Max is how many connections may be open, at least 1. One more is accepted
	// when the port is full, and waits.
	Max int
	// HeaderTimeout is how long the server waits for a request's headers. Bytes on
	// an idle connection are taken for part of a request for that long, after which
	// an HTTP/1.1 server has closed the connection: what is left is HTTP/2, whose
	// pings are no requests. 0 says that bytes alone are never part of a request,
	// as for gRPC.
	HeaderTimeout time.Duration
}

// Listener accepts connections, up to a bound.
type Listener struct {
	net.Listener
	options Options
	changed chan struct{} // holds one when a connection has closed or become idle
	closed  chan struct{}
	close   func() error

	mu      sync.Mutex
	open    int
	evicted int64
	idle    idleHeap
	conns   map[addresses]*Conn

	partialBytes int // see partial.go
}

// addresses tell connections apart. A peer may use one port of its own towards
// several addresses of this machine.
type addresses struct{ remote, local string }

// New bounds the connections of a listener.
func New(listener net.Listener, options Options) *Listener {
	l := &Listener{
		Listener: listener, options: options,
		changed: make(chan struct{}, 1), closed: make(chan struct{}), conns: map[addresses]*Conn{},
	}
	l.close = sync.OnceValue(func() error {
		close(l.closed)
		return listener.Close()
	})
	return l
}

// Accept implements net.Listener. It returns when there is room for a connection.
func (l *Listener) Accept() (net.Conn, error) {
	accepted, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	conn := newConn(l, accepted)
	if err := l.admit(conn); err != nil {
		_ = accepted.Close()
		return nil, err
	}
	return conn, nil
}

// Close implements net.Listener.
func (l *Listener) Close() error { return l.close() }

// Lookup finds an open connection by its addresses, as a stats.Handler has them;
// nil where there is none. Also with TLS, these are the addresses of TCP.
func (l *Listener) Lookup(remote, local net.Addr) *Conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.conns[addresses{remote.String(), local.String()}]
}

// Open is how many connections are open.
func (l *Listener) Open() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open
}

// Evicted is how many connections have given way to new ones.
func (l *Listener) Evicted() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.evicted
}

// admit waits for room, or makes it.
func (l *Listener) admit(conn *Conn) error {
	for {
		victim, wait, admitted := l.tryAdmit(conn)
		if victim != nil {
			_ = victim.Conn.Close() // wakes its server, which closes the rest
		}
		if admitted {
			return nil
		}
		if err := l.await(wait); err != nil {
			return err
		}
	}
}

// tryAdmit takes a free place for conn, or that of the connection that has been idle
// for longest. Where there is neither, wait is how long until one may have to go; 0
// is unknown.
func (l *Listener) tryAdmit(conn *Conn) (victim *Conn, wait time.Duration, admitted bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open >= l.options.Max {
		if len(l.idle) == 0 {
			return nil, 0, false
		}
		if wait = time.Until(l.idle[0].givesWayAt); wait > 0 {
			return nil, wait, false
		}
		victim = l.idle[0]
		l.remove(victim)
		l.evicted++
	}
	l.open++
	l.conns[conn.addresses] = conn
	conn.rest()
	return victim, 0, true
}

// await waits until it is worth looking for room again.
func (l *Listener) await(wait time.Duration) error {
	var due <-chan time.Time
	if wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-l.changed:
	case <-due:
	case <-l.closed:
		return net.ErrClosed
	}
	return nil
}

// remove forgets a connection. It needs the lock, as all below.
func (l *Listener) remove(conn *Conn) {
	if conn.gone {
		return
	}
	conn.gone = true
	conn.work()
	l.open--
	if l.conns[conn.addresses] == conn {
		delete(l.conns, conn.addresses)
	}
	l.wake()
}

// wake lets Accept look for room again.
func (l *Listener) wake() {
	select {
	case l.changed <- struct{}{}:
	default:
	}
}

// idleHeap has the connection that gives way first in front.
type idleHeap []*Conn

var _ heap.Interface = (*idleHeap)(nil)

// Len implements sort.Interface.
func (h idleHeap) Len() int { return len(h) }

// Less implements sort.Interface.
func (h idleHeap) Less(i, j int) bool { return h[i].givesWayAt.Before(h[j].givesWayAt) }

// Swap implements sort.Interface.
func (h idleHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// moved says that a connection gives way at another time.
func (h *idleHeap) moved(c *Conn) { heap.Fix(h, c.index) }

// Push implements heap.Interface.
func (h *idleHeap) Push(x any) {
	conn := x.(*Conn) //nolint:forcetypeassert // nothing else is in it
	conn.index = len(*h)
	*h = append(*h, conn)
}

// Pop implements heap.Interface.
func (h *idleHeap) Pop() any {
	last := len(*h) - 1
	conn := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	conn.index = -1
	return conn
}
