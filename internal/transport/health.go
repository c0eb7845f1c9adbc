package transport

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
)

// Health tells whether the facade takes calls. It starts as not serving.
type Health struct {
	// Streams are the open streams, of health watches and of reflection: they would hold
	// up a graceful stop for as long as they like.
	Streams *Streams

	checks   *health.Server
	service  string
	serving  atomic.Bool
	stopping atomic.Bool
}

// NewHealth makes the health of a service.
func NewHealth(service string) *Health {
	h := &Health{Streams: newStreams(), checks: health.NewServer(), service: service}
	h.set(false, healthv1.HealthCheckResponse_NOT_SERVING) // the library begins with SERVING
	return h
}

// Serving says that the facade takes calls.
func (h *Health) Serving() { h.set(true, healthv1.HealthCheckResponse_SERVING) }

// IsServing tells whether the facade takes calls.
func (h *Health) IsServing() bool { return h.serving.Load() }

// NotServing says that the facade takes no more calls, so that balancers look
// elsewhere while the present ones finish.
func (h *Health) NotServing() {
	h.stopping.Store(true)
	h.set(false, healthv1.HealthCheckResponse_NOT_SERVING)
}

// EndWatches ends the open streams. Those who ask again are let go again.
func (h *Health) EndWatches() { h.Streams.EndAll() }

// IsStopping tells whether NotServing was called.
func (h *Health) IsStopping() bool { return h.stopping.Load() }

func (h *Health) set(serving bool, status healthv1.HealthCheckResponse_ServingStatus) {
	h.serving.Store(serving)
	h.checks.SetServingStatus("", status)
	h.checks.SetServingStatus(h.service, status)
}

// Register serves gRPC health on a server.
func (h *Health) Register(server grpc.ServiceRegistrar) {
	healthv1.RegisterHealthServer(server, h.checks)
}

// Handle adds the health endpoints to a mux: /livez, which answers 200 while the
// process runs, and /readyz, which answers 503 while the facade takes no calls.
// Neither asks the upstream: a blip of it is no reason to restart or to drain
// every replica. gRPC health is there as well, in plaintext, which needs a server
// of HTTP/2: Kubernetes' gRPC probes know no TLS, which the other ports may speak.
func (h *Health) Handle(mux *http.ServeMux) {
	checks := grpc.NewServer(grpc.MaxRecvMsgSize(maxHealthRequest), grpc.StreamInterceptor(h.watch))
	h.Register(checks)
	mux.HandleFunc("POST /"+healthv1.Health_ServiceDesc.ServiceName+"/", func(w http.ResponseWriter, r *http.Request) {
		// A watch lasts longer than the server lets other responses take.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Time{})
		checks.ServeHTTP(w, r)
	})
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { writeText(w, http.StatusOK, "alive") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		switch {
		case h.serving.Load():
			writeText(w, http.StatusOK, "ready")
		case h.stopping.Load():
			writeText(w, http.StatusServiceUnavailable, "not ready: shutting down: calls under way are being finished")
		default:
			writeText(w, http.StatusServiceUnavailable, "not ready: starting: the ports are not open yet")
		}
	})
}

// maxHealthRequest bounds a health check, which is a service's name.
const maxHealthRequest = 4 << 10

// watch bounds the health watches on the admin port.
func (h *Health) watch(service any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	ctx, cancel := context.WithCancel(stream.Context())
	defer cancel()
	return h.Streams.Serve(ctx, info.FullMethod, cancel, func() error { return handler(service, &streamWithContext{stream, ctx}) })
}

// streamWithContext is a stream with a context of its own.
type streamWithContext struct {
	grpc.ServerStream
	ctx context.Context
}

// Context implements grpc.ServerStream.
func (s *streamWithContext) Context() context.Context { return s.ctx }

func writeText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n"))
}
