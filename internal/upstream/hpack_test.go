package upstream

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/relay"
	"github.com/wingspan-grpc/session-facade/internal/upstream/connpool"
)

// TestHeadersAreNotRemembered: over HTTP/2, no header of a call refers to a table of
// those before it, which would hold tokens.
func TestHeadersAreNotRemembered(t *testing.T) {
	t.Parallel()
	lender := httptest.NewTLSServer(nil) // of its certificate
	lender.Close()
	trusted := x509.NewCertPool()
	trusted.AddCert(lender.Certificate())
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: lender.TLS.Certificates, NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	blocks := make(chan []byte, 2)
	go responseHeaderNames(listener, blocks)
	t.Cleanup(func() { _ = listener.Close() })
	config := &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12}
	s := &service{}
	s.connect(t, Options{Pool: connpool.Options{TLS: func() *tls.Config { return config }}}, "https://"+listener.Addr().String())
	ctx, cancel := context.WithTimeout(relay.NewContext(t.Context(), &relay.Exchange{Header: http.Header{"Authorization": {"Bearer t"}}}), generous)
	defer cancel()
	for range 2 {
		if _, err := s.ListApiSessions(ctx, &usersv1.ListApiSessionsRequest{}); err != nil {
			t.Fatal(err)
		}
		token := ""
		fresh := hpack.NewDecoder(4<<10, func(f hpack.HeaderField) {
			if f.Name == "authorization" {
				token = f.Value
			}
		})
		if _, err := fresh.Write(<-blocks); err != nil || token != "Bearer t" {
			t.Errorf("the headers cannot be read by themselves: %q, %v", token, err)
		}
	}
}

// responseHeaderNames answers each request of a connection with an empty list, and hands
// out its block of headers.
func responseHeaderNames(listener net.Listener, blocks chan<- []byte) {
	conn, err := listener.Accept()
	if err != nil {
		return
	}
	defer conn.Close()
	if _, err := io.ReadFull(conn, make([]byte, len(http2.ClientPreface))); err != nil {
		return
	}
	framer := http2.NewFramer(conn, conn)
	_ = framer.WriteSettings()
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			return
		}
		if asked, ok := frame.(*http2.HeadersFrame); ok {
			blocks <- append([]byte(nil), asked.HeaderBlockFragment()...)
			_ = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: asked.StreamID, EndHeaders: true,
				BlockFragment: []byte{0x88}}) // :status 200, in the static table
			_ = framer.WriteData(asked.StreamID, true, []byte("[]"))
		}
	}
}
