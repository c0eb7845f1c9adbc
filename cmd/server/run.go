package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"

	"go.opentelemetry.io/otel/metric"
	"google.golang.org/grpc"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	usersv1json "github.com/wingspan-grpc/session-facade/gen/wirejson/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/asynclog"
	"github.com/wingspan-grpc/session-facade/internal/certs"
	"github.com/wingspan-grpc/session-facade/internal/connlimit"
	"github.com/wingspan-grpc/session-facade/internal/docs"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/internal/membudget"
	"github.com/wingspan-grpc/session-facade/internal/pacing"
	"github.com/wingspan-grpc/session-facade/internal/sandbox"
	"github.com/wingspan-grpc/session-facade/internal/sandbox/control"
	"github.com/wingspan-grpc/session-facade/internal/service"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache"
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
	l := newLifecycle(ctx, c, logger)
	l.person = person(c, stderr, logs)
	defer l.close()
	if l.lowered, err = fitConnections(c, connlimit.OpenFiles()); err != nil {
		return c.blame(err, "max-connections")
	}
	var box *sandbox.Sandbox
	if c.Sandbox {
		codes := asynclog.NewWriter(stdout) // nobody may read it either
		defer codes.Close(logTimeout)
		if box, err = startSandbox(ctx, c, l, codes); err != nil {
			return err
		}
	}
	recorded, err := telemetry.Start(ctx, build, logger)
	if err != nil {
		return misconfigured(err)
	}
	defer l.flush(recorded)
	l.meter = recorded.Meter.Meter("session-facade/server")
	if err := observeLog(l.meter, logs); err != nil {
		return err
	}
	server, conn, err := wire(c, box, l.meter, recorded, logger)
	if err != nil {
		return err
	}
	defer conn.Close()
	l.serving = func() {
		debug.FreeOSMemory() // what starting took
		// The first call finds a connection. That there is none is told early, but keeps
		// nobody from serving: the upstream may be back by then.
		if err := conn.Warm(ctx); err != nil && ctx.Err() == nil {
			logger.WarnContext(ctx, "the upstream cannot be reached", "cause", err)
		}
	}
	return l.serve(ctx, server)
}

// wire puts the layers together: a call goes from transport through service to
// upstream. box is nil without --sandbox.
func wire(c *config, box *sandbox.Sandbox, meter metric.Meter, recorded *telemetry.Telemetry, logger *slog.Logger) (*servers, *upstream.Conn, error) {
	rules, err := httprule.Service(serviceDescriptor)
	if err != nil {
		return nil, nil, err
	}
	conn, err := newConn(c, rules, meter, recorded, logger)
	if err != nil {
		return nil, nil, err
	}
	serverTLS, err := newServerTLS(c, meter, logger)
	if err != nil {
		return nil, nil, err
	}
	memory := membudget.New(int64(c.MaxMemoryBytes))
	toUpstream, err := decorate(c, conn, rules, memory, recorded, logger)
	if err != nil {
		return nil, nil, err
	}
	service := service.New(usersv1.NewSessionAndAuthenticationServiceClient(toUpstream))
	desc := &usersv1.SessionAndAuthenticationService_ServiceDesc
	pipeline, err := transport.NewPipeline(desc.ServiceName, transport.Options{
		Rules:           rules,
		Logger:          logger,
		Timeout:         c.UpstreamTimeout,
		MaxRequestBytes: c.MaxRequestBytes,
		MaxInFlight:     c.MaxInFlight,
		CORSOrigins:     c.CORSOrigins,
		Memory:          memory,
		Tracer:          recorded.Tracer,
		Meter:           recorded.Meter,
		Propagator:      recorded.Propagator,
	})
	if err != nil {
		return nil, nil, err
	}
	s := &servers{health: pipeline.Health, admin: newAdmin(c, pipeline.Health, recorded, box), restTLS: serverTLS("h2", "http/1.1")}
	if s.grpc, err = grpcserver.New(pipeline, desc, service, grpcserver.Options{
		TLS:              serverTLS("h2"),
		MaxStreams:       uint32(c.MaxStreams), //nolint:gosec // read as 31 bits
		MaxConnectionAge: c.MaxConnectionAge,
	}); err != nil {
		return nil, nil, err
	}
	if s.connect, err = connectserver.New(pipeline, desc, service); err != nil {
		return nil, nil, err
	}
	if s.gateway, err = restgateway.New(pipeline, restgateway.Users(service)); err != nil {
		return nil, nil, err
	}
	s.rest = s.gateway
	if c.Docs {
		var mailbox http.Handler
		if box != nil {
			mailbox = control.Messages(box)
		}
		s.rest, err = docs.Handler(s.rest, mailbox)
	}
	return s, conn, err
}

// decorate puts in front of the upstream what is asked for.
func decorate(c *config, conn *upstream.Conn, rules []*httprule.Rule, memory *membudget.Budget, recorded *telemetry.Telemetry, logger *slog.Logger) (grpc.ClientConnInterface, error) {
	if c.SessionCacheTTL == 0 {
		return conn, nil
	}
	return sessioncache.New(rules, conn, sessioncache.Options{
		TTL:     c.SessionCacheTTL,
		Stale:   c.SessionCacheStale,
		Entries: c.SessionCacheEntries,
		Timeout: c.UpstreamTimeout,
		Memory:  memory,
		Logger:  logger,
		Meter:   recorded.Meter,
	})
}

// newConn makes the connection to the upstream.
func newConn(c *config, rules []*httprule.Rule, meter metric.Meter, recorded *telemetry.Telemetry, logger *slog.Logger) (*upstream.Conn, error) {
	toUpstream, err := certs.Open(c.UpstreamFiles, logger)
	if err != nil {
		return nil, c.blame(err, "upstream-ca", "upstream-cert", "upstream-key")
	}
	if err := observeCertificate(meter, "upstream", toUpstream); err != nil {
		return nil, err
	}
	pacer, err := newPacer(c, recorded)
	if err != nil {
		return nil, err
	}
	return upstream.NewConn(rules, upstream.Options{
		JSON: usersv1json.Methods,
		Pool: connpool.Options{
			URL:            c.UpstreamURL,
			TLS:            toUpstream.Client,
			MaxConnections: c.UpstreamMaxConnections,
			Age:            c.UpstreamMaxConnectionAge,
			IdleTimeout:    c.UpstreamIdleTimeout,
			SingleUseHTTP1: !c.UpstreamHTTP1Reuse,
		},
		UserAgent:        "session-facade/" + buildVersion(),
		MaxResponseBytes: int64(c.MaxResponseBytes),
		MaxErrorBytes:    int64(c.MaxErrorBytes),
		MaxAttempts:      c.MaxAttempts,
		RetryBudget:      c.RetryBudget,
		BreakerRate:      c.BreakerRate,
		Pacer:            pacer,
		Timeout:          c.UpstreamTimeout,
		Logger:           logger,
		Tracer:           recorded.Tracer,
		Meter:            recorded.Meter,
		Propagator:       recorded.Propagator,
	})
}

// newPacer makes what paces the calls of the upstream; nil where nothing does.
func newPacer(c *config, recorded *telemetry.Telemetry) (upstream.Pacer, error) {
	if c.UpstreamReadRate == 0 && c.UpstreamWriteRate == 0 {
		return nil, nil //nolint:nilnil // none is no error
	}
	return pacing.New(pacing.Options{Read: c.UpstreamReadRate, Write: c.UpstreamWriteRate, Meter: recorded.Meter})
}

// newServerTLS makes the TLS configurations of the ports; nil where they speak plaintext.
func newServerTLS(c *config, meter metric.Meter, logger *slog.Logger) (of func(protocols ...string) *tls.Config, err error) {
	if c.Files.Cert == "" {
		return func(...string) *tls.Config { return nil }, nil
	}
	watch, err := certs.Open(c.Files, logger)
	if err != nil {
		return nil, c.blame(err, "tls-cert", "tls-key", "tls-client-ca")
	}
	return watch.Server, observeCertificate(meter, "server", watch)
}

var serviceDescriptor = usersv1.File_wingspan_users_v1_session_and_authentication_service_proto.
	Services().ByName("SessionAndAuthenticationService")

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
