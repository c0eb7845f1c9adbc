package main

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"
	"time"

	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/wingspan-grpc/session-facade/internal/sandbox"
	"github.com/wingspan-grpc/session-facade/internal/sandbox/control"
	"github.com/wingspan-grpc/session-facade/internal/telemetry"
	"github.com/wingspan-grpc/session-facade/internal/transport"
)

// newAdmin makes the admin port's handler: health, metrics, version and, where
// asked for, profiles and the sandbox's control. Kubelet and Prometheus must reach it;
// callers need not.
func newAdmin(c *config, health *transport.Health, recorded *telemetry.Telemetry, box *sandbox.Sandbox) http.Handler {
	mux := http.NewServeMux()
	health.Handle(mux)
	mux.Handle("GET /metrics", recorded.Metrics)
	mux.HandleFunc("GET /version", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprintln(w, "session-facade", buildVersion())
	})
	if c.Pprof {
		mux.HandleFunc("GET /debug/pprof/", local(pprof.Index))
		mux.HandleFunc("GET /debug/pprof/profile", local(pprof.Profile))
		mux.HandleFunc("GET /debug/pprof/trace", local(pprof.Trace))
		mux.HandleFunc("GET /debug/pprof/symbol", local(pprof.Symbol))
	}
	if box != nil {
		mux.Handle(control.Path, control.Handler(box))
	}
	return boundWatches(mux)
}

// maxWatches is how many may watch the health on the admin port: some for each of a
// few balancers.
const maxWatches = 100

// boundWatches lets health watches last, which are the only calls here that do, and
// bounds their number.
func boundWatches(next http.Handler) http.Handler {
	watches := make(chan struct{}, maxWatches)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != healthv1.Health_Watch_FullMethodName {
			next.ServeHTTP(w, r)
			return
		}
		select {
		case watches <- struct{}{}:
			defer func() { <-watches }()
		default: // gRPC knows this as UNAVAILABLE
			http.Error(w, "too many health watches", http.StatusServiceUnavailable)
			return
		}
		// A peer that is gone is noticed by the server's pings.
		if err := http.NewResponseController(w).SetWriteDeadline(time.Time{}); err != nil {
			http.Error(w, "health watches need HTTP/2", http.StatusHTTPVersionNotSupported)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// newAdminServer makes the admin port's server. It speaks HTTP/2 too, without TLS,
// for gRPC health checks.
func newAdminServer(c *config, handler http.Handler, logger *slog.Logger) *http.Server {
	server := newHTTPServer(c, handler, 0, logger)
	server.Protocols = plaintextProtocols()
	return server
}

// plaintextProtocols are those of a port without TLS: gRPC needs HTTP/2, whose preface
// tells it from HTTP/1.1.
func plaintextProtocols() *http.Protocols {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	return protocols
}

// local lets only peers on this machine call: a profile shows what is in memory.
func local(handler http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		if peer, parseErr := netip.ParseAddr(host); err != nil || parseErr != nil || !peer.IsLoopback() {
			http.Error(w, "profiles are for peers on this machine", http.StatusForbidden)
			return
		}
		handler(w, r)
	}
}
