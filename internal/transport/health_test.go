package transport

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
)

// TestHealth shows what /readyz and gRPC health say in each state, and that /livez
// does not care.
func TestHealth(t *testing.T) {
	t.Parallel()
	h, mux := NewHealth("service"), http.NewServeMux()
	h.Handle(mux)
	get := func(path string) (int, string) {
		t.Helper()
		recorded := httptest.NewRecorder()
		mux.ServeHTTP(recorded, httptest.NewRequest(http.MethodGet, path, nil))
		return recorded.Code, strings.TrimSpace(recorded.Body.String())
	}
	for _, c := range []struct {
		turn   func()
		status int
		text   string
		grpc   healthv1.HealthCheckResponse_ServingStatus
	}{
		{func() {}, 503, "not ready: starting: the ports are not open yet", healthv1.HealthCheckResponse_NOT_SERVING},
		{h.Serving, 200, "ready", healthv1.HealthCheckResponse_SERVING},
		{h.NotServing, 503, "not ready: shutting down: calls under way are being finished", healthv1.HealthCheckResponse_NOT_SERVING},
	} {
		c.turn()
		if status, text := get("/readyz"); status != c.status || text != c.text {
			t.Errorf("readyz: %d %q, want %d %q", status, text, c.status, c.text)
		}
		if status, text := get("/livez"); status != 200 || text != "alive" {
			t.Errorf("livez: %d %q", status, text)
		}
		for _, service := range []string{"", "service"} {
			answer, err := h.checks.Check(t.Context(), &healthv1.HealthCheckRequest{Service: service})
			if err != nil || answer.GetStatus() != c.grpc {
				t.Errorf("gRPC health of %q: %v, %v, want %s", service, answer, err, c.grpc)
			}
		}
	}
}
