package connectserver

import (
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
	procedure  *procedure // nil: the service has no such method
	control    *http.ResponseController
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

func (s *Server) newCall(w http.ResponseWriter, r *http.Request, p *procedure) *call {
	name, text := protocolOf(r)
	c := &call{ResponseWriter: w, Call: s.protocols[name].NewCall(transport.HTTPHeader(r.Header), r.RemoteAddr), procedure: p}
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

// Write implements http.ResponseWriter.
func (c *call) Write(data []byte) (int, error) {
	if c.discards() {
		return len(data), nil
	}
	c.WriteHeader(http.StatusOK)
	return c.ResponseWriter.Write(data)
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
