package upstream

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/membudget"
	"github.com/wingspan-grpc/session-facade/internal/relay"
	"github.com/wingspan-grpc/session-facade/internal/upstream/connpool"
)

// lists answers with a list of about so many bytes, with its length or without.
func lists(size int, chunked bool) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if chunked {
			_ = http.NewResponseController(w).Flush()
		}
		body := "[" + strings.Repeat(" ", size-2) + "]"
		if !chunked {
			w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		}
		_, _ = io.WriteString(w, body)
	}
}

// TestMemory shows what is charged for a response: nothing for a small one, what is
// held of a large one, and that one for which there is no room fails as overload,
// without being asked for again.
func TestMemory(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		size    int
		chunked bool
		budget  int64
		held    int64
		want    codes.Code
	}{
		"small":              {membudget.Free, false, 1, 0, codes.OK},
		"small, chunked":     {membudget.Free, true, 1, 0, codes.OK},
		"large":              {100 << 10, false, 8 << 20, CopiesOfResponse * 100 << 10, codes.OK},
		"large, chunked":     {100 << 10, true, 8 << 20, CopiesOfResponse * 100 << 10, codes.OK},
		"no room":            {100 << 10, false, 1 << 20, 0, codes.ResourceExhausted},
		"no room, chunked":   {100 << 10, true, 1 << 20, 0, codes.ResourceExhausted},
		"too large":          {2 << 20, false, 8 << 20, 0, codes.Internal},
		"too large, chunked": {2 << 20, true, 8 << 20, CopiesOfResponse * 1 << 20, codes.Internal},
	} {
		t.Run(name, inBubble(func(t *testing.T) {
			t.Helper()
			s := handled(t, Options{}, lists(c.size, c.chunked))
			budget := membudget.New(c.budget)
			lease := budget.Lease()
			defer lease.Release()
			if c.want == codes.ResourceExhausted {
				other := budget.Lease()
				defer other.Release()
				if err := other.Grow(t.Context(), c.budget); err != nil {
					t.Fatal(err)
				}
			}
			ctx, cancel := context.WithTimeout(relay.NewContext(t.Context(), &relay.Exchange{Lease: lease}), time.Second)
			defer cancel()
			_, err := s.ListApiSessions(ctx, &usersv1.ListApiSessionsRequest{})
			if status.Code(err) != c.want || s.times() != 1 {
				t.Fatalf("%v after %d requests", err, s.times())
			}
			if c.want == codes.ResourceExhausted && (reasonOf(err) != "OVERLOADED" || retryInfo(err) != time.Second) {
				t.Errorf("%s, to be called again after %v", reasonOf(err), retryInfo(err))
			}
			if lease.Held() != c.held {
				t.Errorf("%d bytes are charged, want %d", lease.Held(), c.held)
			}
		}))
	}
}

// TestRelay shows that a raw request is sent as it is, and that what the upstream
// answered is there for whoever asks, in the exchange or in the error.
func TestRelay(t *testing.T) {
	t.Parallel()
	for _, code := range []int{200, 404} {
		for _, raw := range []bool{true, false} {
			const said = `{ "expiration": null, "sessionType": "User", "more": 1 }`
			var body []byte
			s := handled(t, Options{}, nil)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ = io.ReadAll(r.Body)
				w.Header().Set("X-Own", "1")
				w.WriteHeader(code)
				_, _ = io.WriteString(w, strings.Replace(said, "null", `"e"`, 1))
			}))
			s.connect(t, Options{}, server.URL)
			exchange := &relay.Exchange{Raw: raw, Request: []byte(`{"email" : null}`)}
			message, err := s.CreateSession(relay.NewContext(t.Context(), exchange), &usersv1.CreateSessionRequest{Email: new("e")})
			server.Close()
			if (err == nil) != (code == 200) || (message.GetSession() != nil) != (err == nil && !raw) {
				t.Errorf("%d, raw %t: %v, %v", code, raw, message, err)
			}
			got, want, sent := exchange.Response, "", `{"email":"e"}`
			var failed *Error
			if errors.As(err, &failed) {
				got.Status, got.Header, got.Body = failed.HTTPResponse()
			}
			if raw || code == 404 {
				want = strings.Replace(said, "null", `"e"`, 1)
			}
			if raw {
				sent = `{"email" : null}`
			}
			if got.Status != code || got.Header.Get("X-Own") != "1" || string(got.Body) != want || string(body) != sent {
				t.Errorf("%d, raw %t: sent %q, got %+v", code, raw, body, got)
			}
		}
	}
}

// TestRelay_Checks: a response that is relayed as bytes is as good as one that is decoded.
func TestRelay_Checks(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]codes.Code{
		"": codes.Internal, " \n": codes.Internal, "{": codes.Internal, "{}{}": codes.Internal, "null": codes.Internal,
		"[]": codes.Internal, `{"token":1}`: codes.Internal, "{\"new\":\"\xff\"}": codes.Internal,
		"{}": codes.OK, `{"token":"a","token":null,"sessionType":"New","new":{}}`: codes.OK,
	} {
		for _, raw := range []bool{true, false} {
			s := handled(t, Options{}, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) })
			_, err := s.CreateSingleSignOnSession(relay.NewContext(t.Context(), &relay.Exchange{Raw: raw}), &usersv1.CreateSingleSignOnSessionRequest{})
			if got := status.Code(err); got != want {
				t.Errorf("%q, raw %t: %v", text, raw, err)
			}
		}
	}
}

// TestInternationalHostName shows that a host name with other letters is looked up,
// called and proved by its certificate in ASCII.
func TestInternationalHostName(t *testing.T) {
	t.Parallel()
	const host, ascii = "bücher.example", "xn--bcher-kva.example"
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{ascii}, NotAfter: time.Now().Add(time.Hour)}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	config := &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	for _, http2 := range []bool{false, true} {
		var called, named string
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			named = r.Host
			succeed(w, r)
		}))
		server.EnableHTTP2 = http2
		server.TLS = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{{Certificate: [][]byte{raw}, PrivateKey: key}}}
		server.StartTLS()
		defer server.Close()
		s := &service{}
		s.connect(t, Options{Pool: connpool.Options{TLS: func() *tls.Config { return config }, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			called = address
			return dial(ctx, network, server.Listener.Addr().String())
		}}}, "https://"+host)
		if err := calls["GET"](t.Context(), s); err != nil || called != ascii+":443" || named != ascii {
			t.Errorf("HTTP/2 %t: %v; called %s as %s", http2, err, called, named)
		}
	}
}

// TestCancelledStreamIsFree shows that a call that is given up frees its stream.
func TestCancelledStreamIsFree(t *testing.T) { inBubble(testCancelledStreamIsFree)(t) }

func testCancelledStreamIsFree(t *testing.T) {
	t.Helper()
	arrived := make(chan struct{}, 1)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			arrived <- struct{}{}
			hang(w, r)
		}
		succeed(w, r)
	}))
	server.Config.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: 1}
	config := start(t, server, tls.VersionTLS13, true)
	defer server.Close()
	s := &service{}
	s.connect(t, Options{Pool: connpool.Options{MaxConnections: 1, TLS: func() *tls.Config { return config }}}, server.URL)
	for range 5 {
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-arrived
			cancel()
		}()
		if err := calls["POST"](ctx, s); status.Code(err) != codes.Canceled {
			t.Error(err)
		}
		if err := calls["GET"](t.Context(), s); err != nil {
			t.Error(err)
		}
	}
}
