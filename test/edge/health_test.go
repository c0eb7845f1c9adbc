package edge

import (
	"net/http"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/test/httpclient"
)

// probe asks gRPC health as the kubelet does: in plaintext, on a new connection.
func probe(t *testing.T, address, service string) (healthv1.HealthCheckResponse_ServingStatus, error) {
	t.Helper()
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	answer, err := healthv1.NewHealthClient(conn).Check(t.Context(), &healthv1.HealthCheckRequest{Service: service}, grpc.WaitForReady(true))
	return answer.GetStatus(), err
}

// TestAdminHealth shows that gRPC health can be asked on the admin port in
// plaintext while the ports speak TLS, that it turns at once on SIGTERM though
// calls are still served, and that the process lives on meanwhile.
func TestAdminHealth(t *testing.T) {
	t.Parallel()
	s := startTLS(t, false, "--sandbox", "--shutdown-delay=1h")
	name := usersv1.SessionAndAuthenticationService_ServiceDesc.ServiceName
	for _, service := range []string{"", name} {
		if got, err := probe(t, s.Admin, service); err != nil || got != healthv1.HealthCheckResponse_SERVING {
			t.Errorf("health of %q: %s, %v", service, got, err)
		}
	}
	if _, err := probe(t, s.Admin, "other"); status.Code(err) != codes.NotFound {
		t.Errorf("health of a service that is not there: %v", err)
	}
	watched := watchAdmin(t, s.Admin)
	s.terminate(t)
	if got := <-watched; got != healthv1.HealthCheckResponse_NOT_SERVING {
		t.Errorf("who watches is told %s", got)
	}
	for _, service := range []string{"", name} {
		if got, err := probe(t, s.Admin, service); err != nil || got != healthv1.HealthCheckResponse_NOT_SERVING {
			t.Errorf("health of %q after SIGTERM: %s, %v", service, got, err)
		}
	}
	for path, want := range map[string]int{"/livez": http.StatusOK, "/readyz": http.StatusServiceUnavailable} {
		response, err := httpclient.Shared.Get("http://" + s.Admin + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("%s: %d after SIGTERM", path, response.StatusCode)
		}
	}
	if err := newCaller(t, s.process, s.client).viaGRPC(t.Context()); err != nil {
		t.Errorf("a call during the delay: %v", err)
	}
}

// watchAdmin tells each change of health, as the admin port does, after the first.
func watchAdmin(t *testing.T, address string) <-chan healthv1.HealthCheckResponse_ServingStatus {
	t.Helper()
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	statuses := watchHealth(t, &caller{conn: conn})
	if got := <-statuses; got != healthv1.HealthCheckResponse_SERVING {
		t.Errorf("who watches is told %s", got)
	}
	return statuses
}

// TestAdminServesHealthOnly shows that the service itself cannot be called on the
// admin port.
func TestAdminServesHealthOnly(t *testing.T) {
	t.Parallel()
	p := start(t, "--sandbox")
	conn, err := grpc.NewClient(p.Admin, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_, err = usersv1.NewSessionAndAuthenticationServiceClient(conn).ListApiSessions(t.Context(), &usersv1.ListApiSessionsRequest{})
	if status.Code(err) != codes.Unimplemented {
		t.Errorf("got %v, want UNIMPLEMENTED", err)
	}
}
