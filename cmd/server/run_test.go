package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/test/httpclient"
	"github.com/wingspan-grpc/session-facade/test/readme"
)

func noEnv(string) (string, bool) { return "", false }

// runQuietly runs the command, which is to end by itself. One that serves, although it
// should have refused to, is ended.
func runQuietly(t *testing.T, env map[string]string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var stdout bytes.Buffer
	err := run(ctx, args, func(name string) (string, bool) {
		value, ok := env[name]
		return value, ok
	}, &stdout, io.Discard)
	return stdout.String(), err
}

// TestHelp shows that --help names each flag, its environment variable and its
// default.
func TestHelp(t *testing.T) {
	t.Parallel()
	help, err := runQuietly(t, nil, "--help")
	if err != nil {
		t.Fatal(err)
	}
	help = strings.Join(strings.Fields(help), " ")
	for _, s := range new(config).settings() {
		if !strings.Contains(help, "--"+s.name) || !strings.Contains(help, s.help) {
			t.Errorf("--%s is missing", s.name)
		}
		variable := strings.ToUpper(strings.ReplaceAll(s.name, "-", "_"))
		if strings.Contains(help, "Environment: "+variable+".") == s.commandLine {
			t.Errorf("--%s: environment variable %s, want %t", s.name, variable, !s.commandLine)
		}
	}
	if !strings.Contains(help, "Default: :9090.") || !strings.Contains(help, "Default: https://api.wingspan.app.") {
		t.Errorf("no defaults in\n%s", help)
	}
}

// TestConfiguration shows where values come from.
func TestConfiguration(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		env  map[string]string
		args []string
		want []string
	}{
		"defaults":    {want: []string{"--grpc-addr=:9090", "--http-addr=:8080", "--admin-addr=:9091", "--upstream-url=https://api.wingspan.app", "--upstream-timeout=15s", "--log-level=info", "--sandbox=false"}},
		"environment": {env: map[string]string{"GRPC_ADDR": ":1", "UPSTREAM_TIMEOUT": "2s"}, want: []string{"--grpc-addr=:1", "--upstream-timeout=2s"}},
		"flags win":   {env: map[string]string{"GRPC_ADDR": ":1"}, args: []string{"--grpc-addr=:2"}, want: []string{"--grpc-addr=:2"}},
		"empty":       {env: map[string]string{"GRPC_ADDR": ""}, want: []string{"--grpc-addr=:9090"}},
		"empty list":  {args: []string{"--cors-origins=", "--tls-cert="}, want: []string{"--grpc-addr=:9090"}},
		"sandbox 1":   {args: []string{"--sandbox=1"}, want: []string{"--sandbox=1", "--grpc-addr=127.0.0.1:9090"}},
		"any case":    {env: map[string]string{"LOG_LEVEL": "INFO"}, args: []string{"--log-format=text"}, want: []string{"--log-level=INFO"}},
		"not by env":  {env: map[string]string{"SANDBOX": "true", "VERSION": "true"}, want: []string{"--sandbox=false"}},
		"sandbox":     {args: []string{"--sandbox", "--http-addr=:8080"}, want: []string{"--sandbox=true", "--grpc-addr=127.0.0.1:9090", "--http-addr=:8080", "--admin-addr=127.0.0.1:9091", "--shutdown-delay=0s"}},
		"loopback":    {args: []string{"--upstream-url=http://127.0.0.1:1/base"}, want: []string{"--upstream-url=http://127.0.0.1:1/base"}},
		"greatest":    {args: []string{"--max-in-flight=1073741823", "--retry-budget=1", "--shutdown-delay=0s"}, want: []string{"--max-in-flight=1073741823", "--retry-budget=1", "--shutdown-delay=0s"}},
		"origins":     {env: map[string]string{"CORS_ORIGINS": "https://a.example,http://localhost:3000"}, want: []string{"--cors-origins=https://a.example,http://localhost:3000"}},
		"insecure":    {args: []string{"--upstream-url=http://api.example.com", "--upstream-insecure"}, want: []string{"--upstream-url=http://api.example.com"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			printed, err := runQuietly(t, c.env, append(c.args, "--print-config")...)
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range c.want {
				if !slices.Contains(strings.Split(printed, "\n"), want) {
					t.Errorf("no %s in\n%s", want, printed)
				}
			}
		})
	}
}

// TestMistakes shows that a wrong value refuses to start, and that several are
// told together.
func TestMistakes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		want []string
	}{
		"unknown flag":   {[]string{"--nope"}, []string{"-nope"}},
		"address":        {[]string{"--grpc-addr=9090"}, []string{"--grpc-addr: must be HOST:PORT"}},
		"halves of TLS":  {[]string{"--tls-cert=a.pem", "--upstream-cert=a.pem"}, []string{"--tls-cert and --tls-key go together", "--upstream-cert and --upstream-key go together"}},
		"other halves":   {[]string{"--tls-key=a.pem", "--upstream-key=a.pem"}, []string{"--tls-cert and --tls-key go together", "--upstream-cert and --upstream-key go together"}},
		"CA without TLS": {[]string{"--tls-client-ca=a.pem"}, []string{"--tls-client-ca needs --tls-cert"}},
		"too large":      {[]string{"--max-in-flight=1073741824", "--max-streams-per-connection=4294967296"}, []string{"--max-in-flight: must be a whole number", "--max-streams-per-connection: must be"}},
		"no scheme":      {[]string{"--upstream-url=api.example.com"}, []string{"--upstream-url: must begin with https://"}},
		"password":       {[]string{"--upstream-url=https://u:hush@api.example.com"}, []string{"--upstream-url: must have no user"}},
		"plain http":     {[]string{"--upstream-url=http://api.example.com"}, []string{"--upstream-url: must be https"}},
		"two upstreams":  {[]string{"--sandbox", "--upstream-url=https://a.example"}, []string{"--sandbox brings its own upstream"}},
		"several":        {[]string{"--log-level=loud", "--log-format=xml", "--upstream-timeout=0s", "--max-connection-age=0s", "--max-error-bytes=0", "--shutdown-delay=-1s", "--http-idle-timeout=0s", "--max-streams-per-connection=0", "--cors-origins=https://*.example", "--retry-budget=2", "--max-in-flight=0"}, []string{"--cors-origins", "--retry-budget", "--max-in-flight", "--log-level", "--log-format", "--upstream-timeout", "--max-connection-age", "--max-error-bytes", "--shutdown-delay", "--http-idle-timeout", "--max-streams-per-connection"}},
		"empty":          {[]string{"--upstream-url=", "--grpc-addr=", "--max-in-flight=", "--upstream-timeout=", "--docs="}, []string{"--upstream-url: must not be empty; leave it out for the default, https://api.wingspan.app", "--grpc-addr: must not", "--max-in-flight: must not", "--upstream-timeout: must not", "--docs: must not"}},
		"all together":   {[]string{"--nope", "--log-level=loud", "serve", "--also-not=1", "--log-format=xml", "--", "--pprof"}, []string{"-nope", "--log-level", `"serve"`, "-also-not", "--log-format", `"--pprof"`}},
		"stray URL":      {[]string{"--upstream-url=", "https://u:hush@api.example.com"}, []string{"unexpected argument: a URL"}},
		"bad syntax":     {[]string{"--pprof", "---upstream-url=https://u:hush@api.example.com", "-=", "--log-level=loud"}, []string{"bad flag syntax: ---upstream-url", "bad flag syntax: -;", "--log-level"}},
		"unknown URL":    {[]string{"--upstream=https://u:hush@api.example.com"}, []string{"-upstream"}},
		"bad URL":        {[]string{"--upstream-url=https://u:hush@api.example.com:x"}, []string{"--upstream-url: is not a URL"}},
		"taken port":     {[]string{"--sandbox", "--grpc-addr=256.0.0.1:1", "--http-addr=127.0.0.1:0", "--admin-addr=127.0.0.1:0"}, []string{"256.0.0.1"}},
		"stray argument": {[]string{"serve"}, []string{"serve"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := runQuietly(t, nil, c.args...)
			if err == nil {
				t.Fatal("started")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hush") {
					t.Errorf("got %q, want %q", err, want)
				}
			}
		})
	}
}

// addresses are where a command serves.
type addresses struct{ Msg, GRPC, HTTP, Admin string }

// serveSandbox starts the command on a sandbox, until ctx ends.
func serveSandbox(ctx context.Context, t *testing.T, stdout io.Writer, args ...string) (serving addresses, ended chan error) {
	t.Helper()
	serving, warned, ended := serveCommand(ctx, t, stdout, append(args, "--sandbox")...)
	if !warned {
		t.Error("the sandbox does not say in the log that it is one")
	}
	return serving, ended
}

// serveCommand runs the command on random ports, and returns when it serves; warned says
// whether it told of a sandbox.
func serveCommand(ctx context.Context, t *testing.T, stdout io.Writer, args ...string) (serving addresses, warned bool, ended chan error) {
	t.Helper()
	logs, stderr := io.Pipe()
	ended = make(chan error, 1)
	go func() {
		ended <- run(ctx, append(args, "--grpc-addr=127.0.0.1:0", "--http-addr=127.0.0.1:0", "--admin-addr=127.0.0.1:0"),
			noEnv, stdout, stderr)
		_ = stderr.Close()
	}()
	lines := bufio.NewScanner(logs)
	for serving.Msg != "serving" && lines.Scan() {
		warned = warned || strings.Contains(lines.Text(), "SANDBOX")
		if err := json.Unmarshal(lines.Bytes(), &serving); err != nil {
			t.Fatal(err)
		}
	}
	go func() {
		_, _ = io.Copy(io.Discard, logs)
	}()
	return serving, warned, ended
}

// TestServingLine shows that the line at the start holds all that --print-config
// prints, whether it was given or is by default.
func TestServingLine(t *testing.T) {
	t.Parallel()
	args := []string{"--sandbox", "--grpc-addr=127.0.0.1:0", "--http-addr=127.0.0.1:0", "--admin-addr=127.0.0.1:0", "--max-attempts=2"}
	printed, err := runQuietly(t, nil, append(slices.Clone(args), "--print-config")...)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for line := range strings.Lines(printed) {
		name, value, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(line, "--")), "=")
		want[name] = value
	}
	unset := 0
	for _, s := range new(config).settings() {
		if s.fallback == "" {
			unset++
		}
	}
	if shown := len(new(config).settings()) - unset - 4; len(want) != shown { // three print and end; the sandbox has its own upstream
		t.Errorf("--print-config prints %d settings, want %d:\n%s", len(want), shown, printed)
	}
	logs, stderr := io.Pipe()
	go func() { _ = stderr.CloseWithError(run(t.Context(), args, noEnv, io.Discard, stderr)) }()
	var line struct {
		Msg    string
		Config map[string]string
	}
	for lines := bufio.NewScanner(logs); line.Msg != "serving" && lines.Scan(); {
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
	}
	go func() { _, _ = io.Copy(io.Discard, logs) }()
	if !maps.Equal(line.Config, want) {
		t.Errorf("the line says\n%v, --print-config\n%v", line.Config, want)
	}
}

// TestDocs shows that the documentation page can be left out.
func TestDocs(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]int{"--docs": http.StatusOK, "--docs=false": http.StatusNotFound} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			ctx, stop := context.WithCancel(t.Context())
			serving, ended := serveSandbox(ctx, t, io.Discard, args)
			for _, path := range []string{"/docs", "/docs/openapi.json"} {
				response, err := httpclient.Shared.Get("http://" + serving.HTTP + path)
				if err != nil || response.StatusCode != want {
					t.Fatalf("%s: %v, %v", path, response, err)
				}
				_ = response.Body.Close()
			}
			stop()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}

// TestSandbox starts the command as a new user would, signs in through both
// ports and ends it.
func TestSandbox(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var stdout bytes.Buffer
	serving, ended := serveSandbox(ctx, t, &stdout)
	conn, err := grpc.NewClient(serving.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	answer, err := usersv1.NewSessionAndAuthenticationServiceClient(conn).CreateSession(t.Context(),
		&usersv1.CreateSessionRequest{Email: new("ada@example.com"), Password: new("analytical-engine")})
	if err != nil || answer.GetSession().GetToken() == "" {
		t.Fatalf("gRPC: %v, %v", answer, err)
	}
	response, err := httpclient.Shared.Post("http://"+serving.HTTP+"/users/session", "application/json",
		strings.NewReader(`{"email":"ada@example.com","password":"analytical-engine"}`))
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("REST: %v, %v", response, err)
	}
	_ = response.Body.Close()
	for path, want := range map[string]int{"/livez": 200, "/readyz": 200, "/users/session": 404} {
		response, err := httpclient.Shared.Get("http://" + serving.Admin + path)
		if err != nil || response.StatusCode != want {
			t.Errorf("admin %s: %v, %v", path, response, err)
		}
		_ = response.Body.Close()
	}
	if _, err := healthv1.NewHealthClient(conn).Check(t.Context(), &healthv1.HealthCheckRequest{}); err != nil {
		t.Error(err)
	}

	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("does not end")
	}
	if !strings.Contains(stdout.String(), "ada@example.com") {
		t.Errorf("the users are not printed:\n%s", stdout.String())
	}
}

// TestREADME keeps the table of flags true.
func TestREADME(t *testing.T) {
	t.Parallel()
	var table strings.Builder
	table.WriteString("| flag | environment | default | |\n|---|---|---|---|\n")
	for _, s := range new(config).settings() {
		quoted := []string{s.environment(), s.fallback}
		for i, text := range quoted {
			if text != "" && !s.commandLine {
				quoted[i] = "`" + text + "`"
			} else {
				quoted[i] = ""
			}
		}
		fmt.Fprintf(&table, "| `--%s` | %s | %s | %s |\n", s.name, quoted[0], quoted[1], s.help)
	}
	readme.Check(t, "../../README.md", "configuration", table.String())
}

// TestFitConnections shows how the limit on open files lowers the bound, and when it
// keeps the server from starting.
func TestFitConnections(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		asked   int
		sandbox bool
		files   uint64
		want    int // 0 is an error
	}{
		"enough":                {16384, false, 3*16385 + 576, 16384},
		"one too few":           {16384, false, 3*16385 + 575, 16383},
		"no limit":              {16384, false, math.MaxUint64, 16384},
		"the least":             {16384, false, 3*65 + 576, 64},
		"less than the least":   {16384, false, 3*65 + 575, 0},
		"few are asked for":     {10, false, 3*11 + 576, 10},
		"few, and fewer files":  {10, false, 3*11 + 575, 0},
		"both ends are here":    {16384, true, 3*65 + 576, 0},
		"both ends, and enough": {16384, true, 3*65 + 576 + 512, 64},
		"none":                  {16384, false, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := &config{MaxConnections: c.asked, UpstreamMaxConnections: 512, Sandbox: c.sandbox}
			lowered, err := fitConnections(config, c.files)
			if err != nil && (c.want != 0 || !strings.Contains(err.Error(), "ulimit -n")) {
				t.Error(err)
			}
			if err == nil && (config.MaxConnections != c.want || (lowered != nil) != (c.want < c.asked)) {
				t.Errorf("%d connections, want %d; said %v", config.MaxConnections, c.want, lowered)
			}
		})
	}
}
