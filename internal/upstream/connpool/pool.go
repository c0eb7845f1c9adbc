// Package connpool holds the connections to the upstream. It chooses which one a call
// takes, makes new ones and ends old ones; net/http speaks on them. It knows nothing of
// calls but that they begin and end: pool.go gives connections to calls, dial.go makes
// them, expiry.go ends them.
package connpool

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"golang.org/x/net/http/httpguts"
)

// http1Rest is how long an HTTP/1.1 connection must be silent after a response before
// it serves again; see socket.rest. net/http offers it before it has looked whether the
// upstream sent more than the response. Of 85,000 calls by 16 callers to an upstream
// that always sends more, 346 got another caller's response without a rest, 10 with
// 1 ms, 1 with 5 ms and none with 20 ms.
const http1Rest = 20 * time.Millisecond

// Options says how connections are made and how long they are kept. All of them are
// needed, but for those that say otherwise.
type Options struct {
	// URL is the upstream's: scheme, host and port.
	URL *url.URL
	// TLS returns the configuration for an https URL. It is asked for every call: the
	// same pointer is the same configuration, nil the default one.
	TLS func() *tls.Config
	// Dial opens the connections; nil does so by TCP.
	Dial Dialer
	// MaxConnections bounds the open connections. An HTTP/2 connection carries a hundred
	// calls and more, an HTTP/1.1 connection one.
	MaxConnections int
	// Age is how old a connection gets, a tenth more or less, so that changes of DNS
	// are followed under load.
	Age time.Duration
	// IdleTimeout is how long a connection is kept without a call.
	IdleTimeout time.Duration
	// PingTimeout is how long an HTTP/2 connection may be silent before a ping is
	// sent, and how long its response may take; 0 is 5 seconds.
	PingTimeout time.Duration
	// SingleUseHTTP1 makes an HTTP/1.1 connection serve one call only.
	SingleUseHTTP1 bool
	// OnHTTP1 is called at each connection that speaks HTTP/1.1; nil is not.
	OnHTTP1 func()
}

// Pool holds the connections to the upstream. A call takes one with a free stream
// or waits for it within its deadline, first come, first served. net/http speaks on
// them; its own pool is not used: it repeats calls by itself and dials connections
// by the hundred where an upstream allows few streams.
type Pool struct {
	options Options
	address string // host:port, in ASCII

	mu        sync.Mutex
	config    *tls.Config // that new connections are made with,
	transport *http.Transport
	all       map[*Conn]struct{} // every open connection
	http2     []*Conn            // those that take calls
	idle      []*Conn            // HTTP/1.1 without a call; the longest idle is the first
	waiters   []*waiter
	timed     bool // whether waiters are served again by a timer
	sweeping  bool
	closed    bool
	dialer
}

// Conn is one connection, net/http's ClientConn. The pool's mutex guards its fields, but
// for those of the embedded types.
type Conn struct {
	*http.ClientConn
	*socket
	HTTP2    bool // which protocol the upstream chose; read-only
	made     time.Time
	retireAt time.Time
	usedAt   time.Time // when a call last ended
	calls    int
	settled  bool
	retired  bool // takes no more calls, and is closed when it has none
}

// waiter is a call that waits for a connection.
type waiter struct {
	since     time.Time
	madeAfter time.Time
	got       chan taken // has room for one
}

type taken struct {
	conn *Conn
	err  error
}

// New makes a pool without connections. The error says what is wrong with the URL.
func New(options Options) (*Pool, error) {
	port := cmp.Or(options.URL.Port(), map[string]string{"http": "80", "https": "443"}[options.URL.Scheme])
	address, err := httpguts.PunycodeHostPort(net.JoinHostPort(options.URL.Hostname(), port))
	if err != nil {
		return nil, errors.New("the upstream's host name cannot be written in ASCII") // err quotes it
	}
	if options.Dial == nil {
		options.Dial = (&net.Dialer{KeepAlive: 30 * time.Second}).DialContext
	}
	p := &Pool{options: options, address: address, all: map[*Conn]struct{}{}}
	p.http1 = options.URL.Scheme == "http"
	p.context, p.stopDials = context.WithCancel(context.Background())
	return p, nil
}

// Take gets a connection for one call, which must release it. The connection is
// not older than madeAfter.
func (p *Pool) Take(ctx context.Context, madeAfter time.Time) (*Conn, error) {
	var config *tls.Config
	if p.options.TLS != nil {
		config = p.options.TLS()
	}
	p.mu.Lock()
	if p.transport == nil || config != p.config { // connections of another one finish their calls
		p.config, p.transport = config, p.newTransport(config)
		for c := range p.all {
			p.retire(c)
		}
	}
	if len(p.waiters) == 0 {
		if c := p.pick(madeAfter); c != nil {
			p.mu.Unlock()
			return c, nil
		}
	}
	w := &waiter{since: time.Now(), madeAfter: madeAfter, got: make(chan taken, 1)}
	p.waiters = append(p.waiters, w)
	p.serve()
	if len(p.idle) > 0 && len(w.got) == 0 && p.waitRested(w.since) {
		p.dialMore(1)
	}
	p.mu.Unlock()
	select {
	case got := <-w.got:
		return got.conn, got.err
	case <-ctx.Done():
		p.leave(w)
		return nil, ctx.Err()
	}
}

// pick reserves a connection that can take a call now; nil where there is none.
func (p *Pool) pick(madeAfter time.Time) *Conn {
	for _, c := range p.http2 {
		switch {
		case c.Err() != nil: // streams may be available all the same
			p.retire(c)
			return p.pick(madeAfter)
		case !c.made.Before(madeAfter) && c.hasStream():
			c.calls++
			return c
		}
	}
	for i, c := range p.idle {
		switch state := c.state.Load(); {
		case state == resting, c.made.Before(madeAfter):
		case state == ready && c.Reserve() == nil:
			p.idle = slices.Delete(p.idle, i, i+1)
			c.calls++
			return c
		default: // the upstream has closed it, or sent what nobody asked for
			p.retire(c)
			return p.pick(madeAfter)
		}
	}
	return nil
}

// unknownStreams is how many streams net/http takes an HTTP/2 connection to allow
// until the upstream has told.
const unknownStreams = 100

// settleTime is how long the upstream is given to tell.
const settleTime = 100 * time.Millisecond

// isSettled tells whether it is known how many streams an HTTP/2 connection allows.
// Until then it carries one call: more might be refused, or block one another.
func (c *Conn) isSettled() bool {
	if !c.settled {
		free, used := c.Available(), c.InFlight()
		c.settled = free+used != unknownStreams && free > 0 || time.Since(c.made) > settleTime
	}
	return c.settled
}

// hasStream tells whether an HTTP/2 connection takes another call. Streams are not
// reserved: where the upstream lowers their number meanwhile, net/http waits for ever
// for streams that are reserved to be free.
func (c *Conn) hasStream() bool {
	free := c.Available()
	return free > 0 && (c.calls == 0 || c.isSettled() && c.calls < free+c.InFlight())
}

// streamInterval is how often waiters are served where a stream may get free without
// the end of a call: the upstream allows more, or net/http is done with a cancelled one.
const streamInterval = time.Millisecond

// serve gives waiters what connections there are, and sees to it that more come.
func (p *Pool) serve() {
	fresh, others := 0, 0 // of those who get none
	p.waiters = slices.DeleteFunc(p.waiters, func(w *waiter) bool {
		needsFresh := !w.madeAfter.IsZero()
		if needsFresh || others == 0 {
			if c := p.pick(w.madeAfter); c != nil {
				w.got <- taken{conn: c}
				return true
			}
		}
		if needsFresh {
			fresh++
		} else {
			others++
		}
		return false
	})
	if len(p.waiters) == 0 {
		return
	}
	p.dialMore(fresh + max(0, others-len(p.idle)) - p.coming())
	if len(p.http2) > 0 {
		p.serveIn(streamInterval)
	}
}

// serveIn serves the waiters again in a while.
func (p *Pool) serveIn(wait time.Duration) {
	if p.timed {
		return
	}
	p.timed = true
	time.AfterFunc(max(wait, time.Millisecond), func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.timed = false
		p.serve()
	})
}

// serveRested serves the waiters where an HTTP/1.1 connection is ready again.
func (p *Pool) serveRested() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.waiters) > 0 {
		p.serve()
	}
}

// leave takes back a call that waits no more.
func (p *Pool) leave(w *waiter) {
	p.mu.Lock()
	p.waiters = slices.DeleteFunc(p.waiters, func(other *waiter) bool { return other == w })
	p.mu.Unlock()
	select {
	case got := <-w.got: // it came as the call left
		if got.conn != nil {
			p.Unused(got.conn)
		}
	default:
	}
}

// Unused gives back a connection on which nothing was sent.
func (p *Pool) Unused(c *Conn) {
	if !c.HTTP2 {
		c.Release()
	}
	p.put(c, false)
}

// Release gives back a connection after a call.
func (p *Pool) Release(c *Conn) { p.put(c, true) }

func (p *Pool) put(c *Conn, used bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c.calls--
	c.usedAt = time.Now()
	switch {
	case c.retired, p.closed, !c.HTTP2 && (used && p.options.SingleUseHTTP1 || c.Available() == 0):
		p.retire(c)
	case c.HTTP2:
	case used:
		p.idle = append(p.idle, c)
		c.rest(http1Rest)
	default:
		p.idle = slices.Insert(p.idle, 0, c)
	}
	if len(p.waiters) > 0 {
		p.serve()
	}
}
