package upstream

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/relay"
	"github.com/wingspan-grpc/session-facade/internal/upstream/connpool"
)

// counting counts the connections that are opened.
func counting(opened *atomic.Int64) connpool.Dialer {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		opened.Add(1)
		return dial(ctx, network, address)
	}
}

// TestKept shows that one connection serves call after call, whatever the response,
// once it has rested, and that each call has its own where that is asked for.
func TestKept(t *testing.T) { inBubble(testKept)(t) }

func testKept(t *testing.T) {
	t.Helper()
	for _, single := range []bool{false, true} {
		var opened atomic.Int64
		s := handled(t, Options{Pool: connpool.Options{Dial: counting(&opened), SingleUseHTTP1: single}}, func(w http.ResponseWriter, r *http.Request) {
			if r.Close != single {
				t.Errorf("the request says that it is the connection's last: %t", r.Close)
			}
			switch r.Method {
			case http.MethodGet:
				w.(http.Flusher).Flush() // so that the response is chunked
				_, _ = io.WriteString(w, `[]`)
			case http.MethodPost:
				w.WriteHeader(http.StatusForbidden)
				_, _ = io.WriteString(w, `{"error":"no"}`)
			default:
				w.WriteHeader(http.StatusNoContent)
			}
		})
		for range 2 {
			for verb, call := range calls {
				if err := call(t.Context(), s); (err != nil) != (verb == "POST") {
					t.Fatalf("%s: %v", verb, err)
				}
			}
		}
		if n := opened.Load(); !single && n != 1 || single && n != 8 {
			t.Errorf("single use %t: %d connections for 8 calls, one after the other", single, n)
		}
	}
}

// TestClosedWhileIdle shows that a call which must not be repeated is answered
// although the upstream has closed the connections that are kept.
func TestClosedWhileIdle(t *testing.T) { inBubble(testClosedWhileIdle)(t) }

func testClosedWhileIdle(t *testing.T) {
	t.Helper()
	closed := make(chan struct{}, 1)
	server := httptest.NewUnstartedServer(http.HandlerFunc(succeed))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			closed <- struct{}{}
		}
	}
	start(t, server, 0, false)
	defer server.Close()
	s := &service{}
	s.connect(t, Options{}, server.URL)
	for verb, call := range calls {
		for range 2 {
			if err := call(t.Context(), s); err != nil {
				t.Fatalf("%s: %v", verb, err)
			}
			server.CloseClientConnections()
			<-closed
		}
	}
}

// TestUnaskedBytes shows that a connection on which the upstream said more than it
// was asked for is not used again, with and without TLS.
func TestUnaskedBytes(t *testing.T) {
	t.Parallel()
	for name, version := range map[string]uint16{"plain": 0, "TLS 1.2": tls.VersionTLS12, "TLS 1.3": tls.VersionTLS13} {
		t.Run(name, inBubble(func(t *testing.T) {
			t.Helper()
			var opened atomic.Int64
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				conn, _, err := w.(http.Hijacker).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.WriteString(conn, "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
				t.Cleanup(func() { _ = conn.Close() })
			}))
			config := start(t, server, version, false)
			defer server.Close()
			s := &service{}
			s.connect(t, Options{Pool: connpool.Options{Dial: counting(&opened), TLS: func() *tls.Config { return config }}}, server.URL)
			for range 3 {
				if err := calls["DELETE"](t.Context(), s); err != nil {
					t.Fatal(err)
				}
			}
			if opened.Load() != 3 {
				t.Errorf("%d connections for 3 calls", opened.Load())
			}
		}))
	}
}

// start starts a server in memory, with TLS if a version is given, and returns the
// configuration that trusts it.
func start(t *testing.T, server *httptest.Server, version uint16, http2 bool) *tls.Config {
	t.Helper()
	_ = server.Listener.Close()
	server.Listener = listen(t)
	if version == 0 {
		server.Start()
		return nil
	}
	server.EnableHTTP2 = http2
	server.TLS = &tls.Config{MinVersion: version, MaxVersion: version}
	server.StartTLS()
	config := &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}
	config.RootCAs.AddCert(server.Certificate())
	return config
}

// TestNewTLSConfiguration shows that a configuration that has changed is in force for
// the next call.
func TestNewTLSConfiguration(t *testing.T) { inBubble(testNewTLSConfiguration)(t) }

func testNewTLSConfiguration(t *testing.T) {
	t.Helper()
	for _, http2 := range []bool{false, true} {
		server := httptest.NewUnstartedServer(http.HandlerFunc(succeed))
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		config, distrusting := start(t, server, tls.VersionTLS13, http2), &tls.Config{MinVersion: tls.VersionTLS12}
		defer server.Close()
		var current atomic.Pointer[tls.Config]
		current.Store(config)
		s := &service{}
		s.connect(t, Options{Pool: connpool.Options{TLS: current.Load}}, server.URL)
		for _, c := range []struct {
			config *tls.Config
			want   string
		}{{config, ""}, {config, ""}, {distrusting, "certificate"}, {config.Clone(), ""}} {
			current.Store(c.config)
			err := calls["POST"](t.Context(), s)
			if (err != nil) != (c.want != "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("want an error of %q: %v", c.want, err)
			}
		}
	}
}

// TestLargeBody shows that a request too large for a socket's buffer is sent
// whole.
func TestLargeBody(t *testing.T) {
	t.Parallel()
	received := make(chan string, 1)
	s := handled(t, Options{}, nil)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		received <- string(body)
	}))
	defer server.Close()
	s.connect(t, Options{}, server.URL)
	secret := strings.Repeat("s", 1<<20)
	_, _ = s.CreateSession(t.Context(), &usersv1.CreateSessionRequest{Password: &secret})
	if body := <-received; !strings.Contains(body, secret) {
		t.Errorf("%d bytes arrived", len(body))
	}
}

// TestCancelled shows that the upstream sees a caller go.
func TestCancelled(t *testing.T) {
	t.Parallel()
	arrived, gone := make(chan struct{}), make(chan struct{})
	s := handled(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		hang(w, r)
		close(gone)
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	if err := calls["POST"](ctx, s); status.Code(err) != codes.Canceled {
		t.Error(err)
	}
	<-gone
}

// TestHeaderInjection shows that a value which would begin another header is
// refused, and not repeated in the refusal.
func TestHeaderInjection(t *testing.T) {
	t.Parallel()
	s := handled(t, Options{}, succeed)
	for _, header := range []http.Header{
		{"Authorization": {"Bearer canary\r\nX-Wingspan-User: u"}}, {"Authorization": {"a", "canary\x00"}},
		{"A b": {"canary"}}, {"X-A\r\nx-b": {"canary"}},
	} {
		err := calls["GET"](relay.NewContext(t.Context(), &relay.Exchange{Header: header}), s)
		if status.Code(err) != codes.InvalidArgument || strings.Contains(err.Error(), "canary") {
			t.Errorf("%v: %v", header, err)
		}
	}
	if s.times() != 0 {
		t.Errorf("%d requests were sent", s.times())
	}
}

// TestSpelling shows what a request without a body looks like.
func TestSpelling(t *testing.T) {
	t.Parallel()
	seen := make(chan string, 1)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		head := make([]byte, 0, 1<<10)
		for !bytes.HasSuffix(head, []byte("\r\n\r\n")) {
			n, err := conn.Read(head[len(head):cap(head)])
			if err != nil {
				return
			}
			head = head[:len(head)+n]
		}
		seen <- string(head)
		_, _ = io.WriteString(conn, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
	}()
	s := &service{}
	s.connect(t, Options{UserAgent: "a"}, "http://"+listener.Addr().String())
	ctx := relay.NewContext(t.Context(), &relay.Exchange{Raw: true,
		Header: http.Header{"X-Wingspan-User": {"u"}, "Accept-Encoding": {"br"}}})
	if err := calls["POST"](ctx, s); err != nil {
		t.Fatal(err)
	}
	want := "POST /users/session HTTP/1.1\r\nHost: " + listener.Addr().String() + "\r\nUser-Agent: a\r\nContent-Length: 0\r\n" +
		"Accept: application/json\r\nAccept-Encoding: identity\r\nX-Wingspan-User: u\r\n\r\n"
	if got := <-seen; got != want {
		t.Errorf("%q", got)
	}
}

// TestWarm shows that the connection opened in advance serves the first call,
// whichever protocol the upstream chooses, and that none is opened in vain.
func TestWarm(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		version uint16
		http2   bool
	}{"plain": {}, "TLS": {tls.VersionTLS13, false}, "HTTP/2": {tls.VersionTLS13, true}} {
		t.Run(name, inBubble(func(t *testing.T) {
			t.Helper()
			server := httptest.NewUnstartedServer(http.HandlerFunc(succeed))
			config := start(t, server, c.version, c.http2)
			defer server.Close()
			var opened atomic.Int64
			s := &service{}
			s.connect(t, Options{Pool: connpool.Options{Dial: counting(&opened), TLS: func() *tls.Config { return config }}}, server.URL)
			if err := s.conn.Warm(t.Context()); err != nil || opened.Load() != 1 {
				t.Fatalf("%d connections: %v", opened.Load(), err)
			}
			for verb, call := range calls {
				if err := call(t.Context(), s); err != nil {
					t.Errorf("%s: %v", verb, err)
				}
			}
			if opened.Load() != 1 {
				t.Errorf("%d connections", opened.Load())
			}
		}))
	}
	s := &service{}
	s.connect(t, Options{}, "http://127.0.0.1:1")
	if err := s.conn.Warm(t.Context()); err == nil || err.Error() != "connection refused" {
		t.Errorf("nobody there: %v", err)
	}
}
