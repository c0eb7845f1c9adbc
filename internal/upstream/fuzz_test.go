package upstream

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/upstream/connpool"
)

// FuzzResponse shows that whatever an upstream answers to one call, with or without
// TLS, is bounded, and that the next call gets its own response.
func FuzzResponse(f *testing.F) {
	for _, said := range []string{
		strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", maxInterim) + "HTTP/1.1 204 No Content\r\n\r\n",
		strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", maxInterim+1) + "HTTP/1.1 204 No Content\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\nX: y\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 403 Forbidden\r\nSet-Cookie: a\r\nset-cookie: b\r\n\r\n{}",
		"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n[]", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n[]",
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n[]",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n", "HTTP/1.1 200 OK\r\n a: b\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n[]", "HTTP/1.1 000 \r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n", "", "[]",
	} {
		f.Add([]byte(said), true)
		f.Add([]byte(said), false)
	}
	lender := httptest.NewTLSServer(nil) // of its certificate
	lender.Close()
	certificates, config := lender.TLS.Certificates, lender.Client().Transport.(*http.Transport).TLSClientConfig
	f.Fuzz(func(t *testing.T, said []byte, secure bool) {
		synctest.Test(t, func(t *testing.T) {
			address := &url.URL{Scheme: "http", Host: "example.com"}
			options := Options{Pool: connpool.Options{URL: address, MaxConnections: 10, Age: time.Hour, IdleTimeout: time.Hour},
				MaxResponseBytes: 1 << 16, MaxErrorBytes: 1 << 12, Timeout: time.Minute}
			if secure {
				address.Scheme, options.Pool.TLS = "https", func() *tls.Config { return config }
			}
			options.Pool.Dial = func(context.Context, string, string) (net.Conn, error) {
				ours, theirs := net.Pipe()
				if secure {
					go saying(tls.Server(theirs, &tls.Config{Certificates: certificates, MinVersion: tls.VersionTLS12}), said)
				} else {
					go saying(theirs, said)
				}
				return ours, nil
			}
			pool, err := connpool.New(options.Pool)
			if err != nil {
				t.Fatal(err)
			}
			defer pool.Close()
			c := &Conn{options: options, pool: pool}
			path := func(path string) *url.URL { return &url.URL{Scheme: address.Scheme, Host: address.Host, Path: path} }
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			later, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			got, failed := c.attempt(ctx, &request{verb: "GET", url: path("/first"), header: http.Header{}}, nil, time.Time{})
			if got != nil && (got.Status < 200 || len(got.Body) > 1<<16) || failed != nil && len(failed.response.Body) > 1<<12 {
				t.Errorf("%+v %+v", got, failed)
			}
			time.Sleep(time.Second) // the connection has rested
			got, failed = c.attempt(later, &request{verb: "GET", url: path("/next"), header: http.Header{}}, nil, time.Time{})
			if failed != nil || got.Header.Get("X-Own") != "1" {
				t.Errorf("the next call: %+v %+v", got, failed)
			}
		})
	})
}

// saying answers the first call with anything, the next as is right.
func saying(conn net.Conn, said []byte) {
	defer conn.Close()
	reader := bufio.NewReader(conn)
	for {
		request, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		if request.URL.Path == "/next" {
			said = []byte("HTTP/1.1 200 OK\r\nX-Own: 1\r\nContent-Length: 2\r\n\r\n[]")
		}
		if _, err := io.Copy(conn, strings.NewReader(string(said))); err != nil {
			return
		}
	}
}
