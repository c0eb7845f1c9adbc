package clients

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

// conns are connect-go's and grpc-go's, by protocol and HTTP version.
func (p httpPort) conns(t *testing.T) map[string]grpc.ClientConnInterface {
	t.Helper()
	if p.ca == "" {
		return facadetest.HTTPPortConns(t, p.url, nil)
	}
	text, err := os.ReadFile(p.ca)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	return facadetest.HTTPPortConns(t, p.url, &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool})
}

// TestGo calls by connect-go and grpc-go; over TLS, ALPN says which HTTP version it is.
func TestGo(t *testing.T) {
	t.Parallel()
	eachPort(t, func(t *testing.T, port httpPort, slow *slowCalls) {
		t.Helper()
		watches := openWatches(t, port)
		callByGo(t, port, slow)
		endWatches(t, port, watches)
	})
}

func callByGo(t *testing.T, port httpPort, slow *slowCalls) {
	t.Helper()
	var callers sync.WaitGroup
	for name, conn := range port.conns(t) {
		callers.Go(func() {
			client := usersv1.NewSessionAndAuthenticationServiceClient(conn)
			ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", strings.TrimPrefix(token, "Authorization: "))
			list, err := client.ListApiSessions(ctx, &usersv1.ListApiSessionsRequest{})
			if err != nil || len(list.GetApiSessions()) != 1 {
				t.Errorf("%s: list: %v, %v", name, list, err)
			}
			_, err = client.Authenticate(ctx, &usersv1.AuthenticateRequest{Email: strings.Repeat("l", 4<<20)})
			// nginx loses a status of gRPC's that comes before it has sent the whole message.
			kept := !strings.HasPrefix(name, "gRPC ") || port.url == port.facade.REST
			if got := ofStatus(err); err == nil || kept && got != "ResourceExhausted REQUEST_TOO_LARGE" {
				t.Errorf("%s: a message that is too large led to %q: %v", name, got, err)
			}
			for call, email := range map[string]string{"rejected": "rejected@example.com", "field": "", "deadline": "slow@example.com"} {
				within := 30 * time.Second
				if call == "deadline" {
					within = 2 * time.Second
				}
				ctx, cancel := context.WithTimeout(t.Context(), within)
				_, err := client.Authenticate(ctx, &usersv1.AuthenticateRequest{Email: email})
				cancel()
				if got := ofStatus(err); got != led[call] && (call != "deadline" || got != led[call]+" UPSTREAM_TIMEOUT") {
					t.Errorf("%s: %s led to %q, want %q: %v", name, call, got, led[call], err)
				}
			}
		})
	}
	callers.Wait()
	slow.await(t)
}

func ofStatus(err error) string {
	s := status.Convert(err)
	told := []string{s.Code().String()}
	for _, detail := range s.Proto().GetDetails() {
		told = append(told, describe(detail)...)
	}
	return strings.Join(told, " ")
}

type watch = grpc.ServerStreamingClient[grpc_health_v1.HealthCheckResponse]

// openWatches opens a health watch by each protocol.
func openWatches(t *testing.T, port httpPort) map[string]watch {
	t.Helper()
	watches := map[string]watch{}
	for name, conn := range port.conns(t) {
		if name == "gRPC-Web as text" {
			continue // the client reads a response whole
		}
		var err error
		if watches[name], err = grpc_health_v1.NewHealthClient(conn).Watch(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: serviceName}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got, err := watches[name].Recv(); err != nil || got.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	return watches
}

// endWatches sees that each watch is told that the facade is going, and of its end.
func endWatches(t *testing.T, port httpPort, watches map[string]watch) {
	t.Helper()
	port.facade.Health.NotServing()
	for name, watch := range watches {
		if got, err := watch.Recv(); err != nil || got.GetStatus() != grpc_health_v1.HealthCheckResponse_NOT_SERVING {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	port.facade.Health.EndWatches()
	for name, watch := range watches {
		if _, err := watch.Recv(); err == nil {
			t.Errorf("%s: the watch goes on", name)
		}
	}
}
