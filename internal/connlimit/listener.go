// Package connlimit bounds the connections of a port so that idle ones cannot shut
// it: when the port is full, a connection that has been without a call for a second
// gives way to a new one, the longest idle first. A connection with a call, or with
// part of a request, never does; where none may go, the new one waits.
//
// The server says what a connection does: net/http by Listener.ConnState, grpc-go by
// Conn.SetActive. The package knows no protocol. A connection passes listener.go, with
// TLS tls.go, then conn.go; metrics.go counts them, files_*.go say how many the system
// allows.
package connlimit

import (
	"container/list"
	"context"
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
	closed  <-chan struct{}
	close   func()

	mu            sync.Mutex
	open          int
	evicted       int64
	idle, partial list.List // of *Conn that may give way, soonest first: without a request, with a part of one
	partialBytes  int
	forgot        time.Time // when silent ones were last forgotten
}

// New bounds the connections of a listener.
func New(listener net.Listener, options Options) *Listener {
	ctx, cancel := context.WithCancel(context.Background())
	return &Listener{Listener: listener, options: options, changed: make(chan struct{}, 1), closed: ctx.Done(), close: cancel}
}

// Accept implements net.Listener. It returns when there is room for a connection.
func (l *Listener) Accept() (net.Conn, error) {
	accepted, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	conn := &Conn{Conn: accepted, listener: l}
	for {
		victim, wait, admitted := l.tryAdmit(conn)
		if victim != nil {
			_ = victim.Conn.Close() // wakes its server, which closes the rest
		}
		if admitted {
			return conn, nil
		}
		select {
		case <-l.changed:
		case <-time.After(wait):
		case <-l.closed:
			_ = accepted.Close()
			return nil, net.ErrClosed
		}
	}
}

// Close implements net.Listener.
func (l *Listener) Close() error {
	l.close()
	return l.Listener.Close()
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

// tryAdmit takes a free place for conn, or that of the connection that has been idle
// for longest. Where there is neither, wait is how long until it is worth looking again.
func (l *Listener) tryAdmit(conn *Conn) (victim *Conn, wait time.Duration, admitted bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open >= l.options.Max {
		if victim = l.first(); victim == nil {
			return nil, Grace, false
		}
		if wait = time.Until(victim.givesWayAt); wait > 0 {
			return nil, wait, false
		}
		l.remove(victim)
		l.evicted++
	}
	l.open++
	conn.rest()
	return victim, 0, true
}

// first is the connection that gives way before all others; nil where none may. It
// needs the lock, as all below.
func (l *Listener) first() (first *Conn) {
	for _, waiting := range []*list.List{&l.idle, &l.partial} {
		if front := waiting.Front(); front != nil {
			c := front.Value.(*Conn) //nolint:forcetypeassert // nothing else is in it
			if first == nil || c.givesWayAt.Before(first.givesWayAt) {
				first = c
			}
		}
	}
	return first
}

// remove forgets a connection.
func (l *Listener) remove(conn *Conn) {
	if !conn.gone {
		conn.gone = true
		conn.work()
		l.open--
		l.wake()
	}
}

// wake lets Accept look for room again.
func (l *Listener) wake() {
	select {
	case l.changed <- struct{}{}:
	default:
	}
}
