package connlimit

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"
)

// tlsListener makes the handshakes of a Listener's connections, before net/http has
// them: only so is it known which bytes are part of a request, and which of a handshake
// or of HTTP/2, which sends many without a request.
type tlsListener struct {
	*Listener
	config *tls.Config
	ready  chan accepted
}

// accepted is what Accept returns.
type accepted struct {
	conn net.Conn
	err  error
}

// TLS is the listener with TLS, for http.Server.Serve. A handshake that is not done is
// no call, and may take as long as a request's headers.
func (l *Listener) TLS(config *tls.Config) net.Listener {
	t := &tlsListener{l, config, make(chan accepted)}
	go t.run()
	return t
}

// Accept implements net.Listener.
func (t *tlsListener) Accept() (net.Conn, error) {
	select {
	case a := <-t.ready:
		return a.conn, a.err
	case <-t.closed:
		return nil, net.ErrClosed
	}
}

// run makes handshakes, each on its own, until the listener is closed.
func (t *tlsListener) run() {
	for {
		conn, err := t.Listener.Accept()
		if err == nil {
			go t.handshake(conn.(*Conn)) //nolint:forcetypeassert // it accepts nothing else
		} else if !t.hand(accepted{err: err}) || errors.Is(err, net.ErrClosed) {
			return
		}
	}
}

// handshake hands on a connection also where the handshake has failed: the server meets
// the same error again, and does with it what it does.
func (t *tlsListener) handshake(conn *Conn) {
	conn.encrypted = true
	secured := tls.Server(conn, t.config)
	_ = conn.SetDeadline(time.Now().Add(t.options.HeaderTimeout))
	err := secured.HandshakeContext(context.Background()) // the deadline ends it
	_ = conn.SetDeadline(time.Time{})
	served := accepted{conn: secured}
	if err == nil && secured.ConnectionState().NegotiatedProtocol != "h2" {
		served.conn = &decrypted{secured, conn}
	}
	if !t.hand(served) {
		_ = conn.Close()
	}
}

// hand hands on to Accept, unless the listener is closed.
func (t *tlsListener) hand(a accepted) bool {
	select {
	case t.ready <- a:
		return true
	case <-t.closed:
		return false
	}
}

// decrypted is a connection of HTTP/1.1 over TLS, of which each byte is part of a
// request. To net/http it looks like one without TLS: Request.TLS is nil.
type decrypted struct {
	*tls.Conn
	conn *Conn
}

// Read implements net.Conn.
func (d *decrypted) Read(b []byte) (int, error) {
	n, err := d.Conn.Read(b)
	if n > 0 && !d.conn.heard(n) {
		return 0, net.ErrClosed
	}
	return n, err
}
