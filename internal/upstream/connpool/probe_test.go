package connpool

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"
)

// TestProbe_LeavesNothingBehind shows that a probe tells the protocol, sends no request and
// closes its connection, and that the pool does not count it.
func TestProbe_LeavesNothingBehind(t *testing.T) {
	t.Parallel()
	for name, overHTTP2 := range protocols {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var opened, closed atomic.Int32
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("there was a request") }))
			server.EnableHTTP2 = overHTTP2
			server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
				switch state {
				case http.StateNew:
					opened.Add(1)
				case http.StateClosed:
					closed.Add(1)
				default:
				}
			}
			server.StartTLS()
			t.Cleanup(server.Close)
			u, _ := url.Parse(server.URL)
			config := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}
			p, err := New(Options{URL: u, TLS: func() *tls.Config { return config }, MaxConnections: 1})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(p.Close)
			http2, err := p.Probe(t.Context())
			if err != nil || http2 != overHTTP2 {
				t.Errorf("HTTP/2 %t, %v", http2, err)
			}
			eventually(t, "the end of its connection", func() bool { return opened.Load() == 1 && closed.Load() == 1 })
			if len(p.all) != 0 {
				t.Error("the pool has a connection")
			}
		})
	}
}

// TestProbe_EndsWithItsContext shows that a connection that is there is not waited on for
// longer than the caller does.
func TestProbe_EndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	p := serving(t, true, Options{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dialTCP(ctx, network, address)
		cancel()
		return conn, err
	}})
	if _, err := p.Probe(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
}
