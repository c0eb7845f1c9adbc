package upstream

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
)

// counting counts the connections that are opened.
func counting(opened *atomic.Int64) Dialer {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		opened.Add(1)
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
}

// TestKept shows that one connection serves call after call, whatever the answer.
func TestKept(t *testing.T) {
	t.Parallel()
	var opened atomic.Int64
	s := handled(t, Options{Dial: counting(&opened)}, func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodGet:
			w.(http.Flusher).Flush() // so that the answer is chunked
			_, _ = io.WriteString(w, `[]`)
		case http.MethodPost:
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `{"error":"no"}`)
		default:
			w.WriteHeader(http.StatusNoContent)
		}
	})
	for range 5 {
		for verb, call := range calls {
			if err := call(t.Context(), s); (err != nil) != (verb == "POST") {
				t.Fatalf("%s: %v", verb, err)
			}
		}
	}
	if opened.Load() != 1 {
		t.Errorf("%d connections for 20 calls, one after the other", opened.Load())
	}
}

// TestClosedWhileIdle shows that a call which must not be repeated is answered
// although the upstream has closed the connections that are kept.
func TestClosedWhileIdle(t *testing.T) {
	t.Parallel()
	closed := make(chan struct{}, 1)
	server := httptest.NewUnstartedServer(http.HandlerFunc(succeed))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			closed <- struct{}{}
		}
	}
	server.Start()
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
// was asked for is not used again.
func TestUnaskedBytes(t *testing.T) {
	t.Parallel()
	var opened atomic.Int64
	s := handled(t, Options{Dial: counting(&opened)}, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
		t.Cleanup(func() { _ = conn.Close() })
	})
	for range 3 {
		if err := calls["DELETE"](t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	if opened.Load() != 3 {
		t.Errorf("%d connections for 3 calls", opened.Load())
	}
}

// TestUnused shows that a connection is closed that has not been used for long.
func TestUnused(t *testing.T) {
	t.Parallel()
	s := handled(t, Options{}, succeed)
	if err := calls["GET"](t.Context(), s); err != nil {
		t.Fatal(err)
	}
	d := s.conn.wire.link().direct
	d.idle[0].since = time.Now().Add(-idleTimeout)
	d.expire()
	if len(d.idle) != 0 || d.expiry != nil {
		t.Errorf("%d connections are kept", len(d.idle))
	}
	if err := calls["GET"](t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if d.expire(); len(d.idle) != 1 || d.expiry == nil {
		t.Errorf("%d connections are kept", len(d.idle))
	}
}

// TestHTTP1OverTLS shows that an upstream which chooses HTTP/1.1 is called
// directly once that is known, and that its certificate is checked then, too.
func TestHTTP1OverTLS(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(succeed))
	defer server.Close()
	trusted := x509.NewCertPool()
	trusted.AddCert(server.Certificate())
	config, distrusting := &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12}, &tls.Config{MinVersion: tls.VersionTLS12}
	var current atomic.Pointer[tls.Config]
	current.Store(config)
	s := &service{}
	s.connect(t, Options{TLS: current.Load}, server.URL)
	for i := range 3 {
		if got := s.conn.wire.link().plain.Load(); got != (i > 0) {
			t.Errorf("before call %d: direct %t", i, got)
		}
		if err := calls["POST"](t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.conn.wire.link().direct.idle) != 1 {
		t.Error("no connection is kept")
	}
	current.Store(distrusting)
	s.conn.wire.link().plain.Store(true)
	if err := calls["POST"](t.Context(), s); reasonOf(err) != "UPSTREAM_UNREACHABLE" || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("distrusted: %v", err)
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
	for _, md := range []metadata.MD{
		{"authorization": {"Bearer canary\r\nX-Wingspan-User: u"}}, {"authorization": {"a", "canary\x00"}},
		{"a b": {"canary"}}, {"x-a\r\nx-b": {"canary"}},
	} {
		err := calls["GET"](metadata.NewOutgoingContext(t.Context(), md), s)
		if status.Code(err) != codes.InvalidArgument || strings.Contains(err.Error(), "canary") {
			t.Errorf("%v: %v", md, err)
		}
	}
	if s.times() != 0 {
		t.Errorf("%d requests were sent", s.times())
	}
}

// TestSpelling shows that headers are spelled as is usual, and what a body-less
// POST says.
func TestSpelling(t *testing.T) {
	t.Parallel()
	r := &request{verb: "POST", path: "/p", header: metadata.MD{"x-wingspan-user": {"u"}, "grpc-timeout": {"1S"}, "host": {"evil"}}}
	const want = "POST /p HTTP/1.1\r\nHost: h\r\nUser-Agent: a\r\nAccept: application/json\r\nX-Wingspan-User: u\r\nContent-Length: 0\r\n\r\n"
	if got := string(r.appendTo(nil, commonLines("h", "a"))); got != want {
		t.Errorf("%q", got)
	}
}

// TestWarm shows that the connection opened in advance serves the first call,
// whichever protocol the upstream chooses, and that none is opened in vain.
func TestWarm(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*httptest.Server){
		"plain":  (*httptest.Server).Start,
		"TLS":    (*httptest.Server).StartTLS,
		"HTTP/2": func(s *httptest.Server) { s.EnableHTTP2 = true; s.StartTLS() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewUnstartedServer(http.HandlerFunc(succeed))
			start(server)
			defer server.Close()
			var config *tls.Config
			if server.Certificate() != nil {
				config = &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}
				config.RootCAs.AddCert(server.Certificate())
			}
			var opened atomic.Int64
			s := &service{}
			s.connect(t, Options{Dial: counting(&opened), TLS: func() *tls.Config { return config }}, server.URL)
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
		})
	}
	s := &service{}
	s.connect(t, Options{}, "http://127.0.0.1:1")
	if err := s.conn.Warm(t.Context()); err == nil || err.Error() != "connection refused" {
		t.Errorf("nobody there: %v", err)
	}
}
