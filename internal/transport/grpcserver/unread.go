package grpcserver

import (
	"time"

	"github.com/wingspan-grpc/session-facade/internal/membudget"
)

// stallTimeout is how long a connection may take none of a response that waits for
// it, or nothing at all. It is closed then: what it does not take is memory that others
// wait for.
const stallTimeout = 30 * time.Second

// unread is a response that its peer has not taken whole.
type unread struct {
	lease  *membudget.Lease
	pieces int    // that are not taken, under the connection's mu
	done   func() // takes it out of the server's unread responses
}

// responseWaits says that a response waits to be taken.
func (c *connection) responseWaits(u *unread) {
	u.done = c.server.unread.Add(c.giveWay)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unread[u] = struct{}{}
	if c.ended { // grpc-go is about to find out
		c.forget(u)
		return
	}
	switch {
	case c.stalled == nil:
		c.stalled = time.AfterFunc(stallTimeout, c.giveWay)
	case len(c.unread) == 1:
		c.stalled.Reset(stallTimeout)
	}
}

// pieceTaken says that part of a response was taken, or is not needed any more; it
// tells whether it was the last.
func (c *connection) pieceTaken(u *unread) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	u.pieces--
	if u.pieces == 0 {
		c.forget(u)
	} else if !c.ended {
		c.stalled.Reset(stallTimeout)
	}
	return u.pieces == 0
}

// responseGone says that nothing refers to a response any more.
func (c *connection) responseGone(u *unread) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, waits := c.unread[u]; waits {
		c.forget(u)
	}
}

// forget gives back what a response takes, under mu.
func (c *connection) forget(u *unread) {
	delete(c.unread, u)
	u.done()
	u.lease.Release()
	switch {
	case c.stalled == nil:
	case len(c.unread) == 0 || c.ended:
		c.stalled.Stop()
	default:
		c.stalled.Reset(stallTimeout)
	}
}
