package test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/health" // makes clients heed healthCheckConfig
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/wingspan-grpc/session-facade/config"
	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/facadetest"
)

// upstreamAttempts is how often a call may reach the upstream at most, caller
// and facade together.
const upstreamAttempts = 3

// serviceConfig is what the tests look at in config.ServiceConfig.
type serviceConfig struct {
	HealthCheckConfig struct{ ServiceName string }
	MethodConfig      []struct {
		Name        []struct{ Service, Method string }
		Timeout     string
		RetryPolicy *struct {
			MaxAttempts          int
			RetryableStatusCodes []string
		}
	}
}

func readServiceConfig(t *testing.T) (read serviceConfig) {
	t.Helper()
	if err := json.Unmarshal([]byte(config.ServiceConfig), &read); err != nil {
		t.Fatal(err)
	}
	return read
}

// TestServiceConfigRetries: exactly the methods that the contract says have no
// side effects are retried, each by its name; and every method has a timeout
// that lets the facade's own error (after 15 s) come first.
func TestServiceConfigRetries(t *testing.T) {
	t.Parallel()
	var got []string
	timeouts := map[string]time.Duration{}
	for _, entry := range readServiceConfig(t).MethodConfig {
		timeout, err := time.ParseDuration(entry.Timeout)
		if err != nil {
			t.Error(err)
		}
		for _, name := range entry.Name {
			if name.Service != string(facadetest.Descriptor.FullName()) {
				t.Errorf("service %q is not ours", name.Service)
			}
			timeouts[name.Method] = timeout
			if entry.RetryPolicy != nil {
				got = append(got, name.Method) // "" would be the whole service
			}
		}
		if policy := entry.RetryPolicy; policy != nil &&
			(policy.MaxAttempts > upstreamAttempts || !slices.Equal(policy.RetryableStatusCodes, []string{"UNAVAILABLE"})) {
			t.Errorf("retry policy %+v", *policy)
		}
	}
	var want []string
	for name, method := range methods() {
		if optionsOf(method).GetIdempotencyLevel() == descriptorpb.MethodOptions_NO_SIDE_EFFECTS {
			want = append(want, name)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("not the methods without side effects are retried (-want +got):\n%s", diff)
	}
	for _, name := range append(got, "") {
		if timeouts[name] <= 15*time.Second {
			t.Errorf("method %q has the timeout %v", name, timeouts[name])
		}
	}
}

func TestServiceConfigHealthCheck(t *testing.T) {
	t.Parallel()
	if got, want := readServiceConfig(t).HealthCheckConfig.ServiceName, string(facadetest.Descriptor.FullName()); got != want {
		t.Errorf("health is asked of %q, want %q", got, want)
	}
}

// dialAsCaller connects as a caller does who uses the service config.
func dialAsCaller(t *testing.T, address string) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultServiceConfig(config.ServiceConfig))
	if err != nil {
		t.Fatalf("gRPC does not take the service config: %v", err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// dropConnection is an upstream that hangs up instead of answering.
func dropConnection(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// TestServiceConfigMultipliesNothing: caller and facade both retry, and yet the
// upstream sees a call no more than three times; one with side effects, once.
func TestServiceConfigMultipliesNothing(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"503":             facadetest.Respond(http.StatusServiceUnavailable, nil, `{"error":"maintenance"}`),
		"503, wait 1 min": facadetest.Respond(http.StatusServiceUnavailable, http.Header{"Retry-After": {"60"}}, `{"error":"maintenance"}`),
		"502":             facadetest.Respond(http.StatusBadGateway, nil, ""),
		"no answer":       dropConnection,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			upstream := facadetest.NewRecorder(t, answer)
			for _, method := range slices.Sorted(maps.Keys(methods())) {
				facade := facadetest.Start(t, upstream.URL, facadetest.Config{})
				most := 1
				if optionsOf(methods()[method]).GetIdempotencyLevel() == descriptorpb.MethodOptions_NO_SIDE_EFFECTS {
					most = upstreamAttempts
				}
				err := callFilled(t, dialAsCaller(t, facade.GRPCAddr), method)
				if status.Code(err) != codes.Unavailable {
					t.Errorf("%s: %v, want UNAVAILABLE", method, err)
				}
				if seen := len(upstream.Take()); seen < 1 || seen > most {
					t.Errorf("%s reached the upstream %d times, want 1 to %d", method, seen, most)
				}
			}
		})
	}
}

// unavailable is a service that fails calls a few times before it serves them.
type unavailable struct {
	usersv1.SessionAndAuthenticationServiceServer
	left atomic.Int32
}

func (u *unavailable) fail() error {
	if u.left.Add(-1) >= 0 {
		return status.Error(codes.Unavailable, "starting")
	}
	return nil
}

//nolint:revive // it is the RPC's name
func (u *unavailable) ListApiSessions(ctx context.Context, request *usersv1.ListApiSessionsRequest) (*usersv1.ListApiSessionsResponse, error) {
	if err := u.fail(); err != nil {
		return nil, err
	}
	return u.SessionAndAuthenticationServiceServer.ListApiSessions(ctx, request)
}

//nolint:revive // it is the RPC's name
func (u *unavailable) CreateApiSession(ctx context.Context, request *usersv1.CreateApiSessionRequest) (*usersv1.CreateApiSessionResponse, error) {
	if err := u.fail(); err != nil {
		return nil, err
	}
	return u.SessionAndAuthenticationServiceServer.CreateApiSession(ctx, request)
}

// TestServiceConfigOutlivesAnOutage: what may be retried gets through when a
// facade is away for a moment, and nothing else is retried. It also shows that
// the test above counts a caller who does retry.
func TestServiceConfigOutlivesAnOutage(t *testing.T) {
	t.Parallel()
	upstream := facadetest.NewRecorder(t, facadetest.Respond(http.StatusOK, nil, `[]`))
	service := &unavailable{}
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{
		Wrap: func(server usersv1.SessionAndAuthenticationServiceServer) usersv1.SessionAndAuthenticationServiceServer {
			service.SessionAndAuthenticationServiceServer = server
			return service
		},
	})
	conn := dialAsCaller(t, facade.GRPCAddr)
	service.left.Store(2)
	if err := callFilled(t, conn, "ListApiSessions"); err != nil {
		t.Errorf("not retried twice: %v", err)
	}
	service.left.Store(1)
	if err := callFilled(t, conn, "CreateApiSession"); status.Code(err) != codes.Unavailable {
		t.Errorf("got %v, want UNAVAILABLE: the call may not be repeated", err)
	}
}

// callFilled calls a method with all of its string fields set.
func callFilled(t *testing.T, conn *grpc.ClientConn, name string) error {
	t.Helper()
	method := methods()[name]
	request, response := dynamicpb.NewMessage(method.Input()), dynamicpb.NewMessage(method.Output())
	for i := range method.Input().Fields().Len() {
		switch field := method.Input().Fields().Get(i); {
		case field.IsMap() || field.Enum() != nil:
		case field.Message() != nil:
			request.Mutable(field)
		case field.Kind() == protoreflect.StringKind:
			request.Set(field, protoreflect.ValueOfString("x"))
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	return conn.Invoke(ctx, fmt.Sprintf("/%s/%s", facadetest.Descriptor.FullName(), name), request, response)
}
