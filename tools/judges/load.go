package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

const (
	serviceName = "wingspan.users.v1.SessionAndAuthenticationService"
	requests    = 2000
)

// judgeByGhz makes gRPC calls in numbers at each port that takes gRPC.
func judgeByGhz(ctx context.Context, e *env, v *verdict) error {
	plain, err := e.sandboxed(ctx)
	if err != nil {
		return err
	}
	secure, ca, err := e.secured(ctx)
	if err != nil {
		return err
	}
	for port, security := range map[string][]string{
		plain.GRPC: {"--insecure"}, plain.HTTP: {"--insecure"},
		secure.GRPC: {"--cacert", ca}, secure.HTTP: {"--cacert", ca},
	} {
		args := append(security, "--call", serviceName+".Authenticate", "-d", `{"email":"ada@example.com"}`, "-n", strconv.Itoa(requests), "-c", "20", "--connections", "4", "-O", "json", port)
		output, _, err := e.output(ctx, "ghz", args...)
		if err != nil {
			return err
		}
		var report struct {
			Count    int
			Statuses map[string]int `json:"statusCodeDistribution"`
			Errors   map[string]int `json:"errorDistribution"`
		}
		if err := json.Unmarshal(output, &report); err != nil {
			return fmt.Errorf("ghz: %w: %s", err, tail(output))
		}
		v.check(report.Count == requests && report.Statuses["OK"] == requests, e.portName(port), "%v %v", report.Statuses, report.Errors)
	}
	return nil
}

// portName is what a port is called, whose number is another each time.
func (e *env) portName(address string) string {
	for flags, s := range e.servers {
		suffix := ""
		if strings.Contains(flags, "--tls-cert") {
			suffix = " over TLS"
		}
		if strings.Contains(flags, "--tls-client-ca") {
			suffix += " with client certificates"
		}
		switch address {
		case s.GRPC:
			return "gRPC port" + suffix
		case s.HTTP:
			return "HTTP port" + suffix
		case s.Admin:
			return "admin port" + suffix
		}
	}
	return address
}

// judgeByH2load makes REST calls over HTTP/2, many at a time on a connection.
func judgeByH2load(ctx context.Context, e *env, v *verdict) error {
	plain, err := e.sandboxed(ctx)
	if err != nil {
		return err
	}
	secure, _, err := e.secured(ctx)
	if err != nil {
		return err
	}
	for base, s := range map[string]*server{"http://": plain, "https://": secure} {
		for _, streams := range []string{"1", "100"} {
			output, _, err := e.output(ctx, "h2load", "-n", strconv.Itoa(requests), "-c", "10", "-m", streams,
				"-H", "content-type: application/json", "-d", e.file("authenticate.json", `{"email":"ada@example.com"}`), base+s.HTTP+"/users/authentication")
			if err != nil {
				return err
			}
			want := fmt.Sprintf("status codes: %d 2xx, 0 3xx, 0 4xx, 0 5xx", requests)
			v.check(strings.Contains(string(output), want), fmt.Sprintf("%s, %s streams", e.portName(s.HTTP), streams), "%s", tail(output))
		}
	}
	return nil
}

// file writes a file for a tool to read. One that cannot be written is missed by the tool.
func (e *env) file(name, text string) string {
	path := filepath.Join(e.work, name)
	_ = os.WriteFile(path, []byte(text), 0o600)
	return path
}

// judgeByAutocannon pipelines REST calls over HTTP/1.1: each response must be the one to its
// request, whole and in its turn.
func judgeByAutocannon(ctx context.Context, e *env, v *verdict) error {
	s, err := e.sandboxed(ctx)
	if err != nil {
		return err
	}
	token, err := s.signIn(ctx, ada)
	if err != nil {
		return err
	}
	path := "/users/session/token/" + token
	_, body, err := call(ctx, "http://"+s.HTTP, token, http.MethodGet, path, "")
	if err != nil {
		return err
	}
	for _, depth := range []int{1, 16} {
		output, _, err := e.output(ctx, "autocannon", "-c", "10", "-p", strconv.Itoa(depth), "-a", strconv.Itoa(requests), "-j", "-n",
			"-E", string(body), "-H", "Authorization=Bearer "+token, "http://"+s.HTTP+path)
		if err != nil {
			return err
		}
		var report struct {
			OK                                           int `json:"2xx"`
			Non2xx, Errors, Timeouts, Mismatches, Resets int
		}
		at := strings.IndexByte(string(output), '{')
		if err := json.Unmarshal(output[max(0, at):], &report); err != nil {
			return fmt.Errorf("autocannon: %w: %s", err, tail(output))
		}
		// It does not wait for what is behind the last response of each connection.
		enough := report.OK >= requests-10*(depth-1)
		v.check(enough && report.Non2xx+report.Errors+report.Timeouts+report.Mismatches+report.Resets == 0, strconv.Itoa(depth)+" at a time", "%+v", report)
	}
	return nil
}

// judgeHealth asks each port by grpc-health-probe.
func judgeHealth(ctx context.Context, e *env, v *verdict) error {
	plain, err := e.sandboxed(ctx)
	if err != nil {
		return err
	}
	secure, ca, err := e.secured(ctx)
	if err != nil {
		return err
	}
	for port, security := range map[string][]string{
		plain.GRPC: nil, plain.HTTP: nil, plain.Admin: nil, secure.Admin: nil,
		secure.GRPC: {"-tls", "-tls-ca-cert", ca}, secure.HTTP: {"-tls", "-tls-ca-cert", ca},
	} {
		for service, want := range map[string]string{"": "SERVING", serviceName: "SERVING", "another.Service": "NotFound"} {
			args := append([]string{"-addr", port, "-service", service, "-connect-timeout", "10s", "-rpc-timeout", "10s"}, security...)
			output, _, err := e.output(ctx, "grpc-health-probe", args...)
			if err != nil {
				return err
			}
			v.check(strings.Contains(string(output), want), fmt.Sprintf("%s, %q", e.portName(port), service), "%s", output)
		}
	}
	return nil
}

// slowAttacks are slowhttptest's, each with what it varies.
var slowAttacks = map[string][]string{
	"headers":  {"-H"},
	"bodies":   {"-B", "-t", "POST", "-f", "application/json"},
	"ranges":   {"-R"},
	"readings": {"-X", "-w", "1", "-y", "8", "-n", "5", "-z", "8", "-k", "3"},
}

var available = regexp.MustCompile(`service available:\s*YES`)

// judgeSlowly has slowhttptest take more connections than the server allows, and feed them
// slowly. The port must stay available to others.
func judgeSlowly(ctx context.Context, e *env, v *verdict) error {
	s, err := e.start(ctx, "--sandbox", "--max-connections=200")
	if err != nil {
		return err
	}
	for name, args := range slowAttacks {
		url := "http://" + s.HTTP + "/users/authentication"
		if name == "readings" {
			url = "http://" + s.HTTP + "/docs"
		}
		output, _, err := e.output(ctx, "slowhttptest", append(args, "-c", "400", "-r", "200", "-i", "5", "-l", "25", "-p", "5", "-u", url)...)
		if err != nil {
			return err
		}
		all := regexp.MustCompile(`service available:`).FindAll(output, -1)
		yes := available.FindAll(output, -1)
		v.check(len(all) > 2 && len(yes) == len(all), name, "available in %d of %d looks", len(yes), len(all))
	}
	return nil
}
