package connlimit

import (
	"container/list"
	"errors"
	"net"
	"net/http"
	"time"
)

// What may have come of requests whose headers are not whole. Until they are, net/http
// keeps them, and small ones take twenty times their bytes: over the bound, connections
// that have sent more than their part are not read from, until others are done or until
// their time is over.
const (
	maxPartial  = 4 << 20 // over all connections
	freePartial = 4 << 10 // of each
	holdPartial = 10 * time.Millisecond
)

// Conn is a connection of a Listener.
type Conn struct {
	net.Conn
	listener  *Listener
	encrypted bool // what comes is TLS; see decrypted

	// Under the listener's lock:
	gone       bool          // closed, or has given way
	waiting    *list.List    // of the listener's, in which it is
	place      *list.Element // nil while there is a call
	givesWayAt time.Time

	partialBytes int // that have come of a request's headers
}

// SetActive says that a call has begun on the connection, or that the last has ended.
// With a call it does not give way, without one it is idle.
func (c *Conn) SetActive(active bool) {
	c.listener.mu.Lock()
	defer c.listener.mu.Unlock()
	if active {
		c.work()
	} else {
		c.rest()
	}
}

// ConnState is for http.Server.ConnState.
func (*Listener) ConnState(served net.Conn, state http.ConnState) {
	if secured, ok := served.(interface{ NetConn() net.Conn }); ok {
		served = secured.NetConn()
	}
	conn, ok := served.(*Conn)
	if ok && (state == http.StateActive || state == http.StateIdle) { // the others are seen without
		conn.SetActive(state == http.StateActive)
	}
}

// Read implements net.Conn.
func (c *Conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 && !c.encrypted && !c.heard(n) {
		return 0, net.ErrClosed
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

// heard counts bytes of a request, and holds back what has sent too many. It is false
// where the connection has given way: what came then is not to be served.
func (c *Conn) heard(n int) bool {
	if c.listener.options.HeaderTimeout == 0 {
		return true
	}
	for held, gone := c.countPartial(n); ; held, gone = c.countPartial(0) {
		if !held {
			return !gone
		}
		time.Sleep(holdPartial)
	}
}

// countPartial counts n bytes more and tells whether the connection is to wait.
func (c *Conn) countPartial(n int) (held, gone bool) {
	l := c.listener
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case c.place == nil:
		return false, c.gone
	case c.waiting == &l.idle:
		c.wait(&l.partial, l.options.HeaderTimeout)
	case !time.Now().Before(c.givesWayAt): // it is HTTP/2, and idle
		c.forgetPartial()
		return false, false
	}
	c.partialBytes += n
	l.partialBytes += n
	if l.partialBytes > maxPartial {
		l.forgetSilent(time.Now())
	}
	return l.partialBytes > maxPartial && c.partialBytes > freePartial, false
}

// forgetPartial says that headers are whole, or will not come. It needs the lock, as
// all below.
func (c *Conn) forgetPartial() {
	c.listener.partialBytes -= c.partialBytes
	c.partialBytes = 0
}

// forgetSilent forgets what has come over connections whose time is over: they are HTTP/2,
// and may be silent as long as they like.
func (l *Listener) forgetSilent(now time.Time) {
	if now.Sub(l.forgot) < holdPartial {
		return // all that are held back ask
	}
	l.forgot = now
	for e := l.partial.Front(); e != nil; e = e.Next() {
		c := e.Value.(*Conn) //nolint:forcetypeassert // nothing else is in it
		if now.Before(c.givesWayAt) {
			return
		}
		c.forgetPartial()
	}
}

// work takes the connection out of those that may give way.
func (c *Conn) work() {
	if c.place != nil {
		c.waiting.Remove(c.place)
		c.place = nil
	}
	c.forgetPartial()
}

// rest puts the connection among the idle ones.
func (c *Conn) rest() {
	if !c.gone && c.place == nil {
		c.wait(&c.listener.idle, Grace)
		c.listener.wake()
	}
}

// wait puts the connection last among those that may give way after some time.
func (c *Conn) wait(among *list.List, after time.Duration) {
	c.work()
	c.givesWayAt = time.Now().Add(after)
	c.waiting, c.place = among, among.PushBack(c)
}
