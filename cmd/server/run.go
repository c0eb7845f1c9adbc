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
	"time"

	"google.golang.org/grpc"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/certs"
	"github.com/wingspan-grpc/session-facade/internal/docs"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/internal/membudget"
	"github.com/wingspan-grpc/session-facade/internal/sandbox"
	"github.com/wingspan-grpc/session-facade/internal/service"
	"github.com/wingspan-grpc/session-facade/internal/telemetry"
	"github.com/wingspan-grpc/session-facade/internal/transport"
	"github.com/wingspan-grpc/session-facade/internal/transport/grpcserver"
	"github.com/wingspan-grpc/session-facade/internal/transport/restgateway"
	"github.com/wingspan-grpc/session-facade/internal/upstream"
)

// run is the whole command. It returns when ctx ends and all calls are done, or
// when something fails.
func run(ctx context.Context, args []string, env func(string) (string, bool), stdout, stderr io.Writer) error {
	c, err := parse(args, env, stdout)
	switch {
	case errors.Is(err, errHelp):
		return nil
	case err != nil:
		return err
	case c.Version:
		_, err := fmt.Fprintln(stdout, "session-facade", buildVersion())
		return err
	case c.PrintConfig:
		c.print(stdout)
		return nil
	}
	return start(ctx, c, stdout, stderr)
}

// start starts what a configuration asks for, and returns as run does.
func start(ctx context.Context, c *config, stdout, stderr io.Writer) (err error) {
	logger, flushLog := newLogger(c, stderr)
	defer flushLog()
	log.SetFlags(0)
	log.SetOutput(libraryLog{logger})
	l := &lifecycle{logger: logger, delay: c.ShutdownDelay, timeout: c.ShutdownTimeout}
	defer l.close()
	if c.Sandbox {
		if c.UpstreamURL, err = startSandbox(ctx, l, stdout); err != nil {
			return err
		}
	}
	doors, err := openDoors(c, logger)
	if err != nil {
		return err
	}
	recorded, err := telemetry.Start(ctx, build, logger)
	if err != nil {
		return err
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
	if err := l.countConnections(ctx, recorded.Meter, c.MaxConnections); err != nil {
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
	toUpstream, err := certs.Open(certs.Files{Cert: c.UpstreamCert, Key: c.UpstreamKey, CA: c.UpstreamCA}, logger)
	if err != nil {
		return nil, nil, err
	}
	if err := observeCertificates(recorded.Meter, doors, toUpstream); err != nil {
		return nil, nil, err
	}
	conn, err := upstream.NewConn(rules, upstream.Options{
		URL:            c.UpstreamURL,
		TLS:            toUpstream.Client,
		UserAgent:      "session-facade/" + buildVersion(),
		MaxAnswerBytes: int64(c.MaxAnswerBytes),
		MaxErrorBytes:  int64(c.MaxErrorBytes),
		MaxAttempts:    c.MaxAttempts,
		RetryBudget:    c.RetryBudget,
		BreakerRate:    c.BreakerRate,
		Timeout:        c.UpstreamTimeout,
		Tracer:         recorded.Tracer,
		Meter:          recorded.Meter,
		Propagator:     recorded.Propagator,
	})
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
		MaxStreams:       maxStreamsPerConnection,
		MaxConnectionAge: c.MaxConnectionAge,
	}); err != nil {
		return nil, nil, err
	}
	s.gateway, err = restgateway.New(pipeline, desc, service, c.CORSOrigins)
	s.rest = s.gateway
	return s, conn, err
}

// maxStreamsPerConnection is how many calls one gRPC connection may make at a time.
const maxStreamsPerConnection = 100

// servers are what serves the calls, by protocol.
type servers struct {
	grpc *grpc.Server
	rest http.Handler
	// gateway is what rest leads to.
	gateway *restgateway.Gateway
	health  *transport.Health
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
func startSandbox(ctx context.Context, l *lifecycle, stdout io.Writer) (*url.URL, error) {
	handler, err := sandbox.New(stdout)
	if err != nil {
		return nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	l.goHTTP("sandbox upstream", listener, newHTTPServer(handler, 0, nil, l.logger))
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

// newLogger makes the log; flush writes what it still holds back.
func newLogger(c *config, stderr io.Writer) (logger *slog.Logger, flush func()) {
	buffer := &logBuffer{to: stderr}
	options := &slog.HandlerOptions{Level: c.LogLevel}
	var handler slog.Handler = slog.NewJSONHandler(buffer, options)
	if c.LogFormat == "text" {
		handler = slog.NewTextHandler(buffer, options)
	}
	return slog.New(urgent{handler, buffer}), buffer.flush
}

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

// What an HTTP client may take its time for: to send the headers of a request,
// all of it, to read the answer once it is there, and to send the next request.
const (
	headerTimeout = 10 * time.Second
	readTimeout   = time.Minute
	writeTimeout  = time.Minute
	idleTimeout   = 2 * time.Minute
	maxHeader     = 96 << 10
)

// newHTTPServer makes an HTTP server; longest is how long a call may take.
func newHTTPServer(handler http.Handler, longest time.Duration, config *tls.Config, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		TLSConfig:         config,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      readTimeout + longest + writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          log.New(libraryLog{logger}, "", 0),
	}
}
