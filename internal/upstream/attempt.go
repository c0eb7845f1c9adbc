package upstream

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
)

// answer is what the upstream said, read whole.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// attempt makes one HTTP exchange. The error is an *Error.
func (c *Conn) attempt(ctx context.Context, sent *wireLog, request *http.Request) (*answer, *Error) {
	within, cancel := context.WithCancel(ctx)
	defer cancel()
	response, err := c.options.Transport.RoundTrip(request.WithContext(sent.trace(within, cancel)))
	if err != nil {
		return nil, noAnswer(ctx, err)
	}
	defer response.Body.Close()
	if response.StatusCode < http.StatusOK {
		// The body of a 101 is the connection itself, which heeds no deadline.
		return nil, brokenContract(fmt.Sprintf("it answered HTTP %d, which ends no call", response.StatusCode))
	}
	a := &answer{status: response.StatusCode, header: response.Header}
	success := a.status/100 == 2
	limit := c.options.MaxErrorBytes
	if success {
		limit = c.options.MaxAnswerBytes
	}
	a.body, err = readUpTo(response.Body, limit+1, response.ContentLength)
	tooLarge := int64(len(a.body)) > limit
	switch {
	case success && err != nil:
		return nil, cutOff(ctx, err)
	case success && tooLarge:
		return nil, brokenContract(fmt.Sprintf("its answer is larger than %d bytes", limit))
	case success:
		return a, nil
	case err != nil || tooLarge:
		a.body = nil // the status is worth more than half a body
	}
	return nil, a.failure()
}

// maxTrusted is how much memory is set aside for a body on the word of its
// Content-Length.
const maxTrusted = 1 << 20

// readUpTo reads to the end, or to a limit; length is what is expected, -1 where
// that is not known.
func readUpTo(body io.Reader, limit, length int64) ([]byte, error) {
	var buffer bytes.Buffer
	// ReadFrom looks for this much room before it sees the end.
	buffer.Grow(int(min(max(length, 0), maxTrusted)) + bytes.MinRead)
	_, err := buffer.ReadFrom(io.LimitReader(body, limit))
	return buffer.Bytes(), err
}

// wireLog notes what of a call has gone to the upstream, over all its attempts,
// and stops net/http from repeating by itself what must not be repeated: it
// sends a request anew when a kept connection turns out to be closed, and over
// HTTP/2 when the server refuses a stream.
type wireLog struct {
	limit int // how often the call may reach the upstream

	mu      sync.Mutex
	reached int           // how often it may have, before the present connection
	header  bool          // whether the present one was given the headers
	conn    *countingConn // the present one, and
	written int64         // what it had written before
}

// trace makes a context whose request is noted; stop must cancel it.
func (l *wireLog) trace(ctx context.Context, stop func()) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			plain, shared := underneath(info.Conn)
			if l.begin(plain) {
				return
			}
			stop()
			if !shared {
				_ = info.Conn.Close() // HTTP/1.1 would write before it looks at the context
			}
		},
		WroteHeaders: func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.header = true
		},
	})
}

// begin notes that a connection was taken, and tells whether it may be used.
func (l *wireLog) begin(conn *countingConn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.left() {
		l.reached++
	}
	l.header, l.conn = false, conn
	if conn != nil {
		l.written = conn.written.Load()
	}
	return l.reached < l.limit
}

// left tells whether any byte of the call may have left by the present
// connection.
func (l *wireLog) left() bool {
	if l.conn != nil {
		return l.conn.written.Load() > l.written
	}
	return l.header
}

// times is how often the call may have reached the upstream.
func (l *wireLog) times() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.left() {
		return l.reached + 1
	}
	return l.reached
}

// countingConn counts what is written to a connection.
type countingConn struct {
	net.Conn
	written atomic.Int64
}

func (c *countingConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.written.Add(int64(n))
	return n, err
}

// underneath finds the counting connection under one that a request was given.
// A connection of HTTP/2 is shared by many requests: what is written to it tells
// nothing of one of them, so it has none.
func underneath(conn net.Conn) (counting *countingConn, shared bool) {
	if secured, ok := conn.(*tls.Conn); ok {
		if secured.ConnectionState().NegotiatedProtocol == "h2" {
			return nil, true
		}
		conn = secured.NetConn()
	}
	counting, _ = conn.(*countingConn)
	return counting, false
}
