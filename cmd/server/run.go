package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"runtime/debug"
	"strings"

	"go.opentelemetry.io/otel/metric"

	"github.com/wingspan-grpc/session-facade/internal/asynclog"
	"github.com/wingspan-grpc/session-facade/internal/certs"
	"github.com/wingspan-grpc/session-facade/internal/connlimit"
	"github.com/wingspan-grpc/session-facade/internal/facade"
	"github.com/wingspan-grpc/session-facade/internal/pacing"
	"github.com/wingspan-grpc/session-facade/internal/sandbox"
	"github.com/wingspan-grpc/session-facade/internal/sandbox/control"
	"github.com/wingspan-grpc/session-facade/internal/secretfile"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache"
	"github.com/wingspan-grpc/session-facade/internal/stdlog"
	"github.com/wingspan-grpc/session-facade/internal/telemetry"
	"github.com/wingspan-grpc/session-facade/internal/transport"
	"github.com/wingspan-grpc/session-facade/internal/transport/grpcserver"
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
	case c.Check:
		return check(ctx, c, stdout)
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
	if err := logs.Observe(l.meter); err != nil {
		return err
	}
	server, err := newServers(c, box, l.meter, recorded, logger)
	if err != nil {
		return err
	}
	defer server.Close()
	l.serving = func() {
		debug.FreeOSMemory() // what starting took
		// The first call finds a connection. That there is none is told early, but keeps
		// nobody from serving: the upstream may be back by then.
		if err := server.Upstream.Warm(ctx); err != nil && ctx.Err() == nil {
			logger.WarnContext(ctx, "the upstream cannot be reached", "cause", err)
		}
	}
	return l.serve(ctx, server)
}

// newServers makes what is served on all ports. box is nil without --sandbox.
func newServers(c *config, box *sandbox.Sandbox, meter metric.Meter, recorded *telemetry.Telemetry, logger *slog.Logger) (*servers, error) {
	o, err := options(c, meter, recorded, logger)
	if err != nil {
		return nil, err
	}
	serverTLS, err := newServerTLS(c, meter, logger)
	if err != nil {
		return nil, err
	}
	o.GRPC.TLS = serverTLS("h2")
	if box != nil {
		o.Mailbox = control.Messages(box)
	}
	o.Replicas, o.Cache.Secrets, err = newReplicas(c, meter, logger)
	defer secretfile.Clear(o.Cache.Secrets)
	if err != nil {
		return nil, err
	}
	f, err := facade.New(o)
	if err != nil {
		return nil, err
	}
	return &servers{Facade: f, httpTLS: serverTLS("h2", "http/1.1"), admin: newAdmin(c, f.Health, recorded, box)}, nil
}

// options are what the facade is made with.
func options(c *config, meter metric.Meter, recorded *telemetry.Telemetry, logger *slog.Logger) (facade.Options, error) {
	toUpstream, err := certs.Open(c.UpstreamFiles, logger)
	if err != nil {
		return facade.Options{}, c.blame(err, "upstream-ca", "upstream-cert", "upstream-key")
	}
	o := facade.Options{
		Timeout:        c.UpstreamTimeout,
		MaxMemoryBytes: int64(c.MaxMemoryBytes),
		Logger:         logger,
		Tracer:         recorded.Tracer,
		Meter:          recorded.Meter,
		Propagator:     recorded.Propagator,
		Transport:      transport.Options{MaxRequestBytes: c.MaxRequestBytes, MaxInFlight: c.MaxInFlight, CORSOrigins: c.CORSOrigins},
		GRPC: grpcserver.Options{
			MaxStreams:       uint32(c.MaxStreams), //nolint:gosec // read as 31 bits
			MaxConnectionAge: c.MaxConnectionAge,
		},
		Upstream: upstream.Options{
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
		},
		Cache:  sessioncache.Options{TTL: c.SessionCacheTTL, Stale: c.SessionCacheStale, Entries: c.SessionCacheEntries},
		Pacing: pacing.Options{Read: c.UpstreamReadRate, Write: c.UpstreamWriteRate},
		Docs:   c.Docs,
	}
	return o, toUpstream.Observe(meter, "upstream")
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
	return watch.Server, watch.Observe(meter, "server")
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
