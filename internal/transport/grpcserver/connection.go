package grpcserver

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/stats"

	"github.com/wingspan-grpc/session-facade/internal/connlimit"
	"github.com/wingspan-grpc/session-facade/internal/membudget"
)

// stallTimeout is how long a connection may take none of a response that waits for
// it. It is closed then: what it does not take is memory that others wait for.
const stallTimeout = 30 * time.Second

// connection is what one connection holds of the server's memory.
type connection struct {
	server  *server
	limited *connlimit.Conn // nil where connections are not limited

	mu         sync.Mutex
	incomplete int   // calls whose request is not whole
	bytes      int64 // that have come while there were such

	responses atomic.Int64 // that are not taken yet, in pieces
	stalled   *time.Timer  // under mu; nil while there are none
}

type connectionKey struct{}

func connectionFromContext(ctx context.Context) *connection {
	c, _ := ctx.Value(connectionKey{}).(*connection)
	return c
}

// TagConn implements stats.Handler.
func (s *server) TagConn(ctx context.Context, info *stats.ConnTagInfo) context.Context {
	c := &connection{server: s}
	if s.options.Lookup != nil {
		c.limited = s.options.Lookup(info.RemoteAddr, info.LocalAddr)
	}
	if c.limited != nil {
		c.limited.SetAfterRead(c.read)
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
	c.forget()
	if c.stalled != nil {
		c.stalled.Stop()
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

// requestComplete says that a request is whole, or will not come.
func (c *connection) requestComplete() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.incomplete--; c.incomplete == 0 {
		c.forget()
	}
}

// received says that a message of so many bytes is whole: it is the call's now.
func (c *connection) received(bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add(-min(int64(bytes), c.bytes))
}

func (c *connection) forget() { c.add(-c.bytes) }

// add counts bytes, under mu.
func (c *connection) add(bytes int64) {
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
	if c.incomplete == 0 {
		return false
	}
	c.add(int64(n))
	return c.bytes > membudget.Free
}

func (s *server) overBudget() bool {
	memory := s.pipeline.Memory
	return s.incompleteBytes.Load()+memory.Used() > memory.Size() && !s.pipeline.Health.IsStopping()
}

// responsePending says that pieces of a response wait to be taken.
func (c *connection) responsePending(pieces int) {
	if c.responses.Add(int64(pieces)) == int64(pieces) {
		c.watch()
	}
}

// pieceTaken says that one of them was.
func (c *connection) pieceTaken() {
	c.responses.Add(-1)
	c.watch()
}

// watch closes the connection if nothing more is taken in time.
func (c *connection) watch() {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.stalled == nil:
		c.stalled = time.AfterFunc(stallTimeout, c.closeStalled)
	case c.responses.Load() > 0:
		c.stalled.Reset(stallTimeout)
	default:
		c.stalled.Stop()
	}
}

func (c *connection) closeStalled() {
	if c.responses.Load() > 0 && c.limited != nil {
		_ = c.limited.Close()
	}
}
