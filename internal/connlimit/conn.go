package connlimit

import (
	"container/heap"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"
)

// Conn is a connection of a Listener.
type Conn struct {
	net.Conn
	listener   *Listener
	addresses  addresses
	afterRead  atomic.Pointer[func(n int)]
	writeTime  atomic.Int64 // how long a write may take; 0 has no bound
	bytesCount atomic.Bool  // bytes that come now are part of a request

	// Under the listener's lock:
	calls      int
	gone       bool // closed, or has given way
	partial    bool // part of a request has come
	givesWayAt time.Time
	index      int // in the heap of idle ones; -1 where it is not idle

	partialBytes int // that have come of a request's headers
}

func newConn(l *Listener, accepted net.Conn) *Conn {
	c := &Conn{Conn: accepted, listener: l, index: -1,
		addresses: addresses{accepted.RemoteAddr().String(), accepted.LocalAddr().String()}}
	c.bytesCount.Store(l.options.HeaderTimeout > 0)
	return c
}

// CallBegan says that a call has begun on the connection, which does not give way
// until CallEnded has been called as often.
func (c *Conn) CallBegan() {
	c.listener.mu.Lock()
	defer c.listener.mu.Unlock()
	c.calls++
	c.work()
}

// CallEnded says that a call has ended. After the last one the connection is idle.
func (c *Conn) CallEnded() {
	c.listener.mu.Lock()
	defer c.listener.mu.Unlock()
	if c.calls--; c.calls == 0 {
		c.rest()
	}
}

// SetAfterRead has hold called after each read of the connection from now on, with
// the number of bytes. It may block, to hold back a peer that sends more than there is
// memory for, but not for ever: nothing else ends it.
func (c *Conn) SetAfterRead(hold func(n int)) { c.afterRead.Store(&hold) }

// Read implements net.Conn.
func (c *Conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 && c.bytesCount.Load() && !c.heard(n) {
		return 0, net.ErrClosed
	}
	if hold := c.afterRead.Load(); hold != nil {
		(*hold)(n)
	}
	return n, err
}

// SetWriteTimeout bounds each write to the connection from now on, for a server that sets
// no deadlines: a peer that takes nothing would keep for ever what waits to be written. The
// connection is closed then: its reader would not notice.
func (c *Conn) SetWriteTimeout(d time.Duration) { c.writeTime.Store(int64(d)) }

// Write implements net.Conn.
func (c *Conn) Write(b []byte) (int, error) {
	if timeout := time.Duration(c.writeTime.Load()); timeout > 0 {
		_ = c.SetWriteDeadline(time.Now().Add(timeout))
	}
	n, err := c.Conn.Write(b)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		_ = c.Close()
	}
	return n, err
}

// Close implements net.Conn.
func (c *Conn) Close() error {
	c.listener.mu.Lock()
	c.listener.remove(c)
	c.listener.mu.Unlock()
	return c.Conn.Close()
}

// CloseWrite closes the sending half, as net/http does after it has refused an
// upload: the peer can then read the response before the connection is reset.
func (c *Conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// work takes the connection out of the idle ones.
func (c *Conn) work() {
	if c.index >= 0 {
		heap.Remove(&c.listener.idle, c.index)
	}
	c.partial = false
	c.forgetPartial()
}

// rest puts the connection among the idle ones.
func (c *Conn) rest() {
	if c.gone || c.index >= 0 {
		return
	}
	c.givesWayAt = time.Now().Add(Grace)
	heap.Push(&c.listener.idle, c)
	c.listener.wake()
}

// ConnState is for http.Server.ConnState.
func (l *Listener) ConnState(served net.Conn, state http.ConnState) {
	var conn *Conn
	switch served := served.(type) {
	case *Conn:
		conn = served
	case *decrypted:
		conn = served.conn
	case *tls.Conn:
		conn, _ = served.NetConn().(*Conn)
	}
	if conn == nil {
		return
	}
	switch state {
	case http.StateActive:
		conn.setActive(true)
	case http.StateIdle:
		conn.setActive(false)
	case http.StateNew, http.StateHijacked, http.StateClosed: // these are seen without
	}
}

func (c *Conn) setActive(active bool) {
	c.listener.mu.Lock()
	defer c.listener.mu.Unlock()
	if active {
		c.calls = 1
		c.work()
		return
	}
	c.calls = 0
	c.rest()
}
