package grpcserver

import (
	"context"
	"sync"
	"time"

	"google.golang.org/grpc/stats"

	"github.com/wingspan-grpc/session-facade/internal/connlimit"
	"github.com/wingspan-grpc/session-facade/internal/membudget"
)

// connection is what one connection holds of the server's memory. What it is sent is
// in unread.go.
type connection struct {
	server  *server
	limited *connlimit.Conn // nil where connections are not limited

	mu         sync.Mutex
	incomplete int   // calls whose request is not whole
	bytes      int64 // that have come while there were such
	unread     map[*unread]struct{}
	stalled    *time.Timer // closes it; nil before the first response
	ended      bool
}

type connectionKey struct{}

func connectionFromContext(ctx context.Context) *connection {
	c, _ := ctx.Value(connectionKey{}).(*connection)
	return c
}

// TagConn implements stats.Handler.
func (s *server) TagConn(ctx context.Context, info *stats.ConnTagInfo) context.Context {
	c := &connection{server: s, unread: map[*unread]struct{}{}}
	if s.options.Lookup != nil {
		c.limited = s.options.Lookup(info.RemoteAddr, info.LocalAddr)
	}
	if c.limited != nil {
		c.limited.SetAfterRead(c.read)
		c.limited.SetWriteTimeout(stallTimeout)
	}
	return context.WithValue(ctx, connectionKey{}, c)
}

// HandleConn implements stats.Handler.
func (s *server) HandleConn(ctx context.Context, event stats.ConnStats) {
	if _, ended := event.(*stats.ConnEnd); !ended {
		return
	}
	c := connectionFromContext(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	c.add(-c.bytes)
	for u := range c.unread { // grpc-go does not free what it has not written
		c.forget(u)
	}
}

// close ends the connection, and with it what it holds.
func (c *connection) close() {
	if c.limited != nil {
		_ = c.limited.Close()
	}
}

func (c *connection) callBegan() {
	c.mu.Lock()
	c.incomplete++
	c.mu.Unlock()
	if c.limited != nil {
		c.limited.CallBegan()
	}
}

func (c *connection) callEnded() {
	if c.limited != nil {
		c.limited.CallEnded()
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

// received counts bytes that a message takes beside those that have come, or, where
// they are less than none, that are not needed any more.
func (c *connection) received(bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.incomplete > 0 {
		c.add(max(int64(bytes), -c.bytes))
	}
}

// add counts bytes, under mu.
func (c *connection) add(bytes int64) {
	if c.ended {
		bytes = -c.bytes
	}
	c.bytes += bytes
	c.server.incompleteBytes.Add(bytes)
}

// holdInterval is how often a connection that is held back looks for memory.
const holdInterval = 10 * time.Millisecond

// read counts what has come of requests that are not whole. Where all of them are
// more than there is memory for, those that have sent most of it are held back: they
// are not read from until others are done, or until their messages are late.
func (c *connection) read(n int) {
	if !c.holdsBytes(n) {
		return
	}
	for end := time.Now().Add(messageTimeout); c.server.overBudget() && c.holdsBytes(0) && time.Now().Before(end); {
		time.Sleep(holdInterval)
	}
}

// holdsBytes counts n more and tells whether the connection holds more than is free.
func (c *connection) holdsBytes(n int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.incomplete == 0 || c.ended {
		return false
	}
	c.add(int64(n))
	return c.bytes > membudget.Free
}

// overBudget tells whether requests that are not whole take more than their own share
// and more than the rest of the budget. The share is apart so that requests still come
// in where the budget is exhausted, and are refused for that.
func (s *server) overBudget() bool {
	incomplete, memory := s.incompleteBytes.Load(), s.pipeline.Memory
	return incomplete > s.pipeline.Incoming.Size() && incomplete+memory.Used() > memory.Size() &&
		!s.pipeline.Health.IsStopping()
}
