package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/wingspan-grpc/session-facade/internal/telemetry"
	"github.com/wingspan-grpc/session-facade/internal/transport"
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
			response, err := http.Get("http://" + admin + path)
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
	return newAdmin(&config{Pprof: true}, transport.NewHealth("service"), &telemetry.Telemetry{Metrics: http.NotFoundHandler()})
}
