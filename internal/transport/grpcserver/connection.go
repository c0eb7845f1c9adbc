package grpcserver

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"time"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/peer"

	"github.com/wingspan-grpc/session-facade/internal/membudget"
	"github.com/wingspan-grpc/session-facade/internal/transport"
)

// connection is what grpc-go reads from and writes to, and what it holds of the
// server's memory. What it is sent is in unread.go.
type connection struct {
	net.Conn
	credentials.AuthInfo // grpc-go gives it to each call of the connection
	server               *server
	peer                 string
	secured              bool // the handshake is done

	mu         sync.Mutex
	calls      int
	incomplete int   // calls whose request is not whole
	bytes      int64 // that have come while there were such
	unread     map[*unread]struct{}
	stalled    *time.Timer // closes it; nil before the first response
	ended      bool
}

// handshaking is the hook by which grpc-go's connections become the server's own.
type handshaking struct {
	credentials.TransportCredentials
	server *server
}

// ServerHandshake implements credentials.TransportCredentials.
func (h handshaking) ServerHandshake(raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	c := &connection{Conn: raw, server: h.server, peer: raw.RemoteAddr().String(), unread: map[*unread]struct{}{}}
	conn, info, err := h.TransportCredentials.ServerHandshake(c)
	c.AuthInfo, c.secured = info, true
	return conn, c, err
}

// connectionFromContext is the connection of a call, which every call has.
func connectionFromContext(ctx context.Context) *connection {
	p, _ := peer.FromContext(ctx)
	c, _ := p.AuthInfo.(*connection)
	return c
}

// Read implements net.Conn. It counts what has come of requests that are not whole.
// Where all of them are more than there is memory for, those connections that have sent
// most of it are held back: they are not read from until others are done, or until their
// messages are late.
func (c *connection) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if c.received(n) {
		end := time.Now().Add(transport.RequestTimeout)
		for c.server.overBudget() && c.received(0) && time.Now().Before(end) {
			time.Sleep(holdInterval)
		}
	}
	return n, err
}

// holdInterval is how often a connection that is held back looks for memory.
const holdInterval = 10 * time.Millisecond

// Write implements net.Conn. grpc-go sets no deadline: a peer that takes nothing would
// keep for ever what waits to be written. The connection is closed then: its reader
// would not notice.
func (c *connection) Write(b []byte) (int, error) {
	if c.secured { // grpc-go bounds the handshake
		_ = c.SetWriteDeadline(time.Now().Add(transport.StallTimeout))
	}
	n, err := c.Conn.Write(b)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		c.giveWay()
	}
	return n, err
}

// giveWay ends the connection: grpc-go notices, and calls Close.
func (c *connection) giveWay() { _ = c.Conn.Close() }

// Close implements net.Conn. grpc-go does not free what it has not written.
func (c *connection) Close() error {
	c.mu.Lock()
	c.ended = true
	c.add(-c.bytes)
	for u := range c.unread {
		c.forget(u)
	}
	if c.stalled != nil {
		c.stalled.Stop()
	}
	c.mu.Unlock()
	return c.Conn.Close()
}

// count counts calls, and those among them whose request is not whole. While there are
// calls, the connection does not give way to others in front of a port that is full.
func (c *connection) count(calls, incomplete int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before := c.calls
	c.calls += calls
	c.incomplete += incomplete
	limited, ok := c.Conn.(interface{ SetActive(active bool) })
	if ok && (before == 0 || c.calls == 0) {
		limited.SetActive(c.calls > 0)
	}
}

// requestComplete says that a request is charged to its call, or will not come. bytes
// is what of it was counted here.
func (c *connection) requestComplete(bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.incomplete--
	left := max(c.bytes-int64(bytes), 0)
	if c.incomplete == 0 {
		left = 0 // what remains was frames and headers
	}
	c.add(left - c.bytes)
}

// received counts bytes that have come, or that a message takes beside them, or, where
// they are less than none, that are not needed any more. It tells whether the connection
// holds more than is free.
func (c *connection) received(bytes int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.incomplete == 0 || c.ended {
		return false
	}
	c.add(max(int64(bytes), -c.bytes))
	return c.bytes > membudget.Free
}

// add counts bytes, under mu.
func (c *connection) add(bytes int64) {
	if c.ended {
		bytes = -c.bytes
	}
	if bytes != 0 {
		c.bytes += bytes
		c.server.incompleteBytes.Add(bytes)
	}
}

// overBudget tells whether requests that are not whole take more than their own share
// and more than the rest of the budget. The share is apart so that requests still come
// in where the budget is exhausted, and are refused for that.
func (s *server) overBudget() bool {
	incomplete, memory := s.incompleteBytes.Load(), s.pipeline.Memory
	return incomplete > s.pipeline.Incoming.Size() && incomplete+memory.Used() > memory.Size() &&
		!s.pipeline.Health.IsStopping()
}
