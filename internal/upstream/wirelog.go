package upstream

import (
	"crypto/tls"
	"net"
	"sync"
	"sync/atomic"
)

// wireLog notes what of a call has gone to the upstream, over all its attempts,
// and stops net/http from repeating by itself what must not be repeated: it
// sends a request anew when a kept connection turns out to be closed, and over
// HTTP/2 when the server refuses a stream.
type wireLog struct {
	limit   int          // how often the call may reach the upstream
	interim atomic.Int32 // how many interim answers net/http has got

	mu      sync.Mutex
	reached int           // how often it may have, before the present connection
	header  bool          // whether the present one was given the headers
	conn    *countingConn // the present one, and
	written int64         // what it had written before
}

// begin notes that a connection was taken, and tells whether it may be used.
func (l *wireLog) begin(conn *countingConn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.left() {
		l.reached++
	}
	l.header, l.conn = false, conn
	l.interim.Store(0)
	if conn != nil {
		l.written = conn.written.Load()
	}
	return l.reached < l.limit
}

// left tells whether any byte of the call may have left by the present
// connection.
func (l *wireLog) left() bool {
	if l.conn != nil {
		return l.conn.written.Load() > l.written
	}
	return l.header
}

// times is how often the call may have reached the upstream.
func (l *wireLog) times() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.left() {
		return l.reached + 1
	}
	return l.reached
}

// countingConn counts what is written to a connection.
type countingConn struct {
	net.Conn
	written atomic.Int64
}

func (c *countingConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.written.Add(int64(n))
	return n, err
}

// underneath finds the counting connection under one that a request was given.
// A connection of HTTP/2 is shared by many requests: what is written to it tells
// nothing of one of them, so it has none.
func underneath(conn net.Conn) (counting *countingConn, shared bool) {
	if secured, ok := conn.(*tls.Conn); ok {
		if secured.ConnectionState().NegotiatedProtocol == "h2" {
			return nil, true
		}
		conn = secured.NetConn()
	}
	counting, _ = conn.(*countingConn)
	return counting, false
}
