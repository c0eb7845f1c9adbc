package transport

import (
	"context"
	"net/http"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
)

// Health tells whether the facade takes calls. It starts as not serving.
type Health struct {
	checks  *health.Server
	service string
	serving atomic.Bool
	leaving atomic.Bool

	watches    context.Context
	endWatches context.CancelFunc
}

func newHealth(service string) *Health {
	h := &Health{checks: health.NewServer(), service: service}
	h.watches, h.endWatches = context.WithCancel(context.Background())
	h.set(false, healthv1.HealthCheckResponse_NOT_SERVING) // the library begins with SERVING
	return h
}

// Serving says that the facade takes calls.
func (h *Health) Serving() { h.set(true, healthv1.HealthCheckResponse_SERVING) }

// NotServing says that the facade takes no more calls, so that balancers look
// elsewhere while the present ones finish.
func (h *Health) NotServing() {
	h.leaving.Store(true)
	h.set(false, healthv1.HealthCheckResponse_NOT_SERVING)
}

// EndWatches ends the streams of those who watch, who would hold up a graceful
// stop for as long as they like. Those who ask again are let go again.
func (h *Health) EndWatches() { h.endWatches() }

// watchable is the health service with watches that end.
type watchable struct {
	healthv1.HealthServer
	until context.Context
}

// Watch implements healthv1.HealthServer.
func (w watchable) Watch(request *healthv1.HealthCheckRequest, stream grpc.ServerStreamingServer[healthv1.HealthCheckResponse]) error {
	ctx, cancel := context.WithCancel(stream.Context())
	defer cancel()
	defer context.AfterFunc(w.until, cancel)()
	return w.HealthServer.Watch(request, &watch{ServerStreamingServer: stream, ctx: ctx})
}

// watch is a stream with a context of its own.
type watch struct {
	grpc.ServerStreamingServer[healthv1.HealthCheckResponse]
	ctx context.Context
}

// Context implements grpc.ServerStream.
func (w *watch) Context() context.Context { return w.ctx }

func (h *Health) set(serving bool, status healthv1.HealthCheckResponse_ServingStatus) {
	h.serving.Store(serving)
	h.checks.SetServingStatus("", status)
	h.checks.SetServingStatus(h.service, status)
}

// Handle adds the health endpoints to a mux: /livez, which answers 200 while the
// process runs, and /readyz, which answers 503 while the facade takes no calls.
// Neither asks the upstream: a blip of it is no reason to restart or to drain
// every replica. gRPC health is there as well, in plaintext, which needs a server
// of HTTP/2: Kubernetes' gRPC probes know no TLS, which the doors may speak.
func (h *Health) Handle(mux *http.ServeMux) {
	checks := grpc.NewServer(grpc.MaxRecvMsgSize(maxHealthRequest))
	h.register(checks)
	mux.Handle("POST /"+healthv1.Health_ServiceDesc.ServiceName+"/", checks)
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "alive") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !h.serving.Load() {
			why := "starting: the ports are not open yet"
			if h.leaving.Load() {
				why = "shutting down: calls under way are being finished"
			}
			plain(w, http.StatusServiceUnavailable, "not ready: "+why)
			return
		}
		plain(w, http.StatusOK, "ready")
	})
}

// maxHealthRequest bounds a health check, which is a service's name.
const maxHealthRequest = 4 << 10

func (h *Health) register(server *grpc.Server) {
	healthv1.RegisterHealthServer(server, watchable{h.checks, h.watches})
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n"))
}
