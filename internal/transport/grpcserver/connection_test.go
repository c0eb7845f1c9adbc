package grpcserver

import (
	"net"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/credentials/insecure"

	"github.com/wingspan-grpc/session-facade/internal/transport"
)

// TestConnection_EachWriteHasItsTime: a peer that takes nothing ends a write, and the
// connection, one that takes something now and then does not.
func TestConnection_EachWriteHasItsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		defer near.Close()
		defer far.Close()
		c, _, err := handshaking{insecure.NewCredentials(), nil}.ServerHandshake(far)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for range 5 {
				time.Sleep(20 * time.Second)
				_, _ = near.Read(make([]byte, 1))
			}
		}()
		for range 5 {
			if _, err := c.Write([]byte("x")); err != nil {
				t.Fatal(err)
			}
		}
		began := time.Now()
		if _, err := c.Write([]byte("x")); err == nil || time.Since(began) != transport.StallTimeout {
			t.Errorf("%v after %s", err, time.Since(began))
		}
		if _, err := near.Read(make([]byte, 1)); err == nil {
			t.Error("the connection is open")
		}
	})
}

// TestConnection_HandshakeHasItsOwnTime: what a TLS handshake sends is bounded by what
// grpc-go gives it, which a write must not put off.
func TestConnection_HandshakeHasItsOwnTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		defer near.Close()
		defer far.Close()
		c := &connection{Conn: far}
		_ = c.SetDeadline(time.Now().Add(handshakeTimeout))
		began := time.Now()
		if _, err := c.Write([]byte("x")); err == nil || time.Since(began) != handshakeTimeout {
			t.Errorf("%v after %s", err, time.Since(began))
		}
	})
}
