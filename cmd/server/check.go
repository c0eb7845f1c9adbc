package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/certs"
	"github.com/wingspan-grpc/session-facade/internal/connlimit"
	"github.com/wingspan-grpc/session-facade/internal/facade"
	"github.com/wingspan-grpc/session-facade/internal/localhost"
	"github.com/wingspan-grpc/session-facade/internal/preflight"
	"github.com/wingspan-grpc/session-facade/internal/sandbox/faults"
	"github.com/wingspan-grpc/session-facade/internal/secretfile"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache"
	"github.com/wingspan-grpc/session-facade/internal/telemetry"
	"github.com/wingspan-grpc/session-facade/internal/upstream/connpool"
)

// errCheck says that something is wrong, which has been printed.
var errCheck = errors.New("--check: something is wrong")

// checkTimeout is more than all deadlines of what is tried, together.
const checkTimeout = 30 * time.Second

// check tries what a configuration needs, without serving, and prints what it finds as
// it finds it.
func check(ctx context.Context, c *config, stdout io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	wrong := false
	for _, step := range []func(context.Context, *config) []preflight.Finding{
		checkConfiguration, checkPortCertificates, checkUpstream, checkReplicas, checkRates, checkPorts, checkFiles, checkMemory,
	} {
		for _, found := range step(ctx, c) {
			wrong = wrong || found.Level == preflight.Wrong
			if err := write(ctx, stdout, found.String()+"\n"); err != nil {
				return err
			}
		}
	}
	if wrong {
		return errCheck
	}
	return nil
}

// checkConfiguration is reached only where flags and variables can be read.
func checkConfiguration(ctx context.Context, c *config) (found []preflight.Finding) {
	given := 0
	for _, s := range c.effective {
		if !s.action && (s.given || s.source == s.environment()) {
			given++
		}
		if now, former := s.renamedTo(); former {
			found = append(found, preflight.Finding{Level: preflight.Warning, Subject: s.source, Text: "works for this release only. Its name is " + now})
		}
	}
	recorded, err := telemetry.Start(ctx, build, slog.New(slog.DiscardHandler))
	if err != nil {
		found = append(found, preflight.Finding{Level: preflight.Wrong, Subject: "telemetry", Text: err.Error()})
	} else {
		sendNothing, cancel := context.WithCancel(ctx)
		cancel()
		_ = recorded.Stop(sendNothing)
	}
	return append(found, preflight.Finding{Level: preflight.OK, Subject: "configuration",
		Text: fmt.Sprintf("can be read; settings given: %d, all others have their defaults (--print-config)", given)})
}

func checkPortCertificates(_ context.Context, c *config) []preflight.Finding {
	if c.Files.Cert == "" {
		return []preflight.Finding{{Level: preflight.OK, Subject: c.given("tls-cert"), Text: "is not set: the ports speak plaintext, and TLS is for whatever is in front of them"}}
	}
	return c.checkCertificates("tls-cert", "tls-key", "tls-client-ca", c.Files)
}

func (c *config) checkCertificates(cert, key, ca string, files certs.Files) []preflight.Finding {
	names := preflight.Names{Cert: c.given(cert), Key: c.given(key), CA: c.given(ca)}
	return preflight.Certificates(files, names, func(err error) error { return c.blame(err, cert, key, ca) }, time.Now())
}

func checkUpstream(ctx context.Context, c *config) []preflight.Finding {
	if c.Sandbox {
		return []preflight.Finding{{Level: preflight.OK, Subject: "upstream", Text: "is the sandbox's own"}}
	}
	found := c.checkCertificates("upstream-cert", "upstream-key", "upstream-ca", c.UpstreamFiles)
	files, err := certs.Open(c.UpstreamFiles, slog.New(slog.DiscardHandler))
	if err != nil {
		return found // which says so
	}
	if c.UpstreamURL.Scheme == "http" && !isLoopback(c.UpstreamURL.Hostname()) {
		found = append(found, preflight.Finding{Level: preflight.Warning, Subject: c.given("upstream-insecure"), Text: "tokens and passwords cross the network unprotected. Use https"})
	}
	options := connpool.Options{URL: c.UpstreamURL, TLS: files.Client, MaxConnections: c.UpstreamMaxConnections}
	names := preflight.UpstreamNames{URL: c.given("upstream-url"), CA: c.given("upstream-ca"), Cert: c.given("upstream-cert"), MaxConnections: c.given("upstream-max-connections")}
	return append(found, preflight.Upstream(ctx, options, names, time.Now())...)
}

func checkRates(_ context.Context, c *config) (found []preflight.Finding) {
	for _, r := range []struct {
		flag   string
		rate   float64
		vendor int
	}{{"upstream-read-rate", c.UpstreamReadRate, faults.VendorLimits.GETsPerSecond}, {"upstream-write-rate", c.UpstreamWriteRate, faults.VendorLimits.WritesPerSecond}} {
		f := preflight.Finding{Level: preflight.OK, Subject: c.given(r.flag), Text: fmt.Sprintf("%g a second", r.rate)}
		switch {
		case r.rate > float64(r.vendor):
			f.Level, f.Text = preflight.Warning, fmt.Sprintf("%g a second is more than the %d that the vendor allows an account, over all replicas. Lower it", r.rate, r.vendor)
		case r.rate == 0:
			f.Text = "no limit"
		}
		found = append(found, f)
	}
	if c.SessionCacheTTL == 0 {
		return append(found, preflight.Finding{Level: preflight.OK, Subject: c.given("session-cache-ttl"), Text: "no session is kept in memory"})
	}
	return append(found, preflight.Finding{Level: preflight.OK, Subject: c.given("session-cache-ttl"),
		Text: fmt.Sprintf("sessions are kept for %s; a sign-out elsewhere is seen after that", c.SessionCacheTTL)})
}

func checkReplicas(ctx context.Context, c *config) (found []preflight.Finding) {
	if c.SessionCacheRedis == "" {
		return nil
	}
	finding := preflight.Finding{Level: preflight.OK, Subject: c.given("session-cache-secret-file"), Text: "can be used"}
	secrets, err := secretfile.Read(c.SessionCacheSecretFile)
	secretfile.Clear(secrets)
	switch {
	case err != nil:
		finding.Level, finding.Text = preflight.Wrong, err.Error()
	case len(secrets) == secretfile.Max:
		finding.Text = "has two secrets, as while they are changed: sessions of both are read, which costs twice the operations"
	}
	const ca, cert, key = "session-cache-redis-ca-file", "session-cache-redis-cert-file", "session-cache-redis-key-file"
	found = append([]preflight.Finding{finding}, c.checkCertificates(cert, key, ca, c.SessionCacheRedisFiles)...)
	server, err := newRedis(c, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		return found // which says so
	}
	prefix := "{session-facade:check}:"
	if c.UpstreamURL != nil { // the sandbox's is not there yet
		prefix = facade.PrefixOf(c.UpstreamURL)
	}
	names := preflight.ReplicasNames{URL: c.given("session-cache-redis"), CA: c.given(ca), Cert: c.given(cert)}
	return append(found, preflight.Replicas(ctx, server, prefix, names)...)
}

func checkPorts(ctx context.Context, c *config) []preflight.Finding {
	listen := listenTCP
	if c.Sandbox {
		listen = localhost.Listen
	}
	return preflight.Ports(ctx, listen,
		preflight.Port{Setting: c.given("admin-addr"), Address: c.AdminAddr},
		preflight.Port{Setting: c.given("grpc-addr"), Address: c.GRPCAddr},
		preflight.Port{Setting: c.given("http-addr"), Address: c.HTTPAddr})
}

func checkFiles(_ context.Context, c *config) []preflight.Finding {
	return []preflight.Finding{compareFiles(c, connlimit.OpenFiles())}
}

// compareFiles says how many connections a limit on open files leaves.
func compareFiles(c *config, files uint64) preflight.Finding {
	fitted := *c
	f := preflight.Finding{Level: preflight.OK, Subject: c.given("max-connections"), Text: fmt.Sprintf("the limit on open files (ulimit -n) allows %d connections per port", c.MaxConnections)}
	switch lowered, err := fitConnections(&fitted, files); {
	case err != nil:
		f.Level, f.Text = preflight.Wrong, err.Error()
	case lowered != nil:
		f.Level, f.Text = preflight.Warning, fmt.Sprintf("is lowered from %d to %d per port, since %d files may be open. Raise the limit (ulimit -n)", c.MaxConnections, fitted.MaxConnections, files)
	}
	return f
}

func checkMemory(_ context.Context, c *config) []preflight.Finding {
	bounds := preflight.MemoryBounds{Setting: c.given("max-memory-bytes"), Bodies: int64(c.MaxMemoryBytes)}
	if c.SessionCacheTTL > 0 {
		bounds.Sessions = int64(c.SessionCacheEntries) * sessioncache.BytesPerEntry
		bounds.Setting = strings.Join([]string{bounds.Setting, c.given("session-cache-entries")}, " and ")
	}
	return []preflight.Finding{preflight.Memory(bounds, preflight.FindMemoryLimits())}
}
