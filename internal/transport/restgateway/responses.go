package restgateway

import (
	"cmp"
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
	waiting := transport.NewWaiters(g.pipeline.MaxInFlight)
	waiting.Grace = responseGrace
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := &recorder{ResponseWriter: w, waiting: waiting}
		defer rec.finish(r)
		if r.ContentLength != 0 && r.ProtoMajor == 1 {
			// net/http reads what a handler has left before it sends the response.
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout))
		}
		if rec.err = transport.CheckHeader(r.Header); rec.err != nil {
			r.Header = http.Header{}
			g.ServeHTTP(rec, r)
			return
		}
		next.ServeHTTP(rec, r)
	})
}

// recorder is one response: it bounds what of it waits to be taken, and notes what the
// access line tells of a call.
type recorder struct {
	http.ResponseWriter // net/http's own

	waiting *transport.Waiters // nil: bounded elsewhere
	done    func()             // takes it out of those that wait; nil before the first write
	end     time.Time
	ended   atomic.Bool // it has given way to others

	call       *transport.Call // nil where it is no RPC's
	rpc        *rpc
	pathValues []string
	body       requestBody
	gzip       bool  // the response may be compressed
	success    int   // the status of a success; 0 is 200
	status     int   // that was written
	err        error // that the call is refused with, or has ended with
}

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
		if header := r.Header(); r.call != nil && len(header["Cache-Control"]) == 0 {
			header["Cache-Control"] = noStore // responses hold tokens
		}
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (r *recorder) Write(data []byte) (int, error) {
	if r.status == 0 {
		status := cmp.Or(r.success, http.StatusOK)
		if status == http.StatusNoContent {
			r.Header().Del("Content-Length") // RFC 9110, section 8.6
		}
		r.WriteHeader(status)
	}
	switch {
	case len(data) == 0:
		return 0, nil
	case r.waiting == nil:
		return r.ResponseWriter.Write(data)
	}
	return r.writeBounded(data)
}

// writeBounded writes within the bounds of time and number.
func (r *recorder) writeBounded(data []byte) (written int, err error) {
	now := time.Now()
	if r.done == nil {
		r.end = now.Add(responseTimeout)
		r.done = r.waiting.Add(r.giveWay)
	}
	for {
		deadline := now.Add(stallTimeout)
		if deadline.After(r.end) {
			deadline = r.end
		}
		r.setWriteDeadline(deadline)
		if r.ended.Load() {
			return written, os.ErrDeadlineExceeded
		}
		n, err := r.ResponseWriter.Write(data[:min(len(data), piece)])
		written, data = written+n, data[n:]
		if err != nil || len(data) == 0 {
			return written, err
		}
		now = time.Now()
	}
}

// giveWay ends the response, on a goroutine of another.
func (r *recorder) giveWay() {
	r.ended.Store(true)
	r.setWriteDeadline(time.Unix(1, 0))
}

func (r *recorder) setWriteDeadline(deadline time.Time) {
	_ = http.NewResponseController(r.ResponseWriter).SetWriteDeadline(deadline)
}

// finish sends, over HTTP/2, what net/http would send, and wait for, when the handler has
// returned: that waits too. Over HTTP/1.1 it is one response for each connection.
func (r *recorder) finish(request *http.Request) {
	if r.done == nil {
		return
	}
	defer r.done()
	if request.ProtoMajor == 2 {
		_ = http.NewResponseController(r.ResponseWriter).Flush()
	}
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
