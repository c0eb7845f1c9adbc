// Package facadetest starts a whole facade on random ports for tests, in front
// of an upstream that records what it sees.
package facadetest

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/docs"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/internal/service"
	"github.com/wingspan-grpc/session-facade/internal/transport"
	"github.com/wingspan-grpc/session-facade/internal/upstream"
)

// UserAgent is the User-Agent by which a test's facade calls the upstream.
const UserAgent = "session-facade/test"

// Descriptor describes the service.
var Descriptor = usersv1.File_wingspan_users_v1_session_and_authentication_service_proto.
	Services().ByName("SessionAndAuthenticationService")

// Facade is a running facade.
type Facade struct {
	// Conn is a gRPC connection to it, Client the typed client over that.
	Conn   *grpc.ClientConn
	Client usersv1.SessionAndAuthenticationServiceClient
	// REST is the URL of its REST door, without a path.
	REST string
	// GRPCAddr is the host and port of its gRPC door.
	GRPCAddr string
	// Log holds what it has logged.
	Log *Log
}

// Config is what a test may change of a facade; production's defaults stand in
// for zero values.
type Config struct {
	Timeout         time.Duration
	MaxRequestBytes int
	MaxAnswerBytes  int64
	MaxErrorBytes   int64
	MaxInFlight     int
	CORSOrigins     []string
	Docs            bool
	Tracer          trace.TracerProvider
	Meter           metric.MeterProvider
	RetryBudget     float64
	BreakerRate     float64 // negative: never
	// MaxConnections, ConnectionAge, PingTimeout and SingleUseHTTP1 are those of
	// upstream.Options.
	MaxConnections int
	ConnectionAge  time.Duration
	PingTimeout    time.Duration
	SingleUseHTTP1 bool
	// TLS is the configuration towards an https upstream; nil is the default one.
	TLS *tls.Config
	// Wrap wraps the service, to see or to break what passes.
	Wrap func(usersv1.SessionAndAuthenticationServiceServer) usersv1.SessionAndAuthenticationServiceServer
}

func orDefault[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}

// Start starts a facade in front of the upstream at a URL. It is stopped when
// the test ends.
func Start(tb testing.TB, upstreamURL string, config Config) *Facade {
	tb.Helper()
	if config.Tracer == nil {
		config.Tracer = tracenoop.NewTracerProvider()
	}
	if config.Meter == nil {
		config.Meter = metricnoop.NewMeterProvider()
	}
	f := &Facade{Log: &Log{}}
	server := wire(tb, upstreamURL, config, slog.New(slog.NewJSONHandler(f.Log, &slog.HandlerOptions{Level: slog.LevelDebug})))

	if config.Docs {
		var err error
		if server.REST, err = docs.InFrontOf(server.REST); err != nil {
			tb.Fatal(err)
		}
	}
	grpcListener, restListener := listen(tb), listen(tb)
	rest := &http.Server{Handler: server.REST, ReadHeaderTimeout: time.Minute,
		ErrorLog: slog.NewLogLogger(slog.NewJSONHandler(f.Log, nil), slog.LevelWarn)}
	var running sync.WaitGroup
	running.Go(func() { _ = server.GRPC.Serve(grpcListener) })
	running.Go(func() { _ = rest.Serve(restListener) })
	server.Health.Serving()

	f.GRPCAddr = grpcListener.Addr().String()
	f.REST = "http://" + restListener.Addr().String()
	conn, err := grpc.NewClient(f.GRPCAddr, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(32<<20)))
	if err != nil {
		tb.Fatal(err)
	}
	f.Conn, f.Client = conn, usersv1.NewSessionAndAuthenticationServiceClient(conn)
	tb.Cleanup(func() {
		_ = conn.Close()
		server.GRPC.Stop()
		_ = rest.Close()
		running.Wait()
	})
	return f
}

// wire puts the layers together as the command does.
func wire(tb testing.TB, upstreamURL string, config Config, logger *slog.Logger) *transport.Server {
	tb.Helper()
	rules, err := httprule.Service(Descriptor)
	if err != nil {
		tb.Fatal(err)
	}
	parsed, err := url.Parse(upstreamURL)
	if err != nil {
		tb.Fatal(err)
	}
	conn, err := upstream.NewConn(rules, upstream.Options{
		URL:            parsed,
		TLS:            func() *tls.Config { return config.TLS },
		UserAgent:      UserAgent,
		MaxAnswerBytes: orDefault(config.MaxAnswerBytes, 16<<20),
		MaxErrorBytes:  orDefault(config.MaxErrorBytes, 64<<10),
		MaxAttempts:    3,
		RetryBudget:    orDefault(config.RetryBudget, 0.2),
		BreakerRate:    max(0, orDefault(config.BreakerRate, 0.5)),
		Timeout:        orDefault(config.Timeout, 15*time.Second),
		MaxConnections: config.MaxConnections,
		ConnectionAge:  config.ConnectionAge,
		PingTimeout:    config.PingTimeout,
		SingleUseHTTP1: config.SingleUseHTTP1,
		Logger:         logger,
		Tracer:         config.Tracer,
		Meter:          config.Meter,
		Propagator:     propagation.TraceContext{},
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(conn.Close)
	var svc usersv1.SessionAndAuthenticationServiceServer = service.New(
		usersv1.NewSessionAndAuthenticationServiceClient(transport.Relay(conn, upstream.StatusKey)))
	if config.Wrap != nil {
		svc = config.Wrap(svc)
	}
	server, err := transport.NewServer(svc, transport.Options{
		Rules:           rules,
		Logger:          logger,
		Timeout:         orDefault(config.Timeout, 15*time.Second),
		MaxRequestBytes: orDefault(config.MaxRequestBytes, 4<<20),
		MaxInFlight:     orDefault(config.MaxInFlight, 4096),
		CORSOrigins:     config.CORSOrigins,
		Tracer:          config.Tracer,
		Meter:           config.Meter,
		Propagator:      propagation.TraceContext{},
	})
	if err != nil {
		tb.Fatal(err)
	}
	return server
}

func listen(tb testing.TB) net.Listener {
	tb.Helper()
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	return listener
}
