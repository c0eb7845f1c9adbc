package connectserver

import (
	"bytes"
	"context"
	"net/http"

	"github.com/wingspan-grpc/session-facade/internal/membudget"
	"github.com/wingspan-grpc/session-facade/internal/transport"
	"github.com/wingspan-grpc/session-facade/internal/transport/httpport"
)

// call is one call, and its response.
type call struct {
	http.ResponseWriter
	*transport.Call
	procedure  *procedure         // nil: the service has no such method
	response   *httpport.Response // under ResponseWriter
	control    *http.ResponseController
	http2      bool
	text       *textWriter      // nil: it is not sent as text
	compressed bool             // the request is
	incoming   *membudget.Lease // of the request as it came
	begun      bool             // connect has found nothing to refuse
	discarded  int              // the HTTP status by which connect has refused the call
	refused    int              // the HTTP status of a refusal, where it is not connect's
	status     int              // that was written
	err        error
}

type callKey struct{}

func callFromContext(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

func (s *Server) newCall(w *httpport.Response, r *http.Request, p *procedure) *call {
	name, text := protocolOf(r)
	c := &call{ResponseWriter: w, response: w, Call: s.protocols[name].NewCall(transport.HTTPHeader(r.Header), r.RemoteAddr),
		procedure: p, http2: r.ProtoMajor == 2}
	if text {
		c.text = &textWriter{ResponseWriter: w}
		c.ResponseWriter = c.text
	}
	c.control = http.NewResponseController(c.ResponseWriter)
	c.Method = c.Protocol.Methods[r.URL.Path]
	return c
}

// finish ends the call: what is left of its response is sent, its line is written, and
// what it was charged is given back.
func (c *call) finish(ctx context.Context) {
	if c.text != nil {
		_ = c.text.Close()
	}
	if c.Method != nil || c.procedure == nil { // health and reflection stay silent
		status := 0 // that of gRPC says nothing
		if c.Protocol.Name == transport.ProtocolConnect {
			status = c.status
		}
		c.End(ctx, c.err, status)
	}
	c.incoming.Release()
	c.Exchange.Lease.Release()
}

// discards tells whether connect is refusing the call by itself, which it does in words
// of its own. The call is refused in ours then.
func (c *call) discards() bool { return !c.begun && c.err == nil }

// WriteHeader implements http.ResponseWriter.
func (c *call) WriteHeader(status int) {
	if c.discards() {
		c.discarded = status
		return
	}
	if c.status != 0 {
		return
	}
	if c.refused != 0 {
		status = c.refused
	}
	c.status = status
	if c.Protocol.Name != transport.ProtocolGRPC {
		httpport.SetDefaults(c.Header())
	}
	c.ResponseWriter.WriteHeader(status)
}

// maxCopied is how much of a response is copied at a time: a frame of HTTP/2's.
const maxCopied = 16 << 10

// Write implements http.ResponseWriter. Over HTTP/2, net/http may still be about to read
// what it was given when the peer has reset the stream, and connect uses its buffers again,
// for the responses of others: net/http gets copies.
func (c *call) Write(data []byte) (written int, err error) {
	if c.discards() {
		return len(data), nil
	}
	c.WriteHeader(http.StatusOK)
	if !c.http2 {
		return c.ResponseWriter.Write(data)
	}
	for len(data) > 0 && err == nil {
		var n int
		n, err = c.ResponseWriter.Write(bytes.Clone(data[:min(len(data), maxCopied)]))
		written, data = written+n, data[n:]
	}
	return written, err
}

// Flush implements http.Flusher.
func (c *call) Flush() {
	if c.discards() {
		return
	}
	c.WriteHeader(http.StatusOK)
	_ = c.control.Flush()
}

// Unwrap lets http.ResponseController reach the connection.
func (c *call) Unwrap() http.ResponseWriter { return c.ResponseWriter }
