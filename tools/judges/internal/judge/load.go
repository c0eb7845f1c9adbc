package judge

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/wingspan-grpc/session-facade/tools/judges/internal/testbed"
)

// ServiceName is the contract's service.
const ServiceName = "wingspan.users.v1.SessionAndAuthenticationService"

// requests are how many each tool makes in one go.
const requests = 2000

// Ghz makes gRPC calls in numbers at each port that takes gRPC.
func Ghz(ctx context.Context, e *testbed.Env, v *Verdict) error {
	plain, err := e.Sandboxed(ctx)
	if err != nil {
		return err
	}
	secure, ca, err := e.Secured(ctx)
	if err != nil {
		return err
	}
	for port, security := range map[string][]string{
		plain.GRPC: {"--insecure"}, plain.HTTP: {"--insecure"},
		secure.GRPC: {"--cacert", ca}, secure.HTTP: {"--cacert", ca},
	} {
		args := append(security, "--call", ServiceName+".Authenticate", "-d", `{"email":"ada@example.com"}`, "-n", strconv.Itoa(requests), "-c", "20", "--connections", "4", "-O", "json", port)
		output, _, err := e.Output(ctx, "ghz", args...)
		if err != nil {
			return err
		}
		var report struct {
			Count    int
			Statuses map[string]int `json:"statusCodeDistribution"`
			Errors   map[string]int `json:"errorDistribution"`
		}
		if err := json.Unmarshal(output, &report); err != nil {
			return fmt.Errorf("ghz: %w: %s", err, testbed.Tail(output))
		}
		v.Check(report.Count == requests && report.Statuses["OK"] == requests, e.PortName(port), "%v %v", report.Statuses, report.Errors)
	}
	return nil
}

// H2load makes REST calls over HTTP/2, many at a time on a connection.
func H2load(ctx context.Context, e *testbed.Env, v *Verdict) error {
	plain, err := e.Sandboxed(ctx)
	if err != nil {
		return err
	}
	secure, _, err := e.Secured(ctx)
	if err != nil {
		return err
	}
	for base, s := range map[string]*testbed.Server{"http://": plain, "https://": secure} {
		for _, streams := range []string{"1", "100"} {
			output, _, err := e.Output(ctx, "h2load", "-n", strconv.Itoa(requests), "-c", "10", "-m", streams,
				"-H", "content-type: application/json", "-d", e.File("authenticate.json", `{"email":"ada@example.com"}`), base+s.HTTP+"/users/authentication")
			if err != nil {
				return err
			}
			want := fmt.Sprintf("status codes: %d 2xx, 0 3xx, 0 4xx, 0 5xx", requests)
			v.Check(strings.Contains(string(output), want), fmt.Sprintf("%s, %s streams", e.PortName(s.HTTP), streams), "%s", testbed.Tail(output))
		}
	}
	return nil
}

// Autocannon pipelines REST calls over HTTP/1.1: each response must be the one to its
// request, whole and in its turn.
func Autocannon(ctx context.Context, e *testbed.Env, v *Verdict) error {
	s, err := e.Sandboxed(ctx)
	if err != nil {
		return err
	}
	token, err := s.SignIn(ctx, testbed.Ada)
	if err != nil {
		return err
	}
	path := "/users/session/token/" + token
	response, err := testbed.Call(ctx, "http://"+s.HTTP, token, http.MethodGet, path, "")
	if err != nil {
		return err
	}
	for _, depth := range []int{1, 16} {
		output, _, err := e.Output(ctx, "autocannon", "-c", "10", "-p", strconv.Itoa(depth), "-a", strconv.Itoa(requests), "-j", "-n",
			"-E", string(response.Body), "-H", "Authorization=Bearer "+token, "http://"+s.HTTP+path)
		if err != nil {
			return err
		}
		var report struct {
			OK                                           int `json:"2xx"`
			Non2xx, Errors, Timeouts, Mismatches, Resets int
		}
		at := strings.IndexByte(string(output), '{')
		if err := json.Unmarshal(output[max(0, at):], &report); err != nil {
			return fmt.Errorf("autocannon: %w: %s", err, testbed.Tail(output))
		}
		// It does not wait for what is behind the last response of each connection.
		enough := report.OK >= requests-10*(depth-1)
		v.Check(enough && report.Non2xx+report.Errors+report.Timeouts+report.Mismatches+report.Resets == 0, strconv.Itoa(depth)+" at a time", "%+v", report)
	}
	return nil
}

// Health asks each port by grpc-health-probe.
func Health(ctx context.Context, e *testbed.Env, v *Verdict) error {
	plain, err := e.Sandboxed(ctx)
	if err != nil {
		return err
	}
	secure, ca, err := e.Secured(ctx)
	if err != nil {
		return err
	}
	for port, security := range map[string][]string{
		plain.GRPC: nil, plain.HTTP: nil, plain.Admin: nil, secure.Admin: nil,
		secure.GRPC: {"-tls", "-tls-ca-cert", ca}, secure.HTTP: {"-tls", "-tls-ca-cert", ca},
	} {
		for service, want := range map[string]string{"": "SERVING", ServiceName: "SERVING", "another.Service": "NotFound"} {
			args := append([]string{"-addr", port, "-service", service, "-connect-timeout", "10s", "-rpc-timeout", "10s"}, security...)
			output, _, err := e.Output(ctx, "grpc-health-probe", args...)
			if err != nil {
				return err
			}
			v.Check(strings.Contains(string(output), want), fmt.Sprintf("%s, %q", e.PortName(port), service), "%s", output)
		}
	}
	return nil
}

// slowAttacks are slowhttptest's, each with how many connections it takes.
var slowAttacks = map[string][]string{
	"headers":  {"-c", "250", "-H"},
	"bodies":   {"-c", "250", "-B", "-t", "POST", "-f", "application/json"},
	"ranges":   {"-c", "250", "-R"},
	"readings": {"-c", "250", "-X", "-w", "1", "-y", "8", "-n", "5", "-z", "8", "-k", "3"},
	"headers, on all connections that are allowed": {"-c", "400", "-H"},
}

var availability = regexp.MustCompile(`service available:\W*(?:\[[0-9;]*m)*\W*(?:\[[0-9;]*m)*(YES|NO)`)

// SlowHTTP has slowhttptest feed and read connections slowly. The port must stay
// available to others.
func SlowHTTP(ctx context.Context, e *testbed.Env, v *Verdict) error {
	enough, err := e.Sandboxed(ctx)
	if err != nil {
		return err
	}
	few, err := e.Start(ctx, "--sandbox", "--max-connections=200")
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	var mu sync.Mutex
	for name, args := range slowAttacks {
		s := enough
		if strings.Contains(name, "allowed") {
			s = few
		}
		group.Go(func() error {
			output, _, err := e.Output(ctx, "slowhttptest", append(args, "-r", "200", "-i", "5", "-l", "25", "-p", "5", "-u", "http://"+s.HTTP+"/docs")...)
			looks := availability.FindAllSubmatch(output, -1)
			missed := slices.IndexFunc(looks, func(look [][]byte) bool { return string(look[1]) != "YES" })
			mu.Lock()
			defer mu.Unlock()
			v.Check(len(looks) > 0 && missed < 0, name, "not available at look %d of %d", missed+1, len(looks))
			return err
		})
	}
	return group.Wait()
}
