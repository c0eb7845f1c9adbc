package restgateway

import (
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/transport"
)

// How long a peer may take none of a response, and how long it may take for all of it.
// What it does not take is memory that others wait for.
const (
	stallTimeout    = 30 * time.Second
	responseTimeout = 2 * time.Minute
)

// responseGrace is how long a response may wait before it gives way to others.
const responseGrace = time.Second

// piece is how much of a response must be taken for it to count as progress.
const piece = 64 << 10

// Bound bounds what the calls of a server hold for their peers: the number of headers, the
// time for the body, also of a call that is answered without it, and in time and in number
// the responses that wait to be taken. Over HTTP/2 a connection may
// have a hundred of these, each with a goroutine and its buffers. See Waiters for what
// happens to more than there may be calls in flight.
func (g *Gateway) Bound(next http.Handler) http.Handler {
	waiting := transport.NewWaiters(g.maxResponses)
	waiting.Grace = responseGrace
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b := &boundedResponse{ResponseWriter: w, waiting: waiting, control: http.NewResponseController(w)}
		defer b.finish(r)
		if r.ContentLength != 0 && r.ProtoMajor == 1 {
			// net/http reads what a handler has left before it sends the response.
			_ = b.control.SetReadDeadline(time.Now().Add(bodyTimeout))
		}
		if err := transport.CheckHeader(r.Header); err != nil {
			r.Header = http.Header{}
			g.refuse(b, r, err)
			return
		}
		next.ServeHTTP(b, r)
	})
}

// refuse answers a call that no handler gets.
func (g *Gateway) refuse(w http.ResponseWriter, r *http.Request, err error) {
	c := g.protocol.NewCall(transport.HTTPHeader(r.Header), r.RemoteAddr)
	defer c.Exchange.Lease.Release()
	rec := &recorder{ResponseWriter: w, call: c}
	w.Header()["X-Content-Type-Options"] = nosniff
	writeError(rec, err)
	c.End(transport.NewContext(r.Context(), c), err, rec.status)
}

// boundedResponse is one response.
type boundedResponse struct {
	http.ResponseWriter
	waiting *transport.Waiters
	control *http.ResponseController
	done    func() // takes it out of those that wait; nil before the first write
	end     time.Time
	ended   atomic.Bool // it has given way to others
}

// Write implements http.ResponseWriter.
func (b *boundedResponse) Write(data []byte) (written int, err error) {
	if b.done == nil {
		b.end = time.Now().Add(responseTimeout)
		b.done = b.waiting.Add(b.giveWay)
	}
	for {
		deadline := time.Now().Add(stallTimeout)
		if deadline.After(b.end) {
			deadline = b.end
		}
		_ = b.control.SetWriteDeadline(deadline)
		if b.ended.Load() {
			return written, os.ErrDeadlineExceeded
		}
		n, err := b.ResponseWriter.Write(data[:min(len(data), piece)])
		written, data = written+n, data[n:]
		if err != nil || len(data) == 0 {
			return written, err
		}
	}
}

// giveWay ends the response, on a goroutine of another.
func (b *boundedResponse) giveWay() {
	b.ended.Store(true)
	_ = b.control.SetWriteDeadline(time.Unix(1, 0))
}

// finish sends, over HTTP/2, what net/http would send, and wait for, when the handler has
// returned: that waits too. Over HTTP/1.1 it is one response for each connection.
func (b *boundedResponse) finish(r *http.Request) {
	if b.done == nil {
		return
	}
	defer b.done()
	if r.ProtoMajor == 2 {
		_ = b.control.Flush()
	}
}

// Unwrap lets http.ResponseController reach the connection.
func (b *boundedResponse) Unwrap() http.ResponseWriter { return b.ResponseWriter }

// innermost is net/http's own response, which http.MaxBytesReader tells of a body that is
// too large.
func innermost(w http.ResponseWriter) http.ResponseWriter {
	for {
		wrapped, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return w
		}
		w = wrapped.Unwrap()
	}
}
