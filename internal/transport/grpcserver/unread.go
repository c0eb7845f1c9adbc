package grpcserver

import (
	"time"

	"github.com/wingspan-grpc/session-facade/internal/membudget"
	"github.com/wingspan-grpc/session-facade/internal/transport"
)

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
	switch {
	case c.ended: // grpc-go is about to find out
		c.forget(u)
	case len(c.unread) == 1:
		c.progressed()
	}
}

// taken says that some pieces of a response were taken, or are not needed any more; it
// tells whether they were the last.
func (c *connection) taken(u *unread, pieces int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	u.pieces -= pieces
	if _, waits := c.unread[u]; waits {
		if u.pieces == 0 {
			c.forget(u)
		}
		c.progressed()
	}
	return u.pieces == 0
}

// forget gives back what a response takes, under mu.
func (c *connection) forget(u *unread) {
	delete(c.unread, u)
	u.done()
	u.lease.Release()
}

// progressed gives the connection time for what it has not taken, under mu.
func (c *connection) progressed() {
	switch {
	case len(c.unread) == 0:
		c.stalled.Stop()
	case c.stalled == nil:
		c.stalled = time.AfterFunc(transport.StallTimeout, c.giveWay)
	default:
		c.stalled.Reset(transport.StallTimeout)
	}
}
