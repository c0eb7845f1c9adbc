package httpport

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/membudget"
	"github.com/wingspan-grpc/session-facade/internal/transport"
)

// usualBody is as much as there is room for before it has come: what is announced and does
// not come must cost little.
const usualBody = 4 << 10

// ReadBody reads a body of up to limit bytes whole, within the bounds of time, of number
// and of memory. A call takes no place in flight meanwhile: nobody is kept out by bodies
// that do not come. A larger one is refused with tooLarge. The lease is of what the body
// takes until the call itself is charged.
func ReadBody(ctx context.Context, p *transport.Pipeline, w http.ResponseWriter, r *http.Request, limit int64, tooLarge error) ([]byte, *membudget.Lease, error) {
	switch {
	case r.ContentLength > limit:
		return nil, nil, tooLarge
	case r.ContentLength == 0:
		return nil, nil, nil
	}
	control := http.NewResponseController(w)
	deadline := time.Now().Add(transport.RequestTimeout)
	_ = control.SetReadDeadline(deadline)
	defer p.Incomplete.Add(func() { _ = control.SetReadDeadline(time.Unix(1, 0)) })()
	source := http.MaxBytesReader(innermost(w), r.Body, limit)
	var buffer bytes.Buffer
	buffer.Grow(int(min(max(r.ContentLength, 0), usualBody)) + bytes.MinRead)
	if _, err := io.CopyN(&buffer, source, membudget.Free); err != nil {
		return buffer.Bytes(), nil, bodyError(err, tooLarge)
	}
	expected := r.ContentLength
	if expected < 0 {
		expected = limit // what else there is nobody knows
	}
	incoming := p.Incoming.Lease()
	wait, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	if incoming.Grow(wait, expected) != nil {
		return nil, nil, transport.ErrNoMemory
	}
	buffer.Grow(int(expected) - buffer.Len() + bytes.MinRead)
	if _, err := buffer.ReadFrom(source); err != nil {
		incoming.Release()
		return nil, nil, bodyError(err, tooLarge)
	}
	body := buffer.Bytes()
	if int64(len(body)) < expected {
		body = bytes.Clone(body)
	}
	return body, incoming, nil
}

// Reserve charges a call for a request of so many bytes, held in so many copies. Those that
// wait for the memory are bounded in time and in number, since what has come of them may be
// in no sum.
func Reserve(ctx context.Context, p *transport.Pipeline, c *transport.Call, size, copies int) error {
	if size > membudget.Free {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		defer cancel()
		defer p.Incomplete.Add(cancel)()
	}
	return c.Reserve(ctx, p.Timeout, size, copies)
}

// bodyError is the refusal for a body that could not be read; nil at its end.
func bodyError(err, tooLarge error) error {
	var overLimit *http.MaxBytesError
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case errors.As(err, &overLimit):
		return tooLarge
	default:
		return transport.RefuseInvalid("the body could not be read to its end")
	}
}

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
