package main

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/wingspan-grpc/session-facade/internal/telemetry"
	"github.com/wingspan-grpc/session-facade/internal/transport"
	"github.com/wingspan-grpc/session-facade/test/httpclient"
)

// TestLocal shows who may ask for profiles: peers on this machine.
func TestLocal(t *testing.T) {
	t.Parallel()
	handler := local(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	for peer, want := range map[string]int{
		"127.0.0.1:1":             http.StatusOK,
		"127.255.255.254:1":       http.StatusOK,
		"[::1]:1":                 http.StatusOK,
		"[::ffff:127.0.0.1]:1":    http.StatusOK,
		"10.0.0.1:1":              http.StatusForbidden,
		"[::ffff:10.0.0.1]:1":     http.StatusForbidden,
		"[fe80::1%eth0]:1":        http.StatusForbidden,
		"0.0.0.0:1":               http.StatusForbidden,
		"[::]:1":                  http.StatusForbidden,
		"127.0.0.1":               http.StatusForbidden,
		"localhost:1":             http.StatusForbidden,
		"127.0.0.1.example.com:1": http.StatusForbidden,
		"":                        http.StatusForbidden,
		"@":                       http.StatusForbidden, // a Unix socket's
	} {
		request := httptest.NewRequest(http.MethodGet, "/debug/pprof/", nil)
		request.RemoteAddr = peer
		request.Header.Set("X-Forwarded-For", "127.0.0.1")
		request.Header.Set("X-Real-Ip", "127.0.0.1")
		recorded := httptest.NewRecorder()
		handler(recorded, request)
		if recorded.Code != want {
			t.Errorf("%q: %d, want %d", peer, recorded.Code, want)
		}
	}
}

// TestPprof shows that there are profiles only where they are asked for, and all of
// them are for peers on this machine.
func TestPprof(t *testing.T) {
	t.Parallel()
	paths := []string{"/debug/pprof/", "/debug/pprof/heap", "/debug/pprof/profile?seconds=1", "/debug/pprof/trace?seconds=1", "/debug/pprof/symbol"}
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	with, _ := serveSandbox(ctx, t, io.Discard, "--pprof")
	without, _ := serveSandbox(ctx, t, io.Discard)
	for _, path := range paths {
		for admin, want := range map[string]int{with.Admin: http.StatusOK, without.Admin: http.StatusNotFound} {
			if path == paths[2] && want == http.StatusOK {
				continue // one that is started elsewhere would be in the way
			}
			response, err := httpclient.Shared.Get("http://" + admin + path)
			if err != nil {
				t.Fatal(err)
			}
			_ = response.Body.Close()
			if response.StatusCode != want {
				t.Errorf("%s: %d, want %d", path, response.StatusCode, want)
			}
		}
		request := httptest.NewRequest(http.MethodGet, path, nil)
		request.RemoteAddr = "10.0.0.1:1"
		recorded := httptest.NewRecorder()
		adminWithPprof(t).ServeHTTP(recorded, request)
		if recorded.Code != http.StatusForbidden {
			t.Errorf("%s from elsewhere: %d", path, recorded.Code)
		}
	}
}

func adminWithPprof(t *testing.T) http.Handler {
	t.Helper()
	return newAdmin(&config{Pprof: true}, transport.NewHealth("service"), &telemetry.Telemetry{Metrics: http.NotFoundHandler()}, nil)
}

// serveAdmin serves a handler as the admin port does, and returns a client that speaks
// HTTP/2 without TLS.
func serveAdmin(t *testing.T, handler http.Handler, adjust func(*http.Server)) (url string, client *http.Client) {
	t.Helper()
	server := newAdminServer(&config{MaxStreams: maxWatches + 10, HTTPIdleTimeout: time.Minute}, handler, slog.New(slog.DiscardHandler))
	adjust(server)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	t.Cleanup(transport.CloseIdleConnections)
	return "http://" + listener.Addr().String(), &http.Client{Transport: transport}
}

// TestWatches_OutlastTheWriteTimeout shows that a health watch is not reset while
// another call of the same length is.
func TestWatches_OutlastTheWriteTimeout(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	handler := boundWatches(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = http.NewResponseController(w).Flush()
		<-release
		_, _ = io.WriteString(w, "changed")
	}))
	url, client := serveAdmin(t, handler, func(s *http.Server) { s.WriteTimeout = 50 * time.Millisecond })
	watch, err := client.Post(url+healthv1.Health_Watch_FullMethodName, "application/grpc", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	defer watch.Body.Close()
	other, err := client.Post(url+"/other", "application/grpc", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Body.Close()
	if _, err := io.ReadAll(other.Body); err == nil {
		t.Fatal("a call that is no watch lasts for ever")
	}
	close(release)
	if text, err := io.ReadAll(watch.Body); err != nil || string(text) != "changed" {
		t.Errorf("the watch ended with %q, %v", text, err)
	}
}

// TestWatches_AreBounded shows that watches are refused over their bound, that other
// calls are not, and that those that end make room.
func TestWatches_AreBounded(t *testing.T) {
	t.Parallel()
	handler := boundWatches(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).Flush()
		if r.URL.Path == healthv1.Health_Watch_FullMethodName {
			<-r.Context().Done()
		}
	}))
	url, client := serveAdmin(t, handler, func(*http.Server) {})
	ask := func(path string) *http.Response {
		response, err := client.Post(url+path, "application/grpc", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = response.Body.Close() })
		return response
	}
	var last *http.Response
	for range maxWatches {
		if last = ask(healthv1.Health_Watch_FullMethodName); last.StatusCode != http.StatusOK {
			t.Fatal(last.Status)
		}
	}
	if got := ask(healthv1.Health_Watch_FullMethodName).StatusCode; got != http.StatusServiceUnavailable {
		t.Errorf("one more is %d", got)
	}
	if got := ask("/readyz").StatusCode; got != http.StatusOK {
		t.Errorf("another call is %d", got)
	}
	_ = last.Body.Close()
	for began := time.Now(); ask(healthv1.Health_Watch_FullMethodName).StatusCode != http.StatusOK; {
		if time.Since(began) > 20*time.Second {
			t.Fatal("no room")
		}
	}
}
