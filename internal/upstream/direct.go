package upstream

import (
	"context"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"
)

// maxDirectBody is the largest request body that is sent directly. It fits into
// a socket's buffer, so that writing it does not wait for an upstream that
// answers first; a larger one goes by net/http, which reads meanwhile.
const maxDirectBody = 16 << 10

// maxAnswerHeader bounds the headers of an answer, in bytes, interim answers
// included.
const maxAnswerHeader = 256 << 10

// maxInterim is how many interim answers (HTTP 1xx) may come before the answer.
const maxInterim = 16

var errTooManyInterim = errors.New("too many interim answers")

// direct speaks HTTP/1.1 with the upstream on the goroutine of the call, over
// connections that it keeps. net/http has two goroutines for each connection, and
// handing a call to them and back costs as much as all the rest of it; it also
// sends requests again by itself. What is on the wire is read by net/http's own
// parser.
type direct struct {
	dial   func(ctx context.Context) (net.Conn, error)
	common string // the header lines that all requests have

	mu     sync.Mutex
	idle   []*kept // the one used last is the last
	expiry *time.Timer
	closed bool
}

// send implements sender. A kept connection that took no byte of the request is
// replaced by another: that the upstream had closed it is no failure.
func (d *direct) send(ctx context.Context, sent *wireLog, r *request) (*http.Response, error) {
	for {
		conn, err := d.take(ctx)
		if err != nil {
			return nil, err
		}
		if !sent.begin(conn.counting) {
			d.release(conn)
			return nil, errors.New("the call has reached the upstream as often as it may")
		}
		response, err := conn.exchange(ctx, r)
		if err == nil {
			return response, nil
		}
		_ = conn.Close()
		if conn.fresh || sent.left() || ctx.Err() != nil {
			return nil, err
		}
	}
}

// take finds a connection that can be used, or makes one.
func (d *direct) take(ctx context.Context) (*kept, error) {
	for {
		d.mu.Lock()
		last := len(d.idle) - 1
		if last < 0 {
			d.mu.Unlock()
			return d.open(ctx)
		}
		conn := d.idle[last]
		d.idle[last] = nil
		d.idle = d.idle[:last]
		d.mu.Unlock()
		if conn.usable() {
			return conn, nil
		}
		_ = conn.Close()
	}
}

func (d *direct) open(ctx context.Context) (*kept, error) {
	plain, err := d.dial(ctx)
	if err != nil {
		return nil, err
	}
	return d.keep(plain), nil
}

// keep makes a connection one of ours.
func (d *direct) keep(plain net.Conn) *kept {
	counting, _ := underneath(plain)
	conn := &kept{Conn: plain, counting: counting, owner: d, fresh: true}
	conn.abort = func() { _ = conn.SetDeadline(time.Unix(1, 0)) }
	if counting != nil {
		if socket, ok := counting.Conn.(syscall.Conn); ok {
			conn.socket, _ = socket.SyscallConn()
		}
	}
	conn.probe, conn.begins = conn.look, conn.hasBegun
	return conn
}

// release keeps a connection for the next call.
func (d *direct) release(conn *kept) {
	conn.fresh, conn.since = false, time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || len(d.idle) >= maxConnections {
		_ = conn.Close()
		return
	}
	d.idle = append(d.idle, conn)
	if d.expiry == nil {
		d.expiry = time.AfterFunc(idleTimeout, d.expire)
	}
}

// expire closes the connections that have not been used for long. Those used
// least are first.
func (d *direct) expire() {
	d.mu.Lock()
	defer d.mu.Unlock()
	kept := d.idle[:0]
	next := idleTimeout
	for _, conn := range d.idle {
		if unused := time.Since(conn.since); unused >= idleTimeout {
			_ = conn.Close()
		} else {
			next = min(next, idleTimeout-unused)
			kept = append(kept, conn)
		}
	}
	clear(d.idle[len(kept):])
	d.idle, d.expiry = kept, nil
	if len(kept) > 0 {
		d.expiry = time.AfterFunc(next, d.expire)
	}
}

// close closes the connections that no call uses; those of calls under way are
// closed when they end.
func (d *direct) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	for _, conn := range d.idle {
		_ = conn.Close()
	}
	d.idle = nil
	if d.expiry != nil {
		d.expiry.Stop()
	}
}

// kept is a connection that serves one call after another.
type kept struct {
	net.Conn
	counting *countingConn
	owner    *direct
	reader   *answerReader // while an answer is read
	unread   int64         // how much more may be read
	fresh    bool          // has not served a call yet
	since    time.Time     // when it was used last
	abort    func()        // makes reads and writes fail
	stop     func() bool   // lets go of the present call's context
	body     keptBody

	socket syscall.RawConn // nil where there is none
	probe  func(fd uintptr) bool
	silent bool // what probe found
	begins func(fd uintptr) bool
}

// usable tells whether a kept connection may be written to. net/http knows by the
// goroutine that reads; here the socket is asked.
func (c *kept) usable() bool {
	if c.socket == nil {
		return true
	}
	return c.socket.Read(c.probe) == nil && c.silent
}

// exchange sends a request and reads the headers of the answer. Its body must be
// closed.
func (c *kept) exchange(ctx context.Context, r *request) (*http.Response, error) {
	c.stop = context.AfterFunc(ctx, c.abort)
	response, err := c.roundTrip(r)
	if err != nil {
		c.stop()
		c.releaseReader()
		return nil, err
	}
	c.body = keptBody{ReadCloser: response.Body, conn: c, last: response.Close}
	response.Body = &c.body
	return response, nil
}

func (c *kept) roundTrip(r *request) (*http.Response, error) {
	if err := c.write(r); err != nil {
		return nil, err
	}
	if err := c.await(); err != nil {
		return nil, err
	}
	c.unread = maxAnswerHeader
	for range maxInterim + 1 {
		response, err := http.ReadResponse(c.reader.Reader, nil)
		if err != nil {
			return nil, err
		}
		interim := response.StatusCode/100 == 1 && response.StatusCode != http.StatusSwitchingProtocols
		if !interim {
			c.unread = math.MaxInt64
			return response, nil
		}
	}
	return nil, errTooManyInterim
}

func (c *kept) write(r *request) error {
	buffer := requestBuffers.get()
	defer requestBuffers.put(buffer)
	*buffer = r.appendTo(*buffer, c.owner.common)
	_, err := c.Write(*buffer)
	return err
}

// keptBody is the body of an answer. When it is closed, its connection is kept
// if the answer was read to its end and nothing came after it.
type keptBody struct {
	io.ReadCloser
	conn  *kept
	last  bool // the upstream closes the connection
	whole bool
}

// Read implements io.Reader.
func (b *keptBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.whole = b.whole || errors.Is(err, io.EOF)
	return n, err
}

// Close implements io.Closer. That of the inner body would read on.
func (b *keptBody) Close() error {
	c := b.conn
	reusable := c.stop() && b.whole && !b.last && c.reader.isEmpty()
	c.releaseReader()
	if reusable {
		c.owner.release(c)
		return nil
	}
	return c.Close()
}
