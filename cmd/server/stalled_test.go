package main

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/http2"
)

// oneConn is a listener with one connection.
type oneConn struct {
	conn   chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (o *oneConn) Accept() (net.Conn, error) {
	select {
	case c := <-o.conn:
		return c, nil
	case <-o.closed:
		return nil, net.ErrClosed
	}
}

func (o *oneConn) Close() error {
	o.once.Do(func() { close(o.closed) })
	return nil
}

func (*oneConn) Addr() net.Addr { return &net.TCPAddr{} }

// TestHTTP2_UnreadConnectionIsClosed: a peer that takes nothing off its connection is gone,
// however often it shows that it is there.
func TestHTTP2_UnreadConnectionIsClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newAdminServer(&config{MaxStreams: 10, HTTPIdleTimeout: time.Hour}, http.NotFoundHandler(), slog.New(slog.DiscardHandler))
		near, far := net.Pipe()
		listener := &oneConn{conn: make(chan net.Conn, 1), closed: make(chan struct{})}
		listener.conn <- far
		var served sync.WaitGroup
		defer served.Wait()
		served.Go(func() { _ = server.Serve(listener) })
		defer server.Close()
		defer near.Close()
		_ = near.SetDeadline(time.Now().Add(time.Hour))
		began := time.Now()
		_, err := io.WriteString(near, http2.ClientPreface)
		framer := http2.NewFramer(near, nil)
		if err == nil {
			err = framer.WriteSettings()
		}
		for err == nil && time.Since(began) < 10*time.Minute {
			time.Sleep(10 * time.Second)
			err = framer.WritePing(false, [8]byte{})
		}
		if took := time.Since(began); err == nil || took > 2*stallTimeout {
			t.Errorf("is open after %s: %v", took, err)
		}
	})
}
