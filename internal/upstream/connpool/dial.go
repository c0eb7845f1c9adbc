package connpool

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/membudget"
)

// Dialer opens connections, as net.Dialer.DialContext does.
type Dialer func(ctx context.Context, network, address string) (net.Conn, error)

const (
	// dialTimeout bounds the making of a connection, and again its TLS handshake.
	dialTimeout = 5 * time.Second
	// maxDialing is how many HTTP/1.1 connections are made at a time.
	maxDialing = 64
	// slowDial is when a connection that is being made is counted on no more.
	slowDial = 500 * time.Millisecond
	// dialPause is the least time between two HTTP/2 connections: calls that end
	// meanwhile often free the streams that were missing.
	dialPause = 20 * time.Millisecond
	// maxResponseHeader bounds the headers of a response, in bytes.
	maxResponseHeader = 256 << 10
	// defaultPing is the PingTimeout of Options that have none.
	defaultPing = 5 * time.Second
)

// dialer is what the pool knows of the connections it is making.
type dialer struct {
	context   context.Context //nolint:containedctx // a dial belongs to the pool, not to the call that needed it first
	stopDials context.CancelFunc
	dialing   int // connections that are being made,
	slow      int // those of them that take long
	lastDial  time.Time
	http1     bool // whether the last connection spoke HTTP/1.1
	failed    bool // whether the last dial failed

	rested    int       // how many calls waited for a connection to rest
	restedFor time.Time // since when
}

// maxRested is how many calls in a second may wait for connections to rest before
// there is one connection more. A caller that makes one call after another is content
// with one connection: it can't wait more often.
const maxRested = int(time.Second / http1Rest)

// waitRested notes that a call waits for a connection to rest, and tells whether too
// many do.
func (d *dialer) waitRested(now time.Time) bool {
	if d.rested > maxRested || now.Sub(d.restedFor) > time.Second {
		d.rested, d.restedFor = 0, now
	}
	d.rested++
	return d.rested > maxRested
}

// coming is how many connections may be there soon. One that hangs, as to an address
// that is gone, keeps nobody from another.
func (p *Pool) coming() int { return p.dialing - p.slow }

// dialMore makes a number of connections, as far as it may: one at a time where the
// upstream speaks HTTP/2, one for each call where it speaks HTTP/1.1.
func (p *Pool) dialMore(wanted int) {
	most := 1
	if p.http1 {
		most = maxDialing
	}
	if wanted > 0 && len(p.all)+p.dialing >= p.options.MaxConnections {
		p.reap()
	}
	for _, c := range p.http2 {
		if !c.isSettled() {
			return
		}
	}
	for range wanted {
		if p.coming() >= most || len(p.all)+p.dialing >= p.options.MaxConnections {
			return
		}
		if pause := dialPause - time.Since(p.lastDial); (p.failed || !p.http1) && pause > 0 {
			p.serveIn(pause)
			return
		}
		p.dialing++
		p.lastDial = time.Now()
		go p.dial(p.context, p.transport, p.config, p.lastDial)
	}
}

// dial makes a connection for whoever waits first when it is there.
func (p *Pool) dial(ctx context.Context, transport *http.Transport, config *tls.Config, began time.Time) {
	timer := time.AfterFunc(slowDial, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.slow++
		p.serve()
	})
	c, err := p.connect(ctx, transport)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dialing--
	slow := !timer.Stop()
	if slow {
		p.slow--
	}
	if p.failed = err != nil; p.failed {
		p.failWaiters(err, began, slow)
		p.serve()
		return
	}
	if p.http1 = !c.HTTP2; p.http1 && p.options.OnHTTP1 != nil {
		p.options.OnHTTP1()
	}
	p.add(c)
	if config != p.config {
		p.retire(c)
	}
	p.reap() // it may take the place of one that is too old
	p.serve()
	if p.closed && c.calls == 0 {
		p.retire(c)
	}
}

// failWaiters ends the wait of those who came before a dial that failed, and have no
// other connection coming.
func (p *Pool) failWaiters(err error, began time.Time, slow bool) {
	alive := false
	for c := range p.all {
		alive = alive || !c.retired && c.Err() == nil
	}
	excess := len(p.waiters)
	if !slow {
		excess -= p.coming()
	}
	p.waiters = slices.DeleteFunc(p.waiters, func(w *waiter) bool {
		if excess <= 0 || w.since.After(began) || alive && w.madeAfter.IsZero() {
			return false
		}
		excess--
		w.got <- taken{err: err}
		return true
	})
}

type socketKey struct{}

// connect makes one connection by net/http, which does TLS and goes by proxies.
func (p *Pool) connect(ctx context.Context, transport *http.Transport) (*Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*dialTimeout)
	defer cancel()
	c := &Conn{socket: &socket{rested: p.serveRested}}
	ctx = httptrace.WithClientTrace(context.WithValue(ctx, socketKey{}, c.socket), &httptrace.ClientTrace{
		TLSHandshakeDone: func(state tls.ConnectionState, _ error) { c.HTTP2 = state.NegotiatedProtocol == "h2" },
	})
	var err error
	c.ClientConn, err = transport.NewClientConn(ctx, p.options.URL.Scheme, p.address)
	return c, err
}

// openSocket makes the TCP connection under one.
func (p *Pool) openSocket(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	s, _ := ctx.Value(socketKey{}).(*socket)
	var err error
	s.Conn, err = p.options.Dial(ctx, network, address)
	s.heard.Store(time.Now().UnixNano())
	return s, err
}

// The states of a socket whose connection speaks HTTP/1.1.
const (
	ready   = iota
	resting // has served a call, and is listened to whether more comes
	spoiled // more came
)

// socket notes what goes over a connection. It is closed by its net.Conn.
type socket struct {
	net.Conn
	heard   atomic.Int64 // when the last byte came, in Unix nanoseconds
	written atomic.Int64 // how many bytes were sent
	state   atomic.Int32
	rested  func() // called when it is ready again
}

// rest makes a socket that has served a call ready again when nothing has come for a
// time. What net/http and TLS have, they have given on before they read again; so it is
// the reading goroutine that tells, and no clock alone: on a machine that is busy, what
// came in time may be read late.
func (s *socket) rest(quiet time.Duration) {
	s.state.Store(resting)
	_ = s.SetReadDeadline(time.Now().Add(quiet)) // fails for what is closed
}

// secondLook is how long a socket is read once more after its rest: a deadline ends a
// wait also where bytes have come just then.
const secondLook = time.Millisecond

// Read implements net.Conn.
func (s *socket) Read(b []byte) (int, error) {
	n, err := s.Conn.Read(b)
	if s.state.Load() == resting && errors.Is(err, os.ErrDeadlineExceeded) {
		_ = s.SetReadDeadline(time.Now().Add(secondLook))
		if n, err = s.Conn.Read(b); errors.Is(err, os.ErrDeadlineExceeded) {
			_ = s.SetReadDeadline(time.Time{})
			s.state.Store(ready)
			s.rested()
			n, err = s.Conn.Read(b)
		}
	}
	if n > 0 {
		s.state.CompareAndSwap(resting, spoiled)
		s.heard.Store(time.Now().UnixNano())
	}
	return n, err
}

// Written is how many bytes were sent on the connection.
func (s *socket) Written() int64 { return s.written.Load() }

// Write implements net.Conn.
func (s *socket) Write(b []byte) (int, error) {
	n, err := s.Conn.Write(b)
	s.written.Add(int64(n))
	return n, err
}

// newTransport makes what makes connections with a TLS configuration. It keeps
// none itself.
func (p *Pool) newTransport(config *tls.Config) *http.Transport {
	ping := cmp.Or(p.options.PingTimeout, defaultPing)
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         p.openSocket,
		TLSClientConfig:     config.Clone(), // net/http adds its protocols to it
		ForceAttemptHTTP2:   true,
		TLSHandshakeTimeout: dialTimeout,
		// The size of a response is bounded as it is sent; a compressed one would have
		// to be unpacked first.
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxResponseHeader,
		HTTP2: &http.HTTP2Config{
			// Calls have little in common that a table of past headers would find again:
			// each has a token, a path and a request id of its own. To keep the table costs
			// more than it saves, and both sides would remember tokens (RFC 7541, section 7.1.3).
			MaxEncoderHeaderTableSize: 1,
			// What comes while a response waits for memory is held here.
			MaxReceiveBufferPerStream: membudget.Free,
			SendPingTimeout:           ping,
			PingTimeout:               ping,
			// Who takes a response writes to the connection too, and heeds no deadline.
			WriteByteTimeout: 2 * ping,
		},
	}
}
