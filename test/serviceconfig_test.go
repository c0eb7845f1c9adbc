package test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
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
	"github.com/wingspan-grpc/session-facade/config/affinity"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
	"github.com/wingspan-grpc/session-facade/test/flaky"
	"github.com/wingspan-grpc/session-facade/test/readme"
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
	var lines []string
	for _, name := range want {
		lines = append(lines, fmt.Sprintf(`        {"service": %q, "method": %q}`, facadetest.Descriptor.FullName(), name))
	}
	if !readme.CheckLines(t, "../config/service_config.json", `"method": `, strings.Join(lines, ",\n")+"\n", "make generate") {
		return
	}
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

// TestAffinityServiceConfig_DiffersInThePolicyAlone: who chooses affinity loses nothing
// else. The default must not name ring_hash: clients of gRPC's C core that have it but do
// not know requestHashHeader fail all calls, or crash.
func TestAffinityServiceConfig_DiffersInThePolicyAlone(t *testing.T) {
	t.Parallel()
	parse := func(text string) (policies string, rest map[string]json.RawMessage) {
		if err := json.Unmarshal([]byte(text), &rest); err != nil {
			t.Fatal(err)
		}
		policies = string(rest["loadBalancingConfig"])
		delete(rest, "loadBalancingConfig")
		return policies, rest
	}
	policy, rest := parse(config.ServiceConfig)
	byToken, byTokenRest := parse(affinity.ServiceConfig)
	if diff := cmp.Diff(rest, byTokenRest); diff != "" {
		t.Errorf("the configs differ (-default +affinity):\n%s%s", diff, runTool)
	}
	if policy != `[{"round_robin": {}}]` || byToken != `[{"ring_hash_experimental": {"requestHashHeader": "authorization"}}, {"round_robin": {}}]` {
		t.Errorf("the policies are %s and %s%s", policy, byToken, runTool)
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

// flakyWay starts a way to a facade on which the next calls fail, as many as is
// stored in what it returns with its address.
func flakyWay(t *testing.T, facade string) (address string, refusals *atomic.Int32) {
	t.Helper()
	refusals = &atomic.Int32{}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := flaky.Server(flaky.Proxy(&url.URL{Scheme: "http", Host: facade}, nil, func(r *http.Request) bool {
		// Callers ask for the health of the facade by the same way.
		return strings.HasPrefix(r.URL.Path, "/"+string(facadetest.Descriptor.FullName())) && refusals.Add(-1) >= 0
	}))
	var running sync.WaitGroup
	running.Go(func() { _ = server.Serve(listener) })
	t.Cleanup(func() {
		_ = server.Close()
		running.Wait()
	})
	return listener.Addr().String(), refusals
}

// TestServiceConfigMultipliesNothing: caller and facade both retry, and yet the
// upstream sees a call no more than three times; one with side effects, once.
func TestServiceConfigMultipliesNothing(t *testing.T) {
	t.Parallel()
	unavailable := facadetest.Respond(http.StatusServiceUnavailable, nil, `{"error":"maintenance"}`)
	for name, row := range map[string]struct {
		upstream http.HandlerFunc
		refusals int32 // on the way to the facade
		// How often the upstream sees a call, without and with side effects.
		read, write int
	}{
		// The facade retries and, by pushback, tells the caller not to.
		"503":         {upstream: unavailable, read: upstreamAttempts, write: 1},
		"502":         {upstream: facadetest.Respond(http.StatusBadGateway, nil, ""), read: upstreamAttempts, write: 1},
		"no response": {upstream: dropConnection, read: upstreamAttempts, write: 1},
		// Too long a wait for the facade, and no caller retries after headers,
		// which Retry-After is passed on in.
		"503, wait 1 min": {
			upstream: facadetest.Respond(http.StatusServiceUnavailable, http.Header{"Retry-After": {"60"}}, `{"error":"maintenance"}`),
			read:     1, write: 1,
		},
		// The caller retries before the facade has a part in it. The facade learns
		// of that (grpc-previous-rpc-attempts) and leaves the third attempt to the
		// caller, too.
		"the way fails once, then 503": {upstream: unavailable, refusals: 1, read: upstreamAttempts - 1, write: 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			upstream := facadetest.NewRecorder(t, row.upstream)
			for _, method := range slices.Sorted(maps.Keys(methods())) {
				address, refusals := flakyWay(t, facadetest.Start(t, upstream.URL, facadetest.Config{}).GRPCAddr)
				refusals.Store(row.refusals)
				want := row.write
				if optionsOf(methods()[method]).GetIdempotencyLevel() == descriptorpb.MethodOptions_NO_SIDE_EFFECTS {
					want = row.read
				}
				err := callFilled(t, dialAsCaller(t, address), method)
				if status.Code(err) != codes.Unavailable {
					t.Errorf("%s: %v, want UNAVAILABLE", method, err)
				}
				if seen := len(upstream.Take()); seen != want {
					t.Errorf("%s reached the upstream %d times, want %d", method, seen, want)
				}
			}
		})
	}
}

// TestServiceConfigOutlivesAnOutage: what may be retried gets through when a
// facade is away for a moment, and nothing else is retried.
func TestServiceConfigOutlivesAnOutage(t *testing.T) {
	t.Parallel()
	upstream := facadetest.NewRecorder(t, facadetest.Respond(http.StatusOK, nil, `[]`))
	address, refusals := flakyWay(t, facadetest.Start(t, upstream.URL, facadetest.Config{}).GRPCAddr)
	conn := dialAsCaller(t, address)
	refusals.Store(2)
	if err := callFilled(t, conn, "ListApiSessions"); err != nil {
		t.Errorf("not retried twice: %v", err)
	}
	refusals.Store(1)
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
		case field.Kind() == protoreflect.StringKind && !field.IsList():
			request.Set(field, protoreflect.ValueOfString("x"))
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	return conn.Invoke(ctx, fmt.Sprintf("/%s/%s", facadetest.Descriptor.FullName(), name), request, response)
}
