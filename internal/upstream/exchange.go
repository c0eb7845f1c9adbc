package upstream

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"sync/atomic"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/membudget"
	"github.com/wingspan-grpc/session-facade/internal/relay"
)

// maxInterim is how many interim responses (HTTP 1xx) may come before the response.
const maxInterim = 16

// CopiesOfResponse is how often the body of a response is held at a time, at most: as
// bytes, as the message decoded from them, and as what is sent of it. Lists of short
// strings take that much (4.8 over gRPC, 4.0 over REST, measured at the peak).
const CopiesOfResponse = 5

var errTooLarge = errors.New("too large")

// attempt makes one HTTP exchange on a connection that is not older than
// madeAfter. The error is an *Error.
func (c *Conn) attempt(ctx context.Context, r *request, lease *membudget.Lease, madeAfter time.Time) (*relay.Response, *Error) {
	taken, err := c.pool.Take(ctx, madeAfter)
	if err != nil {
		return nil, noResponse(ctx, err, unsent)
	}
	defer c.pool.Release(taken)
	started, before := time.Now(), taken.Written()
	var sent sending
	request := r.toHTTP(sent.trace(ctx))
	request.Close = c.options.Pool.SingleUseHTTP1 && !taken.HTTP2
	got, err := taken.RoundTrip(request)
	if err == nil {
		defer got.Body.Close()
		return c.read(ctx, got, lease)
	}
	failed := noResponse(ctx, err, maybeProcessed)
	// The headers may have gone no further than a buffer.
	unwritten := !sent.wrote.Load() || taken.Written() == before
	switch {
	case unwritten && taken.HTTP2 && taken.Available() == 0:
		failed.progress = notProcessed // the upstream was about to close the connection
	case unwritten:
		failed.progress = unsent
	case isRefusal(err):
		failed.progress = notProcessed
	}
	if failed.fault == timedOut {
		// No longer than the call could: where this process was held up, it looks later.
		deadline, _ := ctx.Deadline()
		failed.waited = min(time.Since(started), deadline.Sub(started))
		if failed.waited >= min(suspicious, c.ownTimeout()) {
			c.pool.Suspect(started)
		}
	}
	return nil, failed
}

// suspicious is how long a call waits at least before the connections that were
// silent meanwhile are given up: longer than calls usually take.
const suspicious = 900 * time.Millisecond

// ownTimeout is how long an attempt that has run into our own timeout has waited
// at least: a part of it may have passed before the attempt.
func (c *Conn) ownTimeout() time.Duration {
	return c.options.Timeout - min(c.options.Timeout/5, time.Second)
}

// sending notes how far a request came.
type sending struct {
	wrote   atomic.Bool  // whether the headers were handed to the connection
	interim atomic.Int32 // how many interim responses have come
}

// trace lets net/http note it, and bounds the interim responses.
func (s *sending) trace(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteHeaders: func() { s.wrote.Store(true) },
		Got1xxResponse: func(int, textproto.MIMEHeader) error {
			if s.interim.Add(1) > maxInterim {
				return errors.New("too many interim responses")
			}
			return nil
		},
	})
}

// read reads a response to its end.
func (c *Conn) read(ctx context.Context, got *http.Response, lease *membudget.Lease) (*relay.Response, *Error) {
	if got.StatusCode < http.StatusOK {
		// The body of a 101 is the connection itself, which heeds no deadline.
		return nil, brokenContract(fmt.Sprintf("it answered HTTP %d, which ends no call", got.StatusCode))
	}
	r := &relay.Response{Status: got.StatusCode, Header: got.Header}
	success := r.Status/100 == 2
	limit := c.options.MaxErrorBytes
	if success {
		limit = c.options.MaxResponseBytes
	}
	var err error
	r.Body, err = readBody(ctx, got, lease, limit)
	switch {
	case errors.Is(err, membudget.ErrExhausted):
		return nil, overloaded(ctx)
	case success && errors.Is(err, errTooLarge):
		return nil, brokenContract(fmt.Sprintf("its response is larger than %d bytes", limit))
	case success && err != nil:
		return nil, truncated(ctx, err)
	case success:
		return r, nil
	case err != nil:
		r.Body = nil // the status is worth more than half a body
	}
	return nil, failure(r)
}

// readBody reads a body of at most limit bytes. Before it reads more than
// membudget.Free, it charges the call's lease for them.
func readBody(ctx context.Context, got *http.Response, lease *membudget.Lease, limit int64) ([]byte, error) {
	if got.Body == http.NoBody {
		return nil, nil
	}
	size, free := max(0, got.ContentLength), min(limit, membudget.Free)+1
	if size > limit {
		return nil, errTooLarge
	}
	var buffer bytes.Buffer
	buffer.Grow(int(min(size, free)) + bytes.MinRead) // ReadFrom looks for this much room before it sees the end
	if n, err := buffer.ReadFrom(io.LimitReader(got.Body, free)); err != nil || n < free {
		return buffer.Bytes(), err
	}
	if free > limit {
		return nil, errTooLarge
	}
	held := lease.Held()
	if err := lease.Grow(ctx, CopiesOfResponse*cmp.Or(size, limit)); err != nil {
		return nil, err
	}
	buffer.Grow(int(max(0, size-free)) + bytes.MinRead)
	_, err := buffer.ReadFrom(io.LimitReader(got.Body, limit+1-free))
	lease.Shrink(max(0, lease.Held()-held-CopiesOfResponse*int64(buffer.Len())))
	if err == nil && int64(buffer.Len()) > limit {
		err = errTooLarge
	}
	return buffer.Bytes(), err
}
