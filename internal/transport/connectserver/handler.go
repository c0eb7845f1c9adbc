package connectserver

import (
	"context"
	"net/http"
	"strings"

	"connectrpc.com/connect/v2"

	"github.com/wingspan-grpc/session-facade/internal/membudget"
	"github.com/wingspan-grpc/session-facade/internal/transport"
)

// call is one call, and its response.
type call struct {
	http.ResponseWriter
	*transport.Call
	protocol  *protocol
	procedure *procedure // nil: the service has no such method
	control   *http.ResponseController
	incoming  *membudget.Lease // of the request as it came
	begun     bool             // connect has found nothing to refuse
	discarded int              // the HTTP status by which connect has refused the call
	refused   int              // the HTTP status of a refusal, where it is not connect's
	status    int              // that was written
	err       error
}

type callKey struct{}

func callFromContext(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

// serve answers a call.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, p *procedure) {
	name, text := protocolOf(r)
	if text {
		encoded := newTextWriter(w, r)
		defer encoded.Close()
		w = encoded
	}
	c := &call{ResponseWriter: w, protocol: s.protocols[name], procedure: p, control: http.NewResponseController(w)}
	c.Call = c.protocol.NewCall(transport.HTTPHeader(r.Header), r.RemoteAddr)
	c.Method = c.protocol.Methods[r.URL.Path]
	defer c.Exchange.Lease.Release()
	defer func() { c.incoming.Release() }()
	ctx := context.WithValue(transport.NewContext(r.Context(), c.Call), callKey{}, c)
	r = r.WithContext(ctx)
	// See restgateway's handler for why a connection ends.
	if !s.pipeline.Health.IsServing() || len(r.TransferEncoding) > 0 {
		w.Header().Set("Connection", "close")
	}
	defer func() {
		if panicked := recover(); panicked != nil {
			s.refuse(c, r, c.Recovered(ctx, s.pipeline.Logger, panicked))
		}
		if c.Method != nil || p == nil { // health and reflection stay silent
			c.End(ctx, c.err, c.loggedStatus())
		}
	}()
	if err := s.call(ctx, c, r, text); err != nil {
		s.refuse(c, r, err)
	}
}

// call hands the call to connect, unless it returns an error.
func (s *Server) call(ctx context.Context, c *call, r *http.Request, text bool) error {
	compressed, err := s.check(c, r)
	if err != nil {
		return err
	}
	if c.procedure.StreamType&connect.StreamTypeClient == 0 {
		if err := s.read(ctx, c, r, text, compressed); err != nil {
			return err
		}
	}
	c.procedure.ServeHTTP(c, r)
	if c.begun {
		return nil
	}
	switch c.discarded {
	case http.StatusUnsupportedMediaType:
		return errMediaType
	case http.StatusHTTPVersionNotSupported:
		return errVersion
	}
	return errMalformed
}

// check refuses what the headers are enough to refuse, and tells whether the request is
// compressed.
func (s *Server) check(c *call, r *http.Request) (compressed bool, err error) {
	if err := transport.CheckHeader(r.Header); err != nil {
		return false, err
	}
	if c.procedure == nil {
		return false, errUnknown
	}
	if err := checkVerb(c, r); err != nil {
		return false, err
	}
	if err := checkContentType(c, r); err != nil {
		return false, err
	}
	if c.Method != nil && s.pipeline.InFlight.Full() {
		return false, transport.ErrOverloaded // before anything is spent on it
	}
	switch c.compression(r) {
	case "", connect.CompressionNameIdentity:
		return false, nil
	case connect.CompressionNameGzip:
		return true, nil
	}
	return false, errCompression
}

func checkVerb(c *call, r *http.Request) error {
	allow := http.MethodPost
	if c.procedure.IdempotencyLevel == connect.IdempotencyNoSideEffects {
		allow = http.MethodGet + ", " + allow
	}
	switch {
	case r.Method == http.MethodPost:
		return nil
	case r.Method != http.MethodGet || len(allow) == len(http.MethodPost):
		c.Header().Set("Allow", allow)
		return errVerb
	case r.ContentLength != 0:
		return errBodyOfGet
	}
	return nil
}

// loggedStatus is the HTTP status that the access line tells; that of gRPC says nothing.
func (c *call) loggedStatus() int {
	if c.protocol.Name == transport.ProtocolConnect {
		return c.status
	}
	return 0
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
	header := c.Header()
	header["X-Content-Type-Options"] = nosniff
	if len(header["Cache-Control"]) == 0 {
		header["Cache-Control"] = noStore // responses hold tokens
	}
	c.ResponseWriter.WriteHeader(status)
}

// What the headers of most responses say; read-only.
var (
	nosniff = []string{"nosniff"}
	noStore = []string{"no-store"}
)

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

// protocolOf finds the protocol of a call. What is none of the others is Connect's, whose
// errors anybody can read. text says that it is gRPC-Web as text, which the request's
// header tells no more then.
func protocolOf(r *http.Request) (name string, text bool) {
	values := r.Header["Content-Type"]
	if len(values) == 0 || r.Method != http.MethodPost {
		return transport.ProtocolConnect, false
	}
	switch rest, ok := strings.CutPrefix(values[0], "application/grpc"); {
	case !ok:
		return transport.ProtocolConnect, false
	case strings.HasPrefix(rest, textSuffix):
		r.Header["Content-Type"] = []string{"application/grpc-web" + strings.TrimPrefix(rest, textSuffix)}
		return transport.ProtocolGRPCWeb, true
	case strings.HasPrefix(rest, "-web"):
		return transport.ProtocolGRPCWeb, false
	default:
		return transport.ProtocolGRPC, false
	}
}
