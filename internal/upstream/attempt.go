package upstream

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
)

// answer is what the upstream said, read whole.
type answer struct {
	status int
	header http.Header
	body   []byte
	buffer *bytes.Buffer // that the body is in
}

// attempt makes one HTTP exchange. The error is an *Error.
func (c *Conn) attempt(ctx context.Context, sent *wireLog, r *request) (*answer, *Error) {
	response, err := c.wire.pick(r).send(ctx, sent, r)
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
	err = a.readUpTo(response.Body, limit+1, response.ContentLength)
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
// Content-Length, and kept for the next.
const maxTrusted = 1 << 20

// bodies are kept for the next answer.
var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// readUpTo reads to the end, or to a limit; length is what is expected, -1 where
// that is not known.
func (a *answer) readUpTo(body io.Reader, limit, length int64) error {
	buffer, ok := bodies.Get().(*bytes.Buffer)
	if !ok {
		buffer = new(bytes.Buffer)
	}
	// ReadFrom looks for this much room before it sees the end.
	buffer.Grow(int(min(max(length, 0), maxTrusted)) + bytes.MinRead)
	_, err := buffer.ReadFrom(io.LimitReader(body, limit))
	a.body, a.buffer = buffer.Bytes(), buffer
	return err
}

// release lets the next answer have the body's memory. It must not be used after.
func (a *answer) release() {
	clear(a.body) // it may hold credentials
	if a.buffer != nil && a.buffer.Cap() <= maxTrusted+bytes.MinRead {
		a.buffer.Reset()
		bodies.Put(a.buffer)
	}
	a.body, a.buffer = nil, nil
}
