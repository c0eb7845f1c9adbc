package connlimit

import "time"

// What may have come of requests whose headers are not whole. Until they are, net/http
// keeps them, and small ones take twenty times their bytes: over the bound, connections
// that have sent more than their part are not read from, until others are done or until
// their time is over.
const (
	maxPartial  = 4 << 20 // over all connections
	freePartial = 4 << 10 // of each
	holdPartial = 10 * time.Millisecond
)

// heard counts bytes of a request, and holds back what has sent too many. It is false
// where the connection has given way: what came then is not to be served.
func (c *Conn) heard(n int) bool {
	held, gone := c.countPartial(n)
	for held {
		time.Sleep(holdPartial)
		held, gone = c.countPartial(0)
	}
	return !gone
}

// countPartial counts n bytes more and tells whether the connection is to wait.
func (c *Conn) countPartial(n int) (held, gone bool) {
	l := c.listener
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	switch {
	case c.index < 0:
		return false, c.gone
	case !c.partial:
		c.partial = true
		c.givesWayAt = now.Add(l.options.HeaderTimeout)
		l.idle.moved(c)
	case !now.Before(c.givesWayAt): // it is HTTP/2, and idle
		c.forgetPartial()
		return false, false
	}
	c.partialBytes += n
	l.partialBytes += n
	return l.partialBytes > maxPartial && c.partialBytes > freePartial, false
}

// forgetPartial says that headers are whole, or will not come. It needs the lock.
func (c *Conn) forgetPartial() {
	c.listener.partialBytes -= c.partialBytes
	c.partialBytes = 0
}
