package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// config is the command line. Each flag is also an environment variable of the
// same name (GRPC_ADDR for --grpc-addr) unless it is tagged commandline; flags
// win.
type config struct {
	GRPCAddr  address `name:"grpc-addr" default:"${host}:9090" placeholder:"HOST:PORT" help:"Where to listen for gRPC."`
	HTTPAddr  address `name:"http-addr" default:"${host}:8080" placeholder:"HOST:PORT" help:"Where to listen for REST."`
	AdminAddr address `name:"admin-addr" default:"${host}:9091" placeholder:"HOST:PORT" help:"Where to listen for /livez and /readyz."`

	UpstreamURL      upstreamURL `name:"upstream-url" default:"${upstream}" placeholder:"URL" help:"Where the upstream's paths begin. Must be https, unless it is on this machine."`
	UpstreamInsecure bool        `name:"upstream-insecure" default:"false" help:"Allow an http upstream on another machine. Tokens and passwords then cross the network unprotected."`
	UpstreamCA       string      `name:"upstream-ca" placeholder:"FILE" help:"Trust only this CA (PEM) for the upstream, instead of what the system trusts."`
	UpstreamCert     string      `name:"upstream-cert" placeholder:"FILE" help:"Client certificate (PEM) to show to the upstream; needs --upstream-key."`
	UpstreamKey      string      `name:"upstream-key" placeholder:"FILE" help:"Its key (PEM)."`
	UpstreamTimeout  timeout     `name:"upstream-timeout" default:"15s" placeholder:"DURATION" help:"How long a call may take at most. A caller's own deadline applies if it is shorter."`

	MaxAttempts positive `name:"max-attempts" default:"3" placeholder:"N" help:"How often a call without side effects may reach the upstream. Any other reaches it at most once."`
	RetryBudget rate     `name:"retry-budget" default:"0.2" placeholder:"RATE" help:"Which part of the calls in flight may be retries, from 0 to 1."`
	BreakerRate rate     `name:"breaker-rate" default:"0.5" placeholder:"RATE" help:"Rate of attempts without an answer, of at least 100 in 10s, at which callers are refused at once but for probes; 0 is never."`
	MaxInFlight positive `name:"max-in-flight" default:"4096" placeholder:"N" help:"How many calls are taken at a time; more are refused at once."`

	MaxRequestBytes positive `name:"max-request-bytes" default:"4194304" placeholder:"BYTES" help:"Largest request body or message."`
	MaxAnswerBytes  positive `name:"max-answer-bytes" default:"16777216" placeholder:"BYTES" help:"Largest body of an upstream success."`
	MaxErrorBytes   positive `name:"max-error-bytes" default:"65536" placeholder:"BYTES" help:"Largest body of an upstream error that is relayed."`

	TLSCert        string   `name:"tls-cert" placeholder:"FILE" help:"Certificate (PEM) of both doors, which speak TLS then; needs --tls-key. Read again when it changes, as all certificate files are."`
	TLSKey         string   `name:"tls-key" placeholder:"FILE" help:"Its key (PEM)."`
	TLSClientCA    string   `name:"tls-client-ca" placeholder:"FILE" help:"Take only clients with a certificate of this CA (PEM), at both doors."`
	CORSOrigins    origins  `name:"cors-origins" placeholder:"ORIGIN,..." help:"Origins whose pages may call the REST door from a browser, with credentials, for example https://app.example.com. None by default."`
	MaxConnections positive `name:"max-connections" default:"16384" placeholder:"N" help:"How many connections each port takes; more wait to be accepted."`

	ShutdownDelay   pause   `name:"shutdown-delay" default:"0s" placeholder:"DURATION" help:"How long to go on serving, as not ready, after SIGTERM, so that balancers notice."`
	ShutdownTimeout timeout `name:"shutdown-timeout" default:"20s" placeholder:"DURATION" help:"How long calls under way may take to finish after that."`

	LogLevel  logLevel  `name:"log-level" default:"info" placeholder:"LEVEL" help:"Least level to log: debug, info, warn or error."`
	LogFormat logFormat `name:"log-format" default:"json" placeholder:"FORMAT" help:"How to log to stderr: json or text."`

	Sandbox     bool `commandline:"" help:"Run on a made-up upstream in memory, with users and passwords that are printed. All listeners are on loopback unless told otherwise. Never for production."`
	PrintConfig bool `name:"print-config" commandline:"" help:"Print the effective configuration and exit."`
	Version     bool `commandline:"" help:"Print the version and exit."`
}

const description = `gRPC and REST in front of the SessionAndAuthentication operations of the Wingspan Users API.

Every flag but --sandbox, --print-config, --version and --help can be given as an environment variable of the same name, for example GRPC_ADDR for --grpc-addr; flags win.`

// errHelp says that help was asked for and has been printed.
var errHelp = errors.New("help")

// production is what the defaults of some flags are made of, unless --sandbox is
// given.
var production = kong.Vars{"host": "", "upstream": "https://api.wingspan.app"}

// parse reads the command line and the environment. All that is wrong with them
// is in the error.
func parse(args []string, env func(string) (string, bool), stdout io.Writer) (*config, error) {
	c := &config{}
	vars := production
	if slices.Contains(args, "--sandbox") {
		vars = kong.Vars{"host": "127.0.0.1", "upstream": ""}
	}
	var mistakes mistakes
	helped := false
	parser, err := newParser(c, &mistakes, vars,
		kong.Writers(stdout, stdout), kong.Exit(func(int) { helped = true }),
		kong.Resolvers(environment(env)))
	if err != nil {
		return nil, err
	}
	_, err = parser.Parse(args)
	if helped {
		return nil, errHelp
	}
	if err != nil {
		return nil, err
	}
	return c, errors.Join(append(mistakes, c.check())...)
}

// newParser makes the command line's parser, which notes mistakes in values
// where kong would stop at the first.
func newParser(c *config, mistakes *mistakes, options ...kong.Option) (*kong.Kong, error) {
	return kong.New(c, append(options,
		kong.Name("server"), kong.Description(description), kong.ValueFormatter(helpText),
		kong.ConfigureHelp(kong.HelpOptions{WrapUpperBound: 100}),
		mistakes.collect(new(address)), mistakes.collect(new(upstreamURL)),
		mistakes.collect(new(logLevel)), mistakes.collect(new(logFormat)),
		mistakes.collect(new(origins)), mistakes.collect(new(rate)), mistakes.collect(new(positive)),
		mistakes.collect(new(timeout)), mistakes.collect(new(pause)),
	)...)
}

// check finds what is wrong between flags.
func (c *config) check() error {
	var errs []error
	if c.Sandbox && c.UpstreamURL.URL != nil {
		errs = append(errs, errors.New("--sandbox brings its own upstream: leave --upstream-url (UPSTREAM_URL) out"))
	}
	if u := c.UpstreamURL.URL; u != nil && u.Scheme == "http" && !isLoopback(u.Hostname()) && !c.UpstreamInsecure {
		errs = append(errs, errors.New("--upstream-url: must be https, or --upstream-insecure be set"))
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		errs = append(errs, errors.New("--tls-cert and --tls-key go together"))
	}
	if (c.UpstreamCert == "") != (c.UpstreamKey == "") {
		errs = append(errs, errors.New("--upstream-cert and --upstream-key go together"))
	}
	if c.TLSClientCA != "" && c.TLSCert == "" {
		errs = append(errs, errors.New("--tls-client-ca needs --tls-cert: without it the doors speak plaintext"))
	}
	return errors.Join(errs...)
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || (err == nil && ip.IsLoopback())
}

// environmentName is the environment variable of a flag; "" where it has none.
func environmentName(flag *kong.Flag) string {
	if flag.Name == "help" || flag.Tag.Has("commandline") {
		return ""
	}
	return strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))
}

// environment gives flags their values from environment variables. An empty one
// counts as not set.
func environment(env func(string) (string, bool)) kong.Resolver {
	return kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		if value, ok := env(environmentName(flag)); ok && value != "" {
			return value, nil
		}
		return nil, nil
	})
}

// helpText is a flag's help with its environment variable and default.
func helpText(value *kong.Value) string {
	text := value.Help
	if name := environmentName(&kong.Flag{Value: value}); name != "" {
		text += " Environment: " + name + "."
	}
	if value.HasDefault && value.Default != "" {
		text += " Default: " + value.Default + "."
	}
	return text
}

// print writes the effective configuration, a flag a line, as it could be given.
// In the sandbox the upstream is the one that it brings, so there is none to print.
func (c *config) print(w io.Writer) {
	for _, setting := range c.settings() {
		if text := setting.Value.String(); text != "" {
			fmt.Fprintf(w, "--%s=%s\n", setting.Key, text)
		}
	}
}

// settings are the effective configuration for people to read. None of it is
// secret: an upstream URL with a password in it is refused.
func (c *config) settings() []slog.Attr {
	return []slog.Attr{
		slog.Bool("sandbox", c.Sandbox),
		slog.String("grpc-addr", string(c.GRPCAddr)),
		slog.String("http-addr", string(c.HTTPAddr)),
		slog.String("admin-addr", string(c.AdminAddr)),
		slog.String("upstream-url", c.UpstreamURL.String()),
		slog.Bool("upstream-insecure", c.UpstreamInsecure),
		slog.String("upstream-ca", c.UpstreamCA),
		slog.String("upstream-cert", c.UpstreamCert),
		slog.String("upstream-key", c.UpstreamKey),
		slog.String("upstream-timeout", time.Duration(c.UpstreamTimeout).String()),
		slog.Int("max-attempts", int(c.MaxAttempts)),
		slog.Float64("retry-budget", float64(c.RetryBudget)),
		slog.Float64("breaker-rate", float64(c.BreakerRate)),
		slog.Int("max-in-flight", int(c.MaxInFlight)),
		slog.Int("max-request-bytes", int(c.MaxRequestBytes)),
		slog.Int("max-answer-bytes", int(c.MaxAnswerBytes)),
		slog.Int("max-error-bytes", int(c.MaxErrorBytes)),
		slog.String("tls-cert", c.TLSCert),
		slog.String("tls-key", c.TLSKey),
		slog.String("tls-client-ca", c.TLSClientCA),
		slog.String("cors-origins", strings.Join(c.CORSOrigins, ",")),
		slog.Int("max-connections", int(c.MaxConnections)),
		slog.String("shutdown-delay", time.Duration(c.ShutdownDelay).String()),
		slog.String("shutdown-timeout", time.Duration(c.ShutdownTimeout).String()),
		slog.String("log-level", strings.ToLower(slog.Level(c.LogLevel).String())),
		slog.String("log-format", string(c.LogFormat)),
	}
}

// address is a host and port to listen on.
type address string

// UnmarshalText implements encoding.TextUnmarshaler.
func (a *address) UnmarshalText(text []byte) error {
	if _, _, err := net.SplitHostPort(string(text)); err != nil {
		return errors.New("must be HOST:PORT or :PORT")
	}
	*a = address(text)
	return nil
}

// upstreamURL is where the upstream's paths begin; nil if it is not set.
type upstreamURL struct{ *url.URL }

// UnmarshalText implements encoding.TextUnmarshaler.
func (u *upstreamURL) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		return nil
	}
	parsed, err := url.Parse(string(text))
	switch {
	case err != nil: // its text may quote a password
		return errors.New("is not a URL")
	case parsed.Scheme != "https" && parsed.Scheme != "http", parsed.Host == "":
		return errors.New("must begin with https://HOST")
	case parsed.User != nil, parsed.RawQuery != "", parsed.Fragment != "":
		return errors.New("must have no user, query or fragment")
	}
	u.URL = parsed
	return nil
}

// String implements fmt.Stringer.
func (u upstreamURL) String() string {
	if u.URL == nil {
		return ""
	}
	return u.URL.String()
}
