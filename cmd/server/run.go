package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/metric"
	"google.golang.org/grpc"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/asynclog"
	"github.com/wingspan-grpc/session-facade/internal/certs"
	"github.com/wingspan-grpc/session-facade/internal/connlimit"
	"github.com/wingspan-grpc/session-facade/internal/docs"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/internal/membudget"
	"github.com/wingspan-grpc/session-facade/internal/sandbox"
	"github.com/wingspan-grpc/session-facade/internal/service"
	"github.com/wingspan-grpc/session-facade/internal/stdlog"
	"github.com/wingspan-grpc/session-facade/internal/telemetry"
	"github.com/wingspan-grpc/session-facade/internal/transport"
	"github.com/wingspan-grpc/session-facade/internal/transport/connectserver"
	"github.com/wingspan-grpc/session-facade/internal/transport/grpcserver"
	"github.com/wingspan-grpc/session-facade/internal/transport/restgateway"
	"github.com/wingspan-grpc/session-facade/internal/upstream"
	"github.com/wingspan-grpc/session-facade/internal/upstream/connpool"
)

// run is the whole command. It returns when ctx ends and all calls are done, or
// when something fails.
func run(ctx context.Context, args []string, env func(string) (string, bool), stdout, stderr io.Writer) error {
	var printed strings.Builder
	c, err := parse(args, env, &printed)
	switch {
	case errors.Is(err, errHelp):
	case err != nil:
		return err
	case c.Version:
		fmt.Fprintln(&printed, "session-facade", buildVersion())
	case c.PrintConfig:
		c.print(&printed)
	default:
		return start(ctx, c, stdout, stderr)
	}
	return write(ctx, stdout, printed.String())
}

// start starts what a configuration asks for, and returns as run does.
func start(ctx context.Context, c *config, stdout, stderr io.Writer) (err error) {
	logs := newLog(c, stderr)
	defer logs.Close(logTimeout)
	logger := slog.New(logs)
	log.SetFlags(0)
	log.SetOutput(stdlog.Writer{Logger: logger})
	c.warnOfRenamed(logger)
	l := &lifecycle{logger: logger, person: person(c, stderr, logs)}
	if files, known := connlimit.OpenFiles(); known {
		if l.lowered, err = fitConnections(c, files); err != nil {
			return c.blame(err, "max-connections")
		}
	}
	defer l.close()
	if c.Sandbox {
		l.ports.Open = sandbox.Listen
		codes := asynclog.NewWriter(stdout) // nobody may read it either
		defer codes.Close(logTimeout)
		if c.UpstreamURL, err = startSandbox(ctx, c, l, codes); err != nil {
			return err
		}
	}
	doors, err := openDoors(c, logger)
	if err != nil {
		return c.blame(err, "tls-cert", "tls-key", "tls-client-ca")
	}
	recorded, err := telemetry.Start(ctx, build, logger)
	if err != nil {
		return misconfigured(err)
	}
	defer l.flush(recorded)
	server, conn, err := wire(c, doors, recorded, logger)
	if err != nil {
		return err
	}
	defer conn.Close()
	l.serving = func() {
		debug.FreeOSMemory() // what starting took
		warm(ctx, conn, logger)
	}
	if c.Docs {
		if server.rest, err = docs.InFrontOf(server.rest); err != nil {
			return err
		}
	}
	if err := l.ports.Observe(ctx, recorded.Meter.Meter(meterName), c.MaxConnections); err != nil {
		return err
	}
	if err := observeLog(recorded.Meter, logs); err != nil {
		return err
	}
	return l.serve(ctx, c, server, newAdmin(c, server.health, recorded), doorTLS(doors, "h2", "http/1.1"))
}

// wire puts the layers together: a call goes from transport through service to
// upstream.
func wire(c *config, doors *certs.Watch, recorded *telemetry.Telemetry, logger *slog.Logger) (*servers, *upstream.Conn, error) {
	rules, err := httprule.Service(serviceDescriptor)
	if err != nil {
		return nil, nil, err
	}
	conn, err := newConn(c, rules, doors, recorded, logger)
	if err != nil {
		return nil, nil, err
	}
	service := service.New(usersv1.NewSessionAndAuthenticationServiceClient(conn))
	desc := &usersv1.SessionAndAuthenticationService_ServiceDesc
	pipeline, err := transport.NewPipeline(desc.ServiceName, transport.Options{
		Rules:           rules,
		Logger:          logger,
		Timeout:         c.UpstreamTimeout,
		MaxRequestBytes: c.MaxRequestBytes,
		MaxInFlight:     c.MaxInFlight,
		CORSOrigins:     c.CORSOrigins,
		Memory:          membudget.New(int64(c.MaxMemoryBytes)),
		Tracer:          recorded.Tracer,
		Meter:           recorded.Meter,
		Propagator:      recorded.Propagator,
	})
	if err != nil {
		return nil, nil, err
	}
	s := &servers{health: pipeline.Health}
	if s.grpc, err = grpcserver.New(pipeline, desc, service, grpcserver.Options{
		TLS:              doorTLS(doors, "h2"),
		MaxStreams:       uint32(c.MaxStreams), //nolint:gosec // read as 31 bits
		MaxConnectionAge: c.MaxConnectionAge,
		Lookup:           s.lookup,
	}); err != nil {
		return nil, nil, err
	}
	if s.connect, err = connectserver.New(pipeline, desc, service); err != nil {
		return nil, nil, err
	}
	s.gateway, err = restgateway.New(pipeline, desc, service)
	s.rest = s.gateway
	return s, conn, err
}

// newConn makes the connection to the upstream, and the figures about certificates.
func newConn(c *config, rules []*httprule.Rule, doors *certs.Watch, recorded *telemetry.Telemetry, logger *slog.Logger) (*upstream.Conn, error) {
	toUpstream, err := certs.Open(certs.Files{Cert: c.UpstreamCert, Key: c.UpstreamKey, CA: c.UpstreamCA}, logger)
	if err != nil {
		return nil, c.blame(err, "upstream-ca", "upstream-cert", "upstream-key")
	}
	if err := observeCertificates(recorded.Meter, doors, toUpstream); err != nil {
		return nil, err
	}
	return upstream.NewConn(rules, upstream.Options{
		Pool: connpool.Options{
			URL:            c.UpstreamURL,
			TLS:            toUpstream.Client,
			MaxConnections: c.UpstreamMaxConnections,
			Age:            c.UpstreamMaxConnectionAge,
			IdleTimeout:    c.UpstreamIdleTimeout,
			SingleUseHTTP1: !c.UpstreamHTTP1Reuse,
		},
		UserAgent:      "session-facade/" + buildVersion(),
		MaxAnswerBytes: int64(c.MaxResponseBytes),
		MaxErrorBytes:  int64(c.MaxErrorBytes),
		MaxAttempts:    c.MaxAttempts,
		RetryBudget:    c.RetryBudget,
		BreakerRate:    c.BreakerRate,
		Timeout:        c.UpstreamTimeout,
		Logger:         logger,
		Tracer:         recorded.Tracer,
		Meter:          recorded.Meter,
		Propagator:     recorded.Propagator,
	})
}

// servers are what serves the calls, by protocol.
type servers struct {
	grpc *grpc.Server
	rest http.Handler
	// gateway is what rest leads to, connect is in front of both.
	gateway *restgateway.Gateway
	connect *connectserver.Server
	health  *transport.Health

	grpcPort atomic.Pointer[connlimit.Listener] // opened after the server is made
}

// lookup finds a connection of the gRPC port.
func (s *servers) lookup(remote, local net.Addr) *connlimit.Conn {
	if port := s.grpcPort.Load(); port != nil {
		return port.Lookup(remote, local)
	}
	return nil
}

// warm opens a connection to the upstream for the first call. That it cannot is
// told early, but keeps nobody from serving: the upstream may be back by then.
func warm(ctx context.Context, conn *upstream.Conn, logger *slog.Logger) {
	if err := conn.Warm(ctx); err != nil && ctx.Err() == nil {
		logger.WarnContext(ctx, "the upstream cannot be reached", "cause", err)
	}
}

// openDoors reads the certificate of the doors; nil where they speak plaintext.
func openDoors(c *config, logger *slog.Logger) (*certs.Watch, error) {
	if c.TLSCert == "" {
		return nil, nil
	}
	return certs.Open(certs.Files{Cert: c.TLSCert, Key: c.TLSKey, CA: c.TLSClientCA}, logger)
}

func doorTLS(doors *certs.Watch, protocols ...string) *tls.Config {
	if doors == nil {
		return nil
	}
	return doors.Server(protocols...)
}

var serviceDescriptor = usersv1.File_wingspan_users_v1_session_and_authentication_service_proto.
	Services().ByName("SessionAndAuthenticationService")

// startSandbox serves the made-up upstream on loopback and returns its URL. The
// codes that it sends are printed, never logged.
func startSandbox(ctx context.Context, c *config, l *lifecycle, stdout io.Writer) (*url.URL, error) {
	handler, err := sandbox.New(stdout, time.Now)
	if err != nil {
		return nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	server := newHTTPServer(c, handler, 0, l.logger)
	server.IdleTimeout = upstreamIdleTimeout
	l.goHTTP("sandbox upstream", listener, server)
	l.logger.WarnContext(ctx, "SANDBOX: the upstream is made up, in memory; nothing here is real")
	for _, user := range sandbox.Users() {
		how := "password " + user.Password
		if user.Password == "" {
			how = "single sign-on: ask /users/authentication and the code is printed here"
		}
		fmt.Fprintf(stdout, "sandbox: %s (%s), id %s, %s\n", user.Email, user.Role, user.ID, how)
	}
	return &url.URL{Scheme: "http", Host: listener.Addr().String()}, nil
}

// newLog makes the log.
func newLog(c *config, stderr io.Writer) *asynclog.Log {
	options := &slog.HandlerOptions{Level: c.LogLevel}
	return asynclog.New(stderr, func(w io.Writer) slog.Handler {
		if c.LogFormat == "text" {
			return slog.NewTextHandler(w, options)
		}
		return slog.NewJSONHandler(w, options)
	})
}

// observeLog tells how much of the log is missing.
func observeLog(provider metric.MeterProvider, logs *asynclog.Log) error {
	_, err := provider.Meter(meterName).Int64ObservableCounter("session_facade.log.dropped",
		metric.WithDescription("Log lines dropped because nobody read the log fast enough, or it could not be written."),
		metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
			o.Observe(logs.Dropped())
			return nil
		}))
	return err
}

// meterName is where the command's own metrics are from.
const meterName = "session-facade/server"

// version and commit are stamped in when a release or the image is built.
var version, commit string

// build returns the version and the commit that run; the commit is empty where
// it is not known.
func build() (v, c string) {
	if version != "" {
		return version, commit
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown", ""
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			c = setting.Value
		}
	}
	return info.Main.Version, c
}

// buildVersion is the version, with the commit where it is known.
func buildVersion() string {
	v, c := build()
	if c == "" {
		return v
	}
	return v + " (" + c + ")"
}

// What an HTTP client may take its time for: to send the headers of a request, all
// of it, and to read the response once it is there. Who answers no ping over HTTP/2
// is gone, and so is who takes nothing off the connection.
const (
	headerTimeout = 10 * time.Second
	readTimeout   = time.Minute
	writeTimeout  = time.Minute
	pingInterval  = time.Minute
	pingTimeout   = 20 * time.Second
	stallTimeout  = 30 * time.Second
	maxHeader     = 96 << 10
	// maxUnread is what may have come over HTTP/2 of a body that nobody reads yet, while it
	// waits for memory. It is in no sum; over HTTP/1.1 the socket holds it.
	maxUnread = 128 << 10
)

// upstreamIdleTimeout is longer than the facade keeps an idle connection to the
// sandbox's upstream.
const upstreamIdleTimeout = time.Hour

// newHTTPServer makes an HTTP server; longest is how long a call may take.
func newHTTPServer(c *config, handler http.Handler, longest time.Duration, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      readTimeout + longest + writeTimeout,
		IdleTimeout:       c.HTTPIdleTimeout,
		MaxHeaderBytes:    maxHeader,
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams: c.MaxStreams, SendPingTimeout: pingInterval, PingTimeout: pingTimeout,
			WriteByteTimeout: stallTimeout, MaxReceiveBufferPerStream: maxUnread,
		},
		ErrorLog: log.New(stdlog.Writer{Logger: logger}, "", 0),
	}
}
