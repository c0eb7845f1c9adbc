package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"net/url"
	"strconv"
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

	UpstreamMaxConnections int
	UpstreamConnectionAge  time.Duration
	UpstreamIdleTimeout    time.Duration
	UpstreamHTTP1Reuse     bool

	MaxAttempts      int
	RetryBudget      float64
	BreakerRate      float64
	MaxInFlight      int
	MaxRequestBytes  int
	MaxMemoryBytes   int
	MaxAnswerBytes   int
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
	PrintConfig      bool
	Version          bool

	effective []*setting
}

// settings declares all that can be set. They are made of the standard library's
// flag package: those that read tags find methods by name at run time, which
// keeps every exported method of every package in the binary, 5 MB of them.
func (c *config) settings() []*setting { //nolint:funlen // a table
	return []*setting{
		{name: "grpc-addr", placeholder: "HOST:PORT", fallback: ":9090", set: into(&c.GRPCAddr, address),
			help: "Where to listen for gRPC."},
		{name: "http-addr", placeholder: "HOST:PORT", fallback: ":8080", set: into(&c.HTTPAddr, address),
			help: "Where to listen for REST."},
		{name: "admin-addr", placeholder: "HOST:PORT", fallback: ":9091", set: into(&c.AdminAddr, address),
			help: "Where to listen for /livez, /readyz, /metrics and /version."},
		{name: "pprof", placeholder: "", fallback: "false", set: into(&c.Pprof, boolean),
			help: "Serve profiles at /debug/pprof/ on the admin port, to peers on this machine."},
		{name: "upstream-url", placeholder: "URL", fallback: "https://api.wingspan.app", set: into(&c.UpstreamURL, upstreamURL),
			help: "Where the upstream's paths begin. Must be https, unless it is on this machine."},
		{name: "upstream-insecure", placeholder: "", fallback: "false", set: into(&c.UpstreamInsecure, boolean),
			help: "Allow an http upstream on another machine. Tokens and passwords then cross the network unprotected."},
		{name: "upstream-ca", placeholder: "FILE", fallback: "", set: into(&c.UpstreamFiles.CA, text),
			help: "Trust only this CA (PEM) for the upstream, instead of what the system trusts."},
		{name: "upstream-cert", placeholder: "FILE", fallback: "", set: into(&c.UpstreamFiles.Cert, text),
			help: "Client certificate (PEM) to show to the upstream; needs --upstream-key."},
		{name: "upstream-key", placeholder: "FILE", fallback: "", set: into(&c.UpstreamFiles.Key, text),
			help: "Its key (PEM)."},
		{name: "upstream-timeout", placeholder: "DURATION", fallback: "15s", set: into(&c.UpstreamTimeout, timeout),
			help: "How long a call may take at most. A caller's own deadline applies if it is shorter."},
		{name: "upstream-max-connections", placeholder: "N", fallback: "512", set: into(&c.UpstreamMaxConnections, positive),
			help: "Maximum number of connections to the upstream. Over HTTP/2 each carries as many calls as the upstream allows, usually a hundred or more; over HTTP/1.1 one. Calls wait for one within their deadline."},
		{name: "upstream-connection-age", placeholder: "DURATION", fallback: "2m", set: into(&c.UpstreamConnectionAge, timeout),
			help: "Age at which a connection to the upstream takes no more calls, give or take a tenth, so that changes of its DNS name are followed under load."},
		{name: "upstream-idle-timeout", placeholder: "DURATION", fallback: "90s", set: into(&c.UpstreamIdleTimeout, timeout),
			help: "Time without a call after which a connection to the upstream is closed. Set it below what the upstream allows: over HTTP/1.1 a POST that meets a closing connection may fail."},
		{name: "upstream-http1-reuse", placeholder: "", fallback: "true", set: into(&c.UpstreamHTTP1Reuse, boolean),
			help: "Use an HTTP/1.1 connection to the upstream for one call after another. If false, each call makes its own, so that an upstream that sends too much can confuse no two callers."},
		{name: "max-attempts", placeholder: "N", fallback: "3", set: into(&c.MaxAttempts, positive),
			help: "How often a call without side effects may be processed by the upstream. Any other is at most once."},
		{name: "retry-budget", placeholder: "RATE", fallback: "0.2", set: into(&c.RetryBudget, rate),
			help: "Which part of the calls in flight may be retries, from 0 to 1."},
		{name: "breaker-rate", placeholder: "RATE", fallback: "0.5", set: into(&c.BreakerRate, rate),
			help: "Rate of an operation's calls that run into --upstream-timeout, of at least 20 in 10s, at which its callers are refused at once but for probes; 0 is never."},
		{name: "max-in-flight", placeholder: "N", fallback: "4096", set: into(&c.MaxInFlight, positive),
			help: "How many calls are taken at a time; more are refused at once."},
		{name: "max-request-bytes", placeholder: "BYTES", fallback: "4194304", set: into(&c.MaxRequestBytes, positive),
			help: "Largest request body or message."},
		{name: "max-memory-bytes", placeholder: "BYTES", fallback: "268435456", set: into(&c.MaxMemoryBytes, positive),
			help: "How many bytes the request and response bodies of all calls may take together, each counted as often as it is held; those up to 64 KiB are not counted. A call waits for them within its deadline."},
		{name: "max-answer-bytes", placeholder: "BYTES", fallback: "16777216", set: into(&c.MaxAnswerBytes, positive),
			help: "Largest body of an upstream success."},
		{name: "max-error-bytes", placeholder: "BYTES", fallback: "65536", set: into(&c.MaxErrorBytes, positive),
			help: "Largest body of an upstream error that is relayed."},
		{name: "tls-cert", placeholder: "FILE", fallback: "", set: into(&c.Files.Cert, text),
			help: "Certificate (PEM) of both doors, which speak TLS then; needs --tls-key. Read again when it changes, as all certificate files are."},
		{name: "tls-key", placeholder: "FILE", fallback: "", set: into(&c.Files.Key, text),
			help: "Its key (PEM)."},
		{name: "tls-client-ca", placeholder: "FILE", fallback: "", set: into(&c.Files.CA, text),
			help: "Take only clients with a certificate of this CA (PEM), at both doors."},
		{name: "cors-origins", placeholder: "ORIGIN,...", fallback: "", set: into(&c.CORSOrigins, origins),
			help: "Origins whose pages may call the REST door from a browser, with credentials, for example https://app.example.com. None by default."},
		{name: "docs", placeholder: "", fallback: "true", set: into(&c.Docs, boolean),
			help: "Serve the documentation page at /docs on the REST port."},
		{name: "max-connections", placeholder: "N", fallback: "16384", set: into(&c.MaxConnections, positive),
			help: "How many connections each port takes. When it is full, those without a call for a second give way to new ones; where none may, new ones wait. Lowered at the start if the limit on open files (ulimit -n) is too low."},
		{name: "max-streams-per-connection", placeholder: "N", fallback: "100", set: into(&c.MaxStreams, positive),
			help: "How many calls at a time an HTTP/2 connection takes; a client waits, or opens another."},
		{name: "http-idle-timeout", placeholder: "DURATION", fallback: "2m", set: into(&c.HTTPIdleTimeout, timeout),
			help: "How long a connection of the HTTP port or the admin port is kept without a call. A balancer must keep its own for less, or it may send a call on one that is being closed."},
		{name: "max-connection-age", placeholder: "DURATION", fallback: "30m", set: into(&c.MaxConnectionAge, timeout),
			help: "When a gRPC connection is ended, give or take a tenth, so that its caller finds new replicas. Calls under way have a minute to finish."},
		{name: "shutdown-delay", placeholder: "DURATION", fallback: "3s", set: into(&c.ShutdownDelay, pause),
			help: "How long to go on serving, as not ready, after SIGTERM or SIGHUP, so that balancers and kept connections notice; 0s with --sandbox. With 0s, calls that arrive while a kept connection is closed are lost."},
		{name: "shutdown-timeout", placeholder: "DURATION", fallback: "20s", set: into(&c.ShutdownTimeout, timeout),
			help: "How long calls under way may take to finish after that."},
		{name: "log-level", placeholder: "LEVEL", fallback: "info", set: into(&c.LogLevel, logLevel),
			help: "Least level to log: debug, info, warn or error."},
		{name: "log-format", placeholder: "FORMAT", fallback: "json", set: into(&c.LogFormat, logFormat),
			help: "How to log to stderr: json or text."},
		{name: "sandbox", placeholder: "", fallback: "false", set: into(&c.Sandbox, boolean), commandLine: true,
			help: "Run on a made-up upstream in memory, with users and passwords that are printed. All listeners are on loopback unless told otherwise. Never for production."},
		{name: "print-config", placeholder: "", fallback: "false", set: into(&c.PrintConfig, boolean), commandLine: true, action: true,
			help: "Print the effective configuration and exit."},
		{name: "version", placeholder: "", fallback: "false", set: into(&c.Version, boolean), commandLine: true, action: true,
			help: "Print the version and exit."},
	}
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

// errHelp says that help was asked for and has been printed.
var errHelp = errors.New("help")

// parse reads the command line and the environment. All that is wrong with them
// is in the error.
func parse(args []string, env func(string) (string, bool), stdout io.Writer) (*config, error) {
	c := &config{}
	settings := c.settings()
	mistakes, help := readFlags(settings, args)
	if help {
		printHelp(stdout, settings)
		return nil, errHelp
	}
	sandbox := false
	for _, s := range settings {
		if s.name == "sandbox" && s.given {
			sandbox, _ = strconv.ParseBool(s.text)
		}
	}
	for _, s := range settings {
		if err := s.resolve(env, sandbox); err != nil {
			mistakes = append(mistakes, fmt.Errorf("--%s: %w", s.name, err))
		}
	}
	c.effective = settings
	return c, errors.Join(append(mistakes, c.check())...)
}

// readFlags gives each setting what the command line says of it. The flag package
// stops at the first argument that it does not know: it is asked to go on behind
// that, so that one mistake does not hide the others.
func readFlags(settings []*setting, args []string) (mistakes []error, help bool) {
	flags := flag.NewFlagSet("server", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	for _, s := range settings {
		flags.Var(s, s.name, s.help)
	}
	for {
		before := len(args)
		err := flags.Parse(args)
		args = flags.Args()
		switch {
		case errors.Is(err, flag.ErrHelp):
			return nil, true
		case err != nil && len(args) == before: // it does not step over what is no flag at all
			mistakes = append(mistakes, unreadable(err))
			args = args[1:]
		case err != nil && strings.HasPrefix(err.Error(), "bad flag syntax"): // to be met again
		case err != nil:
			mistakes = append(mistakes, unreadable(err))
		case len(args) == 0:
			return mistakes, false
		default:
			mistakes = append(mistakes, unexpected(args[0]))
			args = args[1:]
		}
	}
}

// unreadable leaves out what is behind a flag's name, which may be a URL with a
// password in it.
func unreadable(err error) error {
	said, _, _ := strings.Cut(err.Error(), "=")
	return fmt.Errorf("%s; see --help", said)
}

// unexpected does not quote a URL, which may have a password in it.
func unexpected(argument string) error {
	if strings.Contains(argument, "://") {
		return errors.New("unexpected argument: a URL that belongs to no flag")
	}
	return fmt.Errorf("unexpected argument %q", argument)
}

// check finds what is wrong between settings.
func (c *config) check() error {
	var errs []error
	if c.Sandbox && c.UpstreamURL != nil {
		errs = append(errs, errors.New("--sandbox brings its own upstream: leave --upstream-url (UPSTREAM_URL) out"))
	}
	if u := c.UpstreamURL; u != nil && u.Scheme == "http" && !isLoopback(u.Hostname()) && !c.UpstreamInsecure {
		errs = append(errs, errors.New("--upstream-url: must be https, or --upstream-insecure be set"))
	}
	for i, files := range []certs.Files{c.Files, c.UpstreamFiles} {
		if (files.Cert == "") != (files.Key == "") {
			errs = append(errs, fmt.Errorf("--%[1]s-cert and --%[1]s-key go together", []string{"tls", "upstream"}[i]))
		}
	}
	if most := max(transport.CopiesOfMessage*c.MaxRequestBytes, upstream.CopiesOfResponse*c.MaxAnswerBytes); c.MaxMemoryBytes < most {
		errs = append(errs, fmt.Errorf("--max-memory-bytes: must be %d at least, for one body of --max-request-bytes or --max-answer-bytes with its copies", most))
	}
	if c.Files.CA != "" && c.Files.Cert == "" {
		errs = append(errs, errors.New("--tls-client-ca needs --tls-cert: without it the doors speak plaintext"))
	}
	return errors.Join(errs...)
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || (err == nil && ip.IsLoopback())
}

// print writes the effective configuration, a flag a line, as it could be given.
// None of it is secret: an upstream URL with a password in it is refused.
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
			attrs = append(attrs, slog.String(s.name, s.text))
		}
	}
	return attrs
}

const description = `Usage: server [flags]

gRPC and REST in front of the SessionAndAuthentication operations of the
Wingspan Users API.

Every flag but --sandbox, --print-config, --version and --help can be given as
an environment variable of the same name, for example GRPC_ADDR for --grpc-addr;
flags win. An empty variable is as good as none.

Flags:
  --help
      Show this help and exit.
`

func printHelp(w io.Writer, settings []*setting) {
	fmt.Fprint(w, description)
	for _, s := range settings {
		value := ""
		if s.placeholder != "" {
			value = "=" + s.placeholder
		}
		fmt.Fprintf(w, "  --%s%s\n", s.name, value)
		for line := range wrapped(s.describe(), 74) {
			fmt.Fprintf(w, "      %s\n", line)
		}
	}
}
