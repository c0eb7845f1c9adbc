package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/certs"
	"github.com/wingspan-grpc/session-facade/internal/transport"
	"github.com/wingspan-grpc/session-facade/internal/upstream"
)

// config is what the command line and the environment say.
type config struct {
	GRPCAddr         string
	HTTPAddr         string
	AdminAddr        string
	Pprof            bool
	UpstreamURL      *url.URL
	UpstreamInsecure bool
	UpstreamFiles    certs.Files
	UpstreamTimeout  time.Duration

	UpstreamMaxConnections   int
	UpstreamMaxConnectionAge time.Duration
	UpstreamIdleTimeout      time.Duration
	UpstreamHTTP1Reuse       bool

	UpstreamReadRate  float64
	UpstreamWriteRate float64

	SessionCacheTTL     time.Duration
	SessionCacheEntries int
	SessionCacheStale   time.Duration

	SessionCacheRedis      string // a URL, with a password maybe
	SessionCacheRedisFiles certs.Files
	SessionCacheSecretFile string
	Replicas               int

	MaxAttempts      int
	RetryBudget      float64
	BreakerRate      float64
	MaxInFlight      int
	MaxRequestBytes  int
	MaxMemoryBytes   int
	MaxResponseBytes int
	MaxErrorBytes    int
	Files            certs.Files // of the ports
	CORSOrigins      []string
	Docs             bool
	MaxConnections   int
	MaxStreams       int
	HTTPIdleTimeout  time.Duration
	MaxConnectionAge time.Duration
	ShutdownDelay    time.Duration
	ShutdownTimeout  time.Duration
	LogLevel         slog.Level
	LogFormat        string
	Sandbox          bool
	SandboxFile      string
	PrintConfig      bool
	Check            bool
	Version          bool

	effective []*setting
}

// settings declares all that can be set. They are made of the standard library's
// flag package: those that read tags find methods by name at run time, which
// keeps every exported method of every package in the binary, 5 MB of them.
func (c *config) settings() []*setting { //nolint:funlen // a table
	return []*setting{
		{name: "grpc-addr", placeholder: "HOST:PORT", fallback: ":9090", set: into(&c.GRPCAddr, address),
			help: "Address to listen on for gRPC."},
		{name: "http-addr", placeholder: "HOST:PORT", fallback: ":8080", set: into(&c.HTTPAddr, address),
			help: "Address to listen on for REST."},
		{name: "admin-addr", placeholder: "HOST:PORT", fallback: ":9091", set: into(&c.AdminAddr, address),
			help: "Address to listen on for /livez, /readyz, /metrics and /version."},
		{name: "pprof", placeholder: "", fallback: "false", set: into(&c.Pprof, boolean),
			help: "Serve profiles at /debug/pprof/ on the admin port, to peers on this machine."},
		{name: "upstream-url", placeholder: "URL", fallback: "https://api.wingspan.app", set: into(&c.UpstreamURL, upstreamURL),
			help: "Base URL of the upstream. Must be https, unless it is on this machine."},
		{name: "upstream-insecure", placeholder: "", fallback: "false", set: into(&c.UpstreamInsecure, boolean),
			help: "Allow an http upstream on another machine. Tokens and passwords then cross the network unprotected."},
		{name: "upstream-ca", placeholder: "FILE", fallback: "", set: into(&c.UpstreamFiles.CA, text),
			help: "Trust only this CA (PEM) for the upstream, instead of what the system trusts."},
		{name: "upstream-cert", placeholder: "FILE", fallback: "", set: into(&c.UpstreamFiles.Cert, text),
			help: "Client certificate (PEM) to show to the upstream; needs --upstream-key."},
		{name: "upstream-key", placeholder: "FILE", fallback: "", set: into(&c.UpstreamFiles.Key, text),
			help: "Its key (PEM)."},
		{name: "upstream-timeout", placeholder: "DURATION", fallback: "15s", set: into(&c.UpstreamTimeout, timeout),
			help: "Maximum duration of a call, with its retries. A caller's own deadline applies if it is shorter."},
		{name: "upstream-max-connections", placeholder: "N", fallback: "512", set: into(&c.UpstreamMaxConnections, positive),
			help: "Maximum number of connections to the upstream. Over HTTP/2 each carries as many calls as the upstream allows, usually a hundred or more; over HTTP/1.1 one. Calls wait for one within their deadline."},
		{name: "upstream-max-connection-age", placeholder: "DURATION", fallback: "2m", set: into(&c.UpstreamMaxConnectionAge, timeout),
			help: "Maximum age of a connection to the upstream, give or take a tenth. An older one takes no new calls, so that changes of DNS are followed under load."},
		{name: "upstream-idle-timeout", placeholder: "DURATION", fallback: "90s", set: into(&c.UpstreamIdleTimeout, timeout),
			help: "Time without a call after which a connection to the upstream is closed. Set it below the upstream's own idle timeout: over HTTP/1.1 a POST on a connection that is being closed may fail."},
		{name: "upstream-http1-reuse", placeholder: "", fallback: "true", set: into(&c.UpstreamHTTP1Reuse, boolean),
			help: "Use an HTTP/1.1 connection to the upstream for one call after another. If false, each call makes its own, so that an upstream that sends too much can confuse no two callers."},
		{name: "upstream-read-rate", placeholder: "RATE", fallback: "0", set: into(&c.UpstreamReadRate, perSecond),
			help: "Maximum number of GETs of the upstream in a second. Calls over it take turns by caller within their deadline; a call that would not have its turn in time is rejected at once. The vendor allows an account 200. Of all replicas together: each takes its part (--replicas), or what the others leave (--session-cache-redis). 0 is no limit."},
		{name: "upstream-write-rate", placeholder: "RATE", fallback: "0", set: into(&c.UpstreamWriteRate, perSecond),
			help: "The same of all other calls of the upstream, sign-ins first. The vendor allows an account 100. 0 is no limit."},
		{name: "replicas", placeholder: "N", fallback: "1", set: into(&c.Replicas, replicaCount),
			help: "Number of replicas in front of the same upstream. Each makes that part of --upstream-read-rate and --upstream-write-rate; with --session-cache-redis, while they cannot reach one another."},
		{name: "session-cache-ttl", placeholder: "DURATION", fallback: "0s", set: into(&c.SessionCacheTTL, sessionTTL),
			help: "Maximum time for which a session is answered for from memory, give or take a tenth, and so the time after which a sign-out elsewhere is seen. A sign-out through the facade is seen at once. 30s is recommended; 0s disables the cache."},
		{name: "session-cache-entries", placeholder: "N", fallback: "100000", set: into(&c.SessionCacheEntries, positive),
			help: "Maximum number of sessions to keep in memory, of about 1 KiB each."},
		{name: "session-cache-stale", placeholder: "DURATION", fallback: "0s", set: into(&c.SessionCacheStale, pause),
			help: "Time for which a session is still answered for after --session-cache-ttl while the upstream is away, never beyond its own expiration."},
		{name: "session-cache-redis", placeholder: "URL", fallback: "", set: into(&c.SessionCacheRedis, redisURL), secret: true,
			help: "Server of Redis 7 or Valkey by which replicas act as one, as redis://HOST:PORT, or rediss:// with TLS: they share sessions, sign-outs and rates. A user and a password, as in rediss://USER:PASSWORD@HOST:PORT, are taken from the environment only. Needs --session-cache-ttl and --session-cache-secret-file."},
		{name: "session-cache-redis-ca-file", placeholder: "FILE", fallback: "", set: into(&c.SessionCacheRedisFiles.CA, text),
			help: "Trust only this CA (PEM) for that server, instead of what the system trusts; needs rediss://."},
		{name: "session-cache-redis-cert-file", placeholder: "FILE", fallback: "", set: into(&c.SessionCacheRedisFiles.Cert, text),
			help: "Client certificate (PEM) to show to that server; needs --session-cache-redis-key-file and rediss://."},
		{name: "session-cache-redis-key-file", placeholder: "FILE", fallback: "", set: into(&c.SessionCacheRedisFiles.Key, text),
			help: "Its key (PEM)."},
		{name: "session-cache-secret-file", placeholder: "FILE", fallback: "", set: into(&c.SessionCacheSecretFile, text),
			help: "Secret under which sessions are kept at that server, the same for all replicas: a line of at least 32 characters that nobody can guess, for example of openssl rand -base64 32. Others than the owner and the group must not be able to read it. While it is changed, a second line is the former secret."},
		{name: "max-attempts", placeholder: "N", fallback: "3", set: into(&c.MaxAttempts, positive),
			help: "Maximum number of times that the upstream may process a call without side effects. It processes any other at most once."},
		{name: "retry-budget", placeholder: "RATE", fallback: "0.2", set: into(&c.RetryBudget, rate),
			help: "Maximum share of calls in flight that may be retries, from 0 to 1."},
		{name: "breaker-rate", placeholder: "RATE", fallback: "0.5", set: into(&c.BreakerRate, rate),
			help: "Share of an RPC's calls that run into --upstream-timeout, of at least 20 in 10s, at which the circuit breaker opens: further calls are rejected at once, except probes. 0 disables it."},
		{name: "max-in-flight", placeholder: "N", fallback: "4096", set: into(&c.MaxInFlight, positive),
			help: "Maximum number of calls in flight; further calls are rejected at once."},
		{name: "max-request-bytes", placeholder: "BYTES", fallback: "4194304", set: into(&c.MaxRequestBytes, positive),
			help: "Maximum size of a request body or message."},
		{name: "max-memory-bytes", placeholder: "BYTES", fallback: "268435456", set: into(&c.MaxMemoryBytes, positive),
			help: "Maximum memory for the request and response bodies of all calls, each counted as often as it is held; bodies up to 64 KiB are not counted. A call waits for its share within its deadline."},
		{name: "max-response-bytes", placeholder: "BYTES", fallback: "16777216", set: into(&c.MaxResponseBytes, positive),
			help: "Maximum size of a successful upstream response."},
		{name: "max-error-bytes", placeholder: "BYTES", fallback: "65536", set: into(&c.MaxErrorBytes, positive),
			help: "Maximum size of an upstream error that is relayed."},
		{name: "tls-cert", placeholder: "FILE", fallback: "", set: into(&c.Files.Cert, text),
			help: "Server certificate (PEM) of the gRPC and HTTP ports, which then require TLS; needs --tls-key. Reloaded when it changes, as are all certificate files."},
		{name: "tls-key", placeholder: "FILE", fallback: "", set: into(&c.Files.Key, text),
			help: "Its key (PEM)."},
		{name: "tls-client-ca", placeholder: "FILE", fallback: "", set: into(&c.Files.CA, text),
			help: "Require a client certificate signed by this CA (PEM) on the gRPC and HTTP ports."},
		{name: "cors-origins", placeholder: "ORIGIN,...", fallback: "", set: into(&c.CORSOrigins, origins),
			help: "Origins whose pages may call the HTTP port from a browser, with credentials, for example https://app.example.com. None by default."},
		{name: "docs", placeholder: "", fallback: "true", set: into(&c.Docs, boolean),
			help: "Serve the documentation page at /docs on the HTTP port."},
		{name: "max-connections", placeholder: "N", fallback: "16384", set: into(&c.MaxConnections, positive),
			help: "Maximum number of connections per port. When a port is full, connections idle for a second are closed in favour of new ones; if there are none, new ones wait. Lowered at start if the limit on open files (ulimit -n) is too low."},
		{name: "max-streams-per-connection", placeholder: "N", fallback: "100", set: into(&c.MaxStreams, positive),
			help: "Maximum number of concurrent calls on an HTTP/2 connection; a client waits, or opens another."},
		{name: "http-idle-timeout", placeholder: "DURATION", fallback: "2m", set: into(&c.HTTPIdleTimeout, timeout),
			help: "Time without a call after which a connection to the HTTP or admin port is closed. A load balancer's own idle timeout must be shorter, or it may send a call on a connection that is being closed."},
		{name: "max-connection-age", placeholder: "DURATION", fallback: "30m", set: into(&c.MaxConnectionAge, timeout),
			help: "Maximum age of a connection to the gRPC or HTTP port, give or take a tenth, so that its client finds new replicas. On the gRPC port, calls in flight have a minute to finish; on the HTTP port, the first call after it is the connection's last."},
		{name: "shutdown-delay", placeholder: "DURATION", fallback: "3s", set: into(&c.ShutdownDelay, pause),
			help: "Time to go on serving, as not ready, after SIGTERM or SIGHUP, so that load balancers and clients on open connections notice; 0s with --sandbox. With 0s, calls that arrive while a connection is being closed are lost."},
		{name: "shutdown-timeout", placeholder: "DURATION", fallback: "20s", set: into(&c.ShutdownTimeout, timeout),
			help: "Maximum time for calls in flight to finish after that."},
		{name: "log-level", placeholder: "LEVEL", fallback: "info", set: into(&c.LogLevel, logLevel),
			help: "Minimum level to log: debug, info, warn or error."},
		{name: "log-format", placeholder: "FORMAT", fallback: "json", set: into(&c.LogFormat, logFormat),
			help: "Format of the log on stderr: json or text."},
		{name: "sandbox", placeholder: "", fallback: "false", set: into(&c.Sandbox, boolean), commandLine: true,
			help: "Run on a made-up upstream in memory, with users and passwords that are printed. All listeners are on loopback unless told otherwise. Never for production."},
		{name: "sandbox-file", placeholder: "FILE", fallback: "", set: into(&c.SandboxFile, text), commandLine: true,
			help: "Users and sessions (JSON) that the sandbox begins with, in place of its own; needs --sandbox. docs/SANDBOX.md describes it."},
		{name: "print-config", placeholder: "", fallback: "false", set: into(&c.PrintConfig, boolean), commandLine: true, action: true,
			help: "Print the effective configuration and exit."},
		{name: "check", placeholder: "", fallback: "false", set: into(&c.Check, boolean), commandLine: true, action: true,
			help: "Try what the configuration names, without serving, and exit: certificates, the upstream (a connection, no request), the server that replicas share, ports, limits on open files and memory. Prints a line for each: ok, warning or wrong. The exit code is 1 if something is wrong."},
		{name: "version", placeholder: "", fallback: "false", set: into(&c.Version, boolean), commandLine: true, action: true,
			help: "Print the version and exit."},
	}
}

// renamed has the former names of flags, which work for one release more, as variables
// too, with a warning.
var renamed = map[string]string{
	"max-response-bytes":          "max-answer-bytes",
	"upstream-max-connection-age": "upstream-connection-age",
}

// sandboxDefaults are the defaults that differ with --sandbox: it listens on
// loopback and brings its own upstream.
var sandboxDefaults = map[string]string{
	"grpc-addr":    "127.0.0.1:9090",
	"http-addr":    "127.0.0.1:8080",
	"admin-addr":   "127.0.0.1:9091",
	"upstream-url": "",
	// Nobody balances over a sandbox, and who ends it at a terminal waits for it.
	"shutdown-delay": "0s",
}

// check finds what is wrong between settings.
func (c *config) check() error {
	var errs []error
	errs = append(errs, c.checkSandbox())
	if u := c.UpstreamURL; u != nil && u.Scheme == "http" && !isLoopback(u.Hostname()) && !c.UpstreamInsecure {
		errs = append(errs, fmt.Errorf("%s: must be https, or --upstream-insecure be set", c.given("upstream-url")))
	}
	for _, pair := range []struct {
		files     certs.Files
		cert, key string
	}{
		{c.Files, "tls-cert", "tls-key"}, {c.UpstreamFiles, "upstream-cert", "upstream-key"},
		{c.SessionCacheRedisFiles, "session-cache-redis-cert-file", "session-cache-redis-key-file"},
	} {
		if (pair.files.Cert == "") != (pair.files.Key == "") {
			errs = append(errs, fmt.Errorf("%s and %s go together", c.given(pair.cert), c.given(pair.key)))
		}
	}
	if most := max(transport.CopiesOfMessage*c.MaxRequestBytes, upstream.CopiesOfResponse*c.MaxResponseBytes); c.MaxMemoryBytes > 0 && c.MaxMemoryBytes < most {
		errs = append(errs, fmt.Errorf("%s: must be %d at least, for one body of %s or %s with its copies", c.given("max-memory-bytes"),
			most, c.given("max-request-bytes"), c.given("max-response-bytes")))
	}
	if c.SessionCacheStale > 0 && c.SessionCacheTTL == 0 {
		errs = append(errs, fmt.Errorf("%s needs --session-cache-ttl: nothing is kept without it", c.given("session-cache-stale")))
	}
	errs = append(errs, c.checkReplicas()...)
	if c.Files.CA != "" && c.Files.Cert == "" {
		errs = append(errs, fmt.Errorf("%s needs --tls-cert: without it the ports speak plaintext", c.given("tls-client-ca")))
	}
	return errors.Join(errs...)
}

// checkSandbox finds what does not go with --sandbox, or without it.
func (c *config) checkSandbox() error {
	switch {
	case c.Sandbox && c.UpstreamURL != nil:
		return fmt.Errorf("--sandbox brings its own upstream: leave %s out", c.given("upstream-url"))
	case c.SandboxFile != "" && !c.Sandbox:
		return fmt.Errorf("%s needs --sandbox", c.given("sandbox-file"))
	}
	return nil
}

// What else needs open files: logs, certificates, DNS and the runtime.
const (
	otherFiles       = 64
	leastConnections = 64
	portCount        = 3
)

// fitConnections lowers the bound on connections to what the limit on open files
// allows: over that limit, no port accepts, and the upstream is not reached either.
// lowered is what to log where it does.
func fitConnections(c *config, files uint64) (lowered []any, err error) {
	others := c.UpstreamMaxConnections + otherFiles
	if c.Sandbox {
		others += c.UpstreamMaxConnections // the other ends of them
	}
	needed := func(connections int) uint64 { return uint64(portCount*(connections+1) + others) } //nolint:gosec // small
	if needed(c.MaxConnections) <= files {
		return nil, nil
	}
	if files < needed(leastConnections) || c.MaxConnections <= leastConnections {
		return nil, fmt.Errorf("%d connections need %d open files, and %d are allowed: raise the limit (ulimit -n) to at least %d",
			c.MaxConnections, needed(c.MaxConnections), files, needed(min(c.MaxConnections, leastConnections)))
	}
	allowed := (int(files)-others)/portCount - 1 //nolint:gosec // less than what is needed
	lowered = []any{"asked", c.MaxConnections, "allowed", allowed, "needed_files", needed(c.MaxConnections), "allowed_files", files}
	c.MaxConnections = allowed
	return lowered, nil
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || (err == nil && ip.IsLoopback())
}

// given is the name by which a setting was given: a flag's or a variable's.
func (c *config) given(flag string) string {
	for _, s := range c.effective {
		if s.name == flag {
			return s.source
		}
	}
	return "--" + flag
}

// blame names the settings that an error at the start is about: those whose values it
// quotes, else all that may be.
func (c *config) blame(err error, flags ...string) error {
	if err == nil {
		return nil
	}
	said := " " + strings.ReplaceAll(err.Error(), ": ", " ") + " "
	var quoted, all []string
	for _, s := range c.effective {
		if s.text == "" || !slices.Contains(flags, s.name) {
			continue
		}
		all = append(all, s.source)
		if strings.Contains(said, " "+s.text+" ") {
			quoted = append(quoted, s.source)
		}
	}
	if quoted == nil {
		quoted = all
	}
	return fmt.Errorf("%s: %w", strings.Join(quoted, " and "), err)
}

// warnOfRenamed tells by which former names settings were given.
func (c *config) warnOfRenamed(logger *slog.Logger) {
	for _, s := range c.effective {
		if now, former := s.renamedTo(); former {
			logger.Warn("a setting has been renamed: its former name works for this release only", "former", s.source, "now", now)
		}
	}
}

// print writes the effective configuration, a flag a line, as it could be given.
// None of it is secret: an upstream URL with a password in it is refused, and that of the
// server that replicas share is shown without.
func (c *config) print(w io.Writer) {
	for _, a := range c.attrs() {
		fmt.Fprintf(w, "--%s=%s\n", a.Key, a.Value)
	}
}

// attrs are the effective configuration for the log.
func (c *config) attrs() []slog.Attr {
	var attrs []slog.Attr
	for _, s := range c.effective {
		if s.text != "" && !s.action {
			attrs = append(attrs, slog.String(s.name, s.shown()))
		}
	}
	return attrs
}
