package transport

import (
	"net/http"
	"sync/atomic"

	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
)

// Health tells whether the facade takes calls. It starts as not serving.
type Health struct {
	checks  *health.Server
	service string
	serving atomic.Bool
}

// Serving says that the facade takes calls.
func (h *Health) Serving() { h.set(true, healthv1.HealthCheckResponse_SERVING) }

// NotServing says that the facade takes no more calls, so that balancers look
// elsewhere while the present ones finish.
func (h *Health) NotServing() { h.set(false, healthv1.HealthCheckResponse_NOT_SERVING) }

func (h *Health) set(serving bool, status healthv1.HealthCheckResponse_ServingStatus) {
	h.serving.Store(serving)
	h.checks.SetServingStatus("", status)
	h.checks.SetServingStatus(h.service, status)
}

// Admin serves /livez, which answers 200 while the process runs, and /readyz,
// which answers 503 while the facade takes no calls. Neither asks the upstream:
// a blip of it is no reason to restart or to drain every replica.
func (h *Health) Admin() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "alive") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !h.serving.Load() {
			plain(w, http.StatusServiceUnavailable, "not ready: starting or shutting down")
			return
		}
		plain(w, http.StatusOK, "ready")
	})
	return mux
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n"))
}
