package upstream

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/goleak"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	usersv1json "github.com/wingspan-grpc/session-facade/gen/wirejson/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/apierror"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
)

// TestMain shows that no call leaves a goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// generous is more than anything here should take.
const generous = 20 * time.Second

// service is the client under test, with an upstream to go with it.
type service struct {
	usersv1.SessionAndAuthenticationServiceClient
	conn *Conn

	mu   sync.Mutex
	seen int
}

// handled starts an upstream with a handler, in memory, and a client of it.
func handled(t *testing.T, options Options, handler http.HandlerFunc) *service {
	t.Helper()
	s := &service{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.seen++
		s.mu.Unlock()
		_, _ = io.Copy(io.Discard, r.Body) // or net/http's server does not see the caller go
		handler(w, r)
	}))
	start(t, server, 0, false)
	t.Cleanup(server.Close)
	s.connect(t, options, server.URL)
	return s
}

func (s *service) connect(t *testing.T, options Options, address string) {
	t.Helper()
	rules, err := httprule.Service(usersv1.File_wingspan_users_v1_session_and_authentication_service_proto.Services().Get(0))
	if err != nil {
		t.Fatal(err)
	}
	pool := &options.Pool
	if pool.URL, err = url.Parse(address); err != nil {
		t.Fatal(err)
	}
	if pool.Dial == nil {
		pool.Dial = dial
	}
	pool.MaxConnections, pool.IdleTimeout = cmp.Or(pool.MaxConnections, 512), 90*time.Second
	pool.Age, options.MaxAttempts = cmp.Or(pool.Age, 2*time.Minute), cmp.Or(options.MaxAttempts, 3)
	options.Timeout = cmp.Or(options.Timeout, 15*time.Second)
	options.Tracer, options.Meter = tracenoop.NewTracerProvider(), metricnoop.NewMeterProvider()
	if options.Propagator == nil {
		options.Propagator = propagation.TraceContext{}
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	options.JSON, options.MaxResponseBytes, options.MaxErrorBytes = usersv1json.Methods, 1<<20, 1<<16
	if s.conn, err = NewConn(rules, options); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.conn.Close)
	s.SessionAndAuthenticationServiceClient = usersv1.NewSessionAndAuthenticationServiceClient(s.conn)
}

// times is how many requests have reached the upstream.
func (s *service) times() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen
}

// The calls that tests make: one without side effects, and one of each other verb.
var calls = map[string]func(context.Context, *service, ...grpc.CallOption) error{
	"GET": func(ctx context.Context, s *service, opts ...grpc.CallOption) error {
		_, err := s.ListApiSessions(ctx, &usersv1.ListApiSessionsRequest{}, opts...)
		return err
	},
	"DELETE": func(ctx context.Context, s *service, opts ...grpc.CallOption) error {
		_, err := s.DeleteSession(ctx, &usersv1.DeleteSessionRequest{Id: "s"}, opts...)
		return err
	},
	"POST": func(ctx context.Context, s *service, opts ...grpc.CallOption) error {
		_, err := s.CreateSession(ctx, &usersv1.CreateSessionRequest{Email: new("e")}, opts...)
		return err
	},
	"PATCH": func(ctx context.Context, s *service, opts ...grpc.CallOption) error {
		_, err := s.CompleteOtpVerification(ctx, &usersv1.CompleteOtpVerificationRequest{Code: "1"}, opts...)
		return err
	},
}

// succeed answers any call: the list of nothing, or no session.
func succeed(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		_, _ = io.WriteString(w, `[]`)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// hang waits until the caller has gone.
func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func reasonOf(err error) string { return apierror.ReasonName(apierror.Reason(status.Convert(err))) }

// retryInfo is the delay of an error's RetryInfo; -1 where it has none.
func retryInfo(err error) time.Duration {
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.RetryInfo); ok {
			return info.GetRetryDelay().AsDuration()
		}
	}
	return -1
}

// pushedBack tells whether the error of a call tells its caller not to retry.
func pushedBack(err error) bool {
	var failed *Error
	return errors.As(err, &failed) && failed.Attempts() > 1
}
