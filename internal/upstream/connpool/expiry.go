package connpool

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"
)

// sweepInterval is how often idle, old and lost connections are looked for.
const sweepInterval = time.Second

// add takes a new connection into the pool.
func (p *Pool) add(c *Conn) {
	now := time.Now()
	c.made, c.usedAt = now, now
	// A tenth more or less, so that not all are made anew at a time.
	c.retireAt = now.Add(p.options.Age*9/10 + rand.N(p.options.Age/5+1)) //nolint:gosec // spreads load
	p.all[c] = struct{}{}
	if c.HTTP2 {
		p.http2 = append(p.http2, c)
	} else {
		p.idle = slices.Insert(p.idle, 0, c)
	}
	p.sweepLater()
}

// sweepLater looks again while there are connections.
func (p *Pool) sweepLater() {
	if !p.sweeping && len(p.all) > 0 {
		p.sweeping = true
		time.AfterFunc(max(time.Millisecond, min(sweepInterval, p.options.IdleTimeout/4, p.options.Age/4)), p.sweep)
	}
}

// sweep retires what should take no more calls.
func (p *Pool) sweep() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reap() {
		p.dialMore(1 - p.coming())
	}
	p.serve()
	p.sweeping = false
	p.sweepLater()
}

// reap retires what is idle, old or lost. The last connection that takes calls is not
// too old until there is another, which reap tells to make: the upstream's name may not
// resolve just now.
func (p *Pool) reap() (renew bool) {
	now, taking := time.Now(), 0
	for c := range p.all {
		idle := now.Sub(c.usedAt)
		// After a GOAWAY an HTTP/2 connection is no more available, but not closed.
		gone := c.HTTP2 && c.Available()+c.InFlight() == 0 && idle > sweepInterval
		if c.Err() != nil || c.calls == 0 && (gone || idle >= p.options.IdleTimeout) {
			p.retire(c)
		}
		if !c.retired {
			taking++
		}
	}
	for c := range p.all {
		switch {
		case c.retired || now.Before(c.retireAt):
		case taking > 1 || p.options.MaxConnections == 1:
			p.retire(c)
			taking--
		default:
			renew = true
		}
	}
	return renew
}

// Suspect retires the connections on which nothing has come since a moment: a call
// that began then has not been answered.
func (p *Pool) Suspect(since time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.all {
		if c.heard.Load() < since.UnixNano() {
			p.retire(c)
		}
	}
}

// retire keeps further calls from a connection. It is closed when it has none.
func (p *Pool) retire(c *Conn) {
	if !c.retired {
		c.retired = true
		same := func(other *Conn) bool { return other == c }
		p.http2, p.idle = slices.DeleteFunc(p.http2, same), slices.DeleteFunc(p.idle, same)
	}
	if _, open := p.all[c]; open && c.calls == 0 {
		delete(p.all, c)
		go func() { _ = c.Close() }() // it says goodbye to the upstream, which may not listen
	}
}

// Close closes the connections that no call uses, the others when their calls end.
// A call still opens one.
func (p *Pool) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.stopDials()
	p.context, p.stopDials = context.WithCancel(context.Background())
	for c := range p.all {
		p.retire(c)
	}
}
