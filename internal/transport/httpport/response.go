package httpport

import (
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/transport"
)

// responseTimeout is how long a peer may take for all of a response.
const responseTimeout = 2 * time.Minute

// responseGrace is how long a response may wait before it gives way to others.
const responseGrace = time.Second

// NewWaiters makes the bound on the responses of a server that wait to be taken: over
// HTTP/2 a connection may have a hundred of these, each with a goroutine and its buffers.
func NewWaiters(p *transport.Pipeline) *transport.Waiters {
	w := transport.NewWaiters(p.MaxInFlight)
	w.Grace = responseGrace
	return w
}

// Response is one response, bounded in time and in number.
type Response struct {
	http.ResponseWriter
	request *http.Request
	waiting *transport.Waiters
	control *http.ResponseController
	done    func() // takes it out of those that wait; nil before the first write
	end     time.Time
	late    time.Time   // the deadline of writes
	ended   atomic.Bool // it has given way to others
	lasting bool        // what is written is a stream's
}

// NewResponse bounds a response, and the time for the body of its request, which may be
// answered without it.
func NewResponse(w http.ResponseWriter, r *http.Request, waiting *transport.Waiters) *Response {
	control := http.NewResponseController(w)
	if r.ContentLength != 0 && r.ProtoMajor == 1 {
		// net/http reads what a handler has left before it sends the response.
		_ = control.SetReadDeadline(time.Now().Add(transport.RequestTimeout))
	}
	return &Response{ResponseWriter: w, request: r, waiting: waiting, control: control}
}

// Write implements http.ResponseWriter.
func (r *Response) Write(data []byte) (written int, err error) {
	if r.lasting {
		return r.ResponseWriter.Write(data)
	}
	if r.done == nil {
		r.end = time.Now().Add(responseTimeout)
		r.done = r.waiting.Add(r.giveWay)
	}
	for {
		deadline := time.Now().Add(transport.StallTimeout)
		if deadline.After(r.end) {
			deadline = r.end
		}
		if deadline.Sub(r.late) > responseGrace { // over HTTP/2, setting it costs as much as a frame
			_ = r.control.SetWriteDeadline(deadline)
			r.late = deadline
		}
		if r.ended.Load() {
			return written, os.ErrDeadlineExceeded
		}
		n, err := r.ResponseWriter.Write(data[:min(len(data), transport.Piece)])
		written, data = written+n, data[n:]
		if err != nil || len(data) == 0 {
			return written, err
		}
	}
}

// SetLasting says whether what is written is a stream's, which has bounds of its own.
func (r *Response) SetLasting(lasting bool) { r.lasting = lasting }

// giveWay ends the response, on a goroutine of another.
func (r *Response) giveWay() {
	r.ended.Store(true)
	_ = r.control.SetWriteDeadline(time.Unix(1, 0))
}

// Finish sends, over HTTP/2, what net/http would send, and wait for, when the handler has
// returned: that waits too. Over HTTP/1.1 it is one response for each connection.
func (r *Response) Finish() {
	if r.done == nil {
		return
	}
	defer r.done()
	if r.request.ProtoMajor == 2 {
		_ = r.control.Flush()
	}
}

// Unwrap lets http.ResponseController reach the connection.
func (r *Response) Unwrap() http.ResponseWriter { return r.ResponseWriter }
