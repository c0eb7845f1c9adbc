package main

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"

	"github.com/wingspan-grpc/session-facade/internal/telemetry"
	"github.com/wingspan-grpc/session-facade/internal/transport"
)

// newAdmin makes the admin port's handler: health, metrics, version and, where
// asked for, profiles. Kubelet and Prometheus must reach it; callers need not.
func newAdmin(c *config, health *transport.Health, recorded *telemetry.Telemetry) http.Handler {
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
	return mux
}

// newAdminServer makes the admin port's server. It speaks HTTP/2 too, without TLS,
// for gRPC health checks.
func newAdminServer(handler http.Handler, logger *slog.Logger) *http.Server {
	server := newHTTPServer(handler, 0, nil, logger)
	server.Protocols = new(http.Protocols)
	server.Protocols.SetHTTP1(true)
	server.Protocols.SetUnencryptedHTTP2(true)
	return server
}

// local lets only peers on this machine call: a profile shows what is in memory.
func local(handler http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		if peer, parseErr := netip.ParseAddr(host); err != nil || parseErr != nil || !peer.Unmap().IsLoopback() {
			http.Error(w, "profiles are for peers on this machine", http.StatusForbidden)
			return
		}
		handler(w, r)
	}
}
