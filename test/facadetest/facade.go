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
	"os"
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
	"github.com/wingspan-grpc/session-facade/internal/connlimit"
	"github.com/wingspan-grpc/session-facade/internal/facade"
	"github.com/wingspan-grpc/session-facade/internal/pacing"
	"github.com/wingspan-grpc/session-facade/internal/replicas"
	"github.com/wingspan-grpc/session-facade/internal/replicas/redis"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache"
	"github.com/wingspan-grpc/session-facade/internal/transport"
	"github.com/wingspan-grpc/session-facade/internal/transport/grpcserver"
	"github.com/wingspan-grpc/session-facade/internal/upstream"
	"github.com/wingspan-grpc/session-facade/internal/upstream/connpool"
)

// UserAgent is the User-Agent by which a test's facade calls the upstream.
const UserAgent = "session-facade/test"

// Descriptor describes the service.
var Descriptor = facade.Descriptor

// Facade is a running facade.
type Facade struct {
	// Conn is a gRPC connection to it, Client the typed client over that.
	Conn   *grpc.ClientConn
	Client usersv1.SessionAndAuthenticationServiceClient
	// REST is the URL of its HTTP port, without a path.
	REST string
	// GRPCAddr is the host and port of its gRPC port.
	GRPCAddr string
	// Health is what it tells of itself.
	Health *transport.Health
	// Log holds what it has logged.
	Log *Log
}

// Config is what a test may change of a facade; production's defaults stand in
// for zero values.
type Config struct {
	Timeout          time.Duration
	MaxRequestBytes  int
	MaxResponseBytes int64
	MaxErrorBytes    int64
	MaxInFlight      int
	MaxMemoryBytes   int64
	CORSOrigins      []string
	Docs             bool
	Tracer           trace.TracerProvider
	Meter            metric.MeterProvider
	RetryBudget      float64
	BreakerRate      float64 // negative: never
	// ReadRate and WriteRate are those of pacing.Options.
	ReadRate, WriteRate float64
	// SessionCacheTTL turns the cache of sessions on, SessionCacheStale its answers while the
	// upstream is away. Where both are 0 they are what SESSION_CACHE_TTL and
	// SESSION_CACHE_STALE say, as they are for the command, so that all tests can be run with
	// it; a negative TTL is off even then.
	SessionCacheTTL   time.Duration
	SessionCacheStale time.Duration
	// Replicas is the server by which replicas act as one, with Secrets. Where it is nil and the
	// cache is on, it is that of SESSION_CACHE_REDIS, as for the command, unless the test is
	// Alone.
	Replicas replicas.Server
	Alone    bool
	// Secrets are those of sessioncache.Options; a test's own where there are none.
	Secrets [][]byte
	// Logger gets what is logged, in place of the facade's Log.
	Logger *slog.Logger
	// Mailbox lists what a sandbox sent, for its page.
	Mailbox http.Handler
	// Dial opens the connections to the upstream; nil does so by TCP.
	Dial connpool.Dialer
	// MaxConnections, ConnectionAge, PingTimeout and SingleUseHTTP1 are those of
	// connpool.Options; 0 is as in production.
	MaxConnections int
	ConnectionAge  time.Duration
	PingTimeout    time.Duration
	SingleUseHTTP1 bool
	// TLS is the configuration towards an https upstream; nil is the default one.
	TLS *tls.Config
	// Certificate is that of the HTTP port, which speaks TLS then.
	Certificate *tls.Certificate
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
	f := &Facade{Log: &Log{}}
	grpcListener, restListener := connlimit.New(listen(tb), connlimit.Options{Max: 1 << 14}), listen(tb)
	if config.Logger == nil {
		config.Logger = slog.New(slog.NewJSONHandler(f.Log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	server := New(tb, upstreamURL, config, config.Logger)
	rest := &http.Server{Handler: server.HTTP, ReadHeaderTimeout: time.Minute, Protocols: new(http.Protocols),
		ErrorLog: slog.NewLogLogger(config.Logger.Handler(), slog.LevelWarn)}
	rest.Protocols.SetHTTP1(true)
	rest.Protocols.SetUnencryptedHTTP2(true)
	scheme := "http://"
	if config.Certificate != nil {
		scheme = "https://"
		rest.Protocols.SetHTTP2(true)
		restListener = tls.NewListener(restListener, &tls.Config{Certificates: []tls.Certificate{*config.Certificate}, NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS12})
	}
	restListener = server.Gateway.HandleMalformed(rest, restListener)
	var running sync.WaitGroup
	running.Go(func() { _ = server.GRPC.Serve(grpcListener) })
	running.Go(func() { _ = rest.Serve(restListener) })
	server.Health.Serving()

	f.Health = server.Health
	f.GRPCAddr = grpcListener.Addr().String()
	f.REST = scheme + restListener.Addr().String()
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

// New puts the layers together, with the command's defaults.
func New(tb testing.TB, upstreamURL string, config Config, logger *slog.Logger) *facade.Facade {
	tb.Helper()
	parsed, err := url.Parse(upstreamURL)
	if err != nil {
		tb.Fatal(err)
	}
	cache := sessioncache.Options{TTL: config.SessionCacheTTL, Stale: config.SessionCacheStale, Entries: 100_000}
	if cache.TTL == 0 && cache.Stale == 0 {
		cache.TTL, cache.Stale = durationFromEnv(tb, "SESSION_CACHE_TTL"), durationFromEnv(tb, "SESSION_CACHE_STALE")
	}
	if cache.TTL > 0 {
		shareSessions(tb, &config)
	}
	cache.Secrets = config.Secrets
	f, err := facade.New(facade.Options{
		Timeout:        orDefault(config.Timeout, 15*time.Second),
		MaxMemoryBytes: orDefault(config.MaxMemoryBytes, 256<<20),
		Logger:         logger,
		Tracer:         orDefault[trace.TracerProvider](config.Tracer, tracenoop.NewTracerProvider()),
		Meter:          orDefault[metric.MeterProvider](config.Meter, metricnoop.NewMeterProvider()),
		Propagator:     propagation.TraceContext{},
		Transport: transport.Options{
			MaxRequestBytes: orDefault(config.MaxRequestBytes, 4<<20),
			MaxInFlight:     orDefault(config.MaxInFlight, 4096),
			CORSOrigins:     config.CORSOrigins,
		},
		GRPC:     grpcserver.Options{MaxStreams: 1000},
		Upstream: upstreamOptions(parsed, config),
		Cache:    cache,
		Pacing:   pacing.Options{Read: config.ReadRate, Write: config.WriteRate},
		Replicas: replicas.Options{Server: config.Replicas},
		Docs:     config.Docs,
		Mailbox:  config.Mailbox,
		Wrap:     config.Wrap,
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(f.Close)
	if f.Replicas != nil {
		ctx, cancel := context.WithTimeout(context.Background(), waitLimit)
		defer cancel()
		if err := f.Replicas.Joined(ctx); err != nil {
			tb.Fatal("the replica does not join the others: ", err)
		}
	}
	return f
}

// shareSessions lets replicas share sessions, where the test or the environment says so.
func shareSessions(tb testing.TB, config *Config) {
	tb.Helper()
	if at := os.Getenv("SESSION_CACHE_REDIS"); at != "" && config.Replicas == nil && !config.Alone {
		server, err := redis.ParseURL(at, nil)
		if err != nil {
			tb.Fatal(err)
		}
		config.Replicas = server
	}
	if config.Replicas != nil && config.Secrets == nil {
		config.Secrets = [][]byte{[]byte("a secret of the tests, long enough")}
	}
}

func upstreamOptions(at *url.URL, config Config) upstream.Options {
	return upstream.Options{
		Pool: connpool.Options{
			URL:            at,
			TLS:            func() *tls.Config { return config.TLS },
			Dial:           config.Dial,
			MaxConnections: orDefault(config.MaxConnections, 512),
			Age:            orDefault(config.ConnectionAge, 2*time.Minute),
			IdleTimeout:    90 * time.Second,
			PingTimeout:    config.PingTimeout,
			SingleUseHTTP1: config.SingleUseHTTP1,
		},
		UserAgent:        UserAgent,
		MaxResponseBytes: orDefault(config.MaxResponseBytes, 16<<20),
		MaxErrorBytes:    orDefault(config.MaxErrorBytes, 64<<10),
		MaxAttempts:      3,
		RetryBudget:      orDefault(config.RetryBudget, 0.2),
		BreakerRate:      max(0, orDefault(config.BreakerRate, 0.5)),
	}
}

// durationFromEnv is an environment variable of the command's; 0 where it is not set.
func durationFromEnv(tb testing.TB, name string) time.Duration {
	tb.Helper()
	text := os.Getenv(name)
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		tb.Fatalf("%s: %v", name, err)
	}
	return d
}

func listen(tb testing.TB) net.Listener {
	tb.Helper()
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	return listener
}
