package restgateway

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/transport"
	"github.com/wingspan-grpc/session-facade/internal/transport/httpport"
)

// HandleMalformed makes a server answer, and log, what net/http refuses without calling
// a handler as all other errors are: a path that cannot be decoded, no Host, headers
// that are too large. net/http has no hook for these, but it writes each of them as one
// text, on a connection whose request no handler has got. Call it before the server
// serves the listener that it returns. A tls.Conn net/http needs for itself: those are of
// HTTP/2 or have failed.
func (g *Gateway) HandleMalformed(server *http.Server, listener net.Listener) net.Listener {
	handler, connState, connContext := server.Handler, server.ConnState, server.ConnContext
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if conn, ok := r.Context().Value(connKey{}).(*malformedConn); ok {
			conn.handled.Store(true)
		}
		handler.ServeHTTP(w, r)
	})
	server.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		if connContext != nil {
			ctx = connContext(ctx, conn)
		}
		return context.WithValue(ctx, connKey{}, conn)
	}
	server.ConnState = func(conn net.Conn, state http.ConnState) {
		if own, ok := conn.(*malformedConn); ok {
			conn = own.Conn
			if state == http.StateIdle {
				own.handled.Store(false)
			}
		}
		if connState != nil {
			connState(conn, state)
		}
	}
	return &malformedListener{listener, g}
}

type connKey struct{}

type malformedListener struct {
	net.Listener
	gateway *Gateway
}

// Accept implements net.Listener.
func (l *malformedListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if _, secured := conn.(*tls.Conn); secured {
		return conn, nil
	}
	return &malformedConn{Conn: conn, gateway: l.gateway}, nil
}

// malformedConn is a connection on which net/http's own refusals are replaced.
type malformedConn struct {
	net.Conn
	gateway *Gateway
	handled atomic.Bool // a handler has got the request that is answered now
}

// Write implements net.Conn.
func (c *malformedConn) Write(b []byte) (int, error) {
	if c.handled.Load() {
		return c.Conn.Write(b)
	}
	refusal, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(b)), nil)
	if err != nil || refusal.StatusCode < http.StatusBadRequest {
		return c.Conn.Write(b) // such as the response to OPTIONS *, which has no handler either
	}
	defer refusal.Body.Close()
	if err := c.gateway.refuseMalformed(c.Conn, refusal); err != nil {
		return 0, err
	}
	return len(b), nil
}

// CloseWrite lets the peer read a refusal before the connection is reset.
func (c *malformedConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// refuseMalformed answers, and logs, a request that net/http refuses. Its status text
// says why, and quotes nothing.
func (g *Gateway) refuseMalformed(to net.Conn, refusal *http.Response) error {
	call := g.protocol.NewCall(transport.HTTPHeader(nil), to.RemoteAddr().String())
	defer call.Exchange.Lease.Release()
	err := transport.RefuseInvalid("the request cannot be read as HTTP: " + refusal.Status)
	call.End(context.Background(), err, refusal.StatusCode)
	body := errorBody(nil, err)
	response := http.Response{StatusCode: refusal.StatusCode, ProtoMajor: 1, ProtoMinor: 1, Close: true,
		Header: http.Header{"Content-Type": applicationJSON, "Date": {time.Now().UTC().Format(http.TimeFormat)}, "X-Request-Id": {call.RequestID}},
		Body:   io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body))}
	httpport.SetDefaults(response.Header)
	return response.Write(to)
}
