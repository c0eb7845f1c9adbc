package connectserver

import (
	"context"
	"net/http"
	"strings"

	"connectrpc.com/connect/v2"

	"github.com/wingspan-grpc/session-facade/internal/transport"
	"github.com/wingspan-grpc/session-facade/internal/transport/httpport"
)

// serve takes a call.
func (s *Server) serve(w *httpport.Response, r *http.Request, p *procedure) {
	refusal := transport.CheckHeader(r.Header)
	if refusal != nil {
		r.Header = keptHeader(r.Header)
	}
	c := s.newCall(w, r, p)
	ctx := context.WithValue(transport.NewContext(r.Context(), c.Call), callKey{}, c)
	r = r.WithContext(ctx)
	httpport.SetConnection(w.Header(), s.pipeline, r)
	defer func() {
		if panicked := recover(); panicked != nil {
			s.refuse(c, r, c.Recovered(ctx, s.pipeline.Logger, panicked))
		}
		c.finish(ctx)
	}()
	if refusal == nil {
		refusal = s.call(ctx, c, r)
	}
	if refusal != nil {
		s.refuse(c, r, refusal)
	}
}

// keptHeader is what is kept of too many headers while the refusal waits to be taken.
func keptHeader(all http.Header) http.Header {
	kept := http.Header{}
	for _, name := range []string{"Content-Type", "X-Request-Id", "Traceparent"} {
		if value := all.Get(name); value != "" {
			kept.Set(name, value)
		}
	}
	return kept
}

// call hands the call to connect, unless it returns an error.
func (s *Server) call(ctx context.Context, c *call, r *http.Request) error {
	if err := s.check(c, r); err != nil {
		return err
	}
	if c.procedure.StreamType&connect.StreamTypeClient == 0 {
		if err := s.read(ctx, c, r); err != nil {
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

// maxParameters bounds a query, as headers are bounded: connect keeps it, taken apart, of
// each call. A call by GET has five.
const maxParameters = 16

// check refuses what the headers are enough to refuse.
func (s *Server) check(c *call, r *http.Request) error {
	if c.procedure == nil {
		return errUnknown
	}
	if strings.Count(r.URL.RawQuery, "&") >= maxParameters {
		return errParameters
	}
	if err := checkVerb(c, r); err != nil {
		return err
	}
	if err := checkContentType(c, r); err != nil {
		return err
	}
	if c.Method != nil && s.pipeline.InFlight.Full() {
		return transport.ErrOverloaded // before anything is spent on it
	}
	switch c.compression(r) {
	case "", connect.CompressionNameIdentity:
	case connect.CompressionNameGzip:
		c.compressed = true
	default:
		return errCompression
	}
	return nil
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
