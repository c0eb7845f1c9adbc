package clients

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/anypb"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/test/certstest"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
	"github.com/wingspan-grpc/session-facade/test/testinputs"
)

const (
	typedDir    = "typed"
	serviceName = "wingspan.users.v1.SessionAndAuthenticationService"
	// grpcurl is the version that docs/API.md names.
	grpcurlPackage = "github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.4"
)

// httpPort is a facade's HTTP port, or what stands in front of it.
type httpPort struct {
	url, ca string // ca is a file; "" is plaintext
}

func (p httpPort) host() string { return p.url[strings.LastIndexByte(p.url, '/')+1:] }

// slowCalls counts the calls that the upstream does not answer: those that have come, and
// of these those that have been given up.
type slowCalls struct{ came, gone atomic.Int64 }

// await waits until all that have come have been given up.
func (c *slowCalls) await(t *testing.T) {
	t.Helper()
	look, late := time.NewTicker(10*time.Millisecond), time.After(30*time.Second)
	defer look.Stop()
	for c.came.Load() == 0 || c.came.Load() != c.gone.Load() {
		select {
		case <-look.C:
		case <-late:
			t.Fatalf("of %d calls that came too late, %d have ended at the upstream", c.came.Load(), c.gone.Load())
		}
	}
}

// startHTTPPort starts a facade. Its upstream lists one session to who has a token,
// rejects an email, and never answers to another.
func startHTTPPort(t *testing.T, secure bool) (httpPort, *slowCalls) {
	t.Helper()
	slow := &slowCalls{}
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch {
		case strings.Contains(string(body), "rejected@"):
			facadetest.Respond(429, http.Header{"Retry-After": {"7"}}, `{"message":"slowly"}`)(w, r)
		case strings.Contains(string(body), "slow@"):
			slow.came.Add(1)
			<-r.Context().Done()
			slow.gone.Add(1)
		case r.Header.Get("Authorization") != "Bearer t-1":
			facadetest.Respond(401, nil, `{"message":"no token came"}`)(w, r)
		default:
			facadetest.Respond(200, nil, `[{"sessionId":"s-1","labels":{"team":"payroll"}}]`)(w, r)
		}
	}))
	t.Cleanup(upstream.Close)
	if !secure {
		return httpPort{url: facadetest.Start(t, upstream.URL, facadetest.Config{Timeout: time.Hour}).REST}, slow
	}
	authority := certstest.NewAuthority(t)
	certificate := authority.Issue(t).TLS(t)
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{Timeout: time.Hour, Certificate: &certificate})
	return httpPort{url: facade.REST, ca: certstest.Write(t, filepath.Join(t.TempDir(), "ca.crt"), authority.PEM)}, slow
}

// led is what each of the calls must lead to.
var led = map[string]string{
	"list":     "s-1 payroll",
	"rejected": "ResourceExhausted UPSTREAM_REJECTED in 7 s",
	"field":    "InvalidArgument INVALID_REQUEST email",
	"deadline": "DeadlineExceeded",
}

// eachPort runs a test against a facade in plaintext and one with TLS.
func eachPort(t *testing.T, test func(*testing.T, httpPort, *slowCalls)) {
	t.Helper()
	for name, secure := range map[string]bool{"plaintext": false, "TLS": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			port, slow := startHTTPPort(t, secure)
			test(t, port, slow)
		})
	}
}

// callByNode runs the clients whose names begin so, and returns how many they are.
func callByNode(t *testing.T, port httpPort, slow *slowCalls, names ...string) int {
	t.Helper()
	testinputs.Add(t, typedDir)
	installTypeScript(t, typedDir)
	program := exec.CommandContext(t.Context(), "node", append([]string{"main.mjs", port.url, port.ca}, names...)...)
	program.Dir = typedDir
	var complaints bytes.Buffer
	program.Stderr = &complaints
	report, err := program.Output()
	t.Logf("%s", report)
	if err != nil {
		t.Fatalf("%v\n%s", err, complaints.Bytes())
	}
	clients := map[string]int{}
	for line := range strings.Lines(string(report)) {
		client, rest, _ := strings.Cut(strings.TrimSpace(line), ": ")
		call, got, _ := strings.Cut(rest, ": ")
		// Its own clock or the facade's may be the first; only the latter has details.
		if want := led[call]; got != want && (call != "deadline" || got != want+" UPSTREAM_TIMEOUT") {
			t.Errorf("%s: %s led to %q, want %q", client, call, got, want)
		}
		clients[client]++
	}
	for client, calls := range clients {
		if calls != len(led) {
			t.Errorf("%s: %d calls", client, calls)
		}
	}
	slow.await(t)
	return len(clients)
}

// TestNode calls by connect-node and grpc-js.
func TestNode(t *testing.T) {
	t.Parallel()
	eachPort(t, func(t *testing.T, port httpPort, slow *slowCalls) {
		if n := callByNode(t, port, slow); n != 7 {
			t.Errorf("%d clients called", n)
		}
	})
}

// tool finds a program, or installs it where no test may be left out.
func tool(t *testing.T, name string, install ...string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	if os.Getenv("CI") != "true" || len(install) == 0 {
		unavailable(t, name+" IS NOT INSTALLED")
	}
	bin := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", append([]string{"install"}, install...)...)
	build.Env = append(os.Environ(), "GOBIN="+bin)
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go install %v: %v\n%s", install, err, output)
	}
	return filepath.Join(bin, name)
}

// check runs a command and looks at what its call has led to.
func check(t *testing.T, call string, outcome func(*testing.T, []byte) string, command string, args ...string) {
	t.Helper()
	printed, err := exec.CommandContext(t.Context(), command, args...).CombinedOutput()
	_, text, _ := bytes.Cut(printed, []byte("{"))
	got := outcome(t, append([]byte("{"), text...))
	if want := led[call]; got != want && (call != "deadline" || got != want+" UPSTREAM_TIMEOUT") {
		t.Errorf("%s %q (%v) led to %q, want %q:\n%s", filepath.Base(command), args, err, got, want, printed)
	}
}

// ample is, in seconds, a deadline of all that a tool does: that it starts and asks for the
// contract, too.
const ample = "5"

// calls are how each call is made, but for its deadline.
var calls = map[string]struct{ method, message string }{
	"list":     {"ListApiSessions", `{}`},
	"rejected": {"Authenticate", `{"email":"rejected@example.com"}`},
	"field":    {"Authenticate", `{"email":""}`},
	"deadline": {"Authenticate", `{"email":"slow@example.com"}`},
}

const token = "Authorization: Bearer t-1"

// ofConnect reads what Connect says in JSON: a response, or an error.
func ofConnect(t *testing.T, text []byte) string {
	t.Helper()
	var said struct {
		Code    string
		Details []struct{ Type, Value string }
	}
	if err := json.Unmarshal(text, &said); err != nil {
		return err.Error()
	}
	if said.Code == "" {
		return session(text)
	}
	told := []string{""}
	for word := range strings.SplitSeq(said.Code, "_") {
		told[0] += strings.ToUpper(word[:1]) + word[1:]
	}
	for _, detail := range said.Details {
		value, err := base64.RawStdEncoding.DecodeString(detail.Value)
		if err != nil {
			return err.Error()
		}
		told = append(told, describe(&anypb.Any{TypeUrl: "type.googleapis.com/" + detail.Type, Value: value})...)
	}
	return strings.Join(told, " ")
}

// ofGRPCurl reads what grpcurl prints: a response, or a status.
func ofGRPCurl(t *testing.T, text []byte) string {
	t.Helper()
	var said spb.Status
	if protojson.Unmarshal(text, &said) != nil {
		return session(text)
	}
	told := []string{codes.Code(said.GetCode()).String()} //nolint:gosec // at most 16
	for _, detail := range said.GetDetails() {
		told = append(told, describe(detail)...)
	}
	return strings.Join(told, " ")
}

func session(text []byte) string {
	var list usersv1.ListApiSessionsResponse
	if err := protojson.Unmarshal(text, &list); err != nil || len(list.GetApiSessions()) != 1 {
		return string(text)
	}
	return list.GetApiSessions()[0].GetSessionId() + " " + list.GetApiSessions()[0].GetLabels()["team"]
}

func describe(detail *anypb.Any) (told []string) {
	message, err := detail.UnmarshalNew()
	if err != nil {
		return []string{err.Error()}
	}
	switch message := message.(type) {
	case *errdetails.ErrorInfo:
		return []string{message.GetReason()}
	case *errdetails.BadRequest:
		for _, violation := range message.GetFieldViolations() {
			told = append(told, violation.GetField())
		}
	case *errdetails.RetryInfo:
		told = append(told, fmt.Sprintf("in %v s", message.GetRetryDelay().AsDuration().Seconds()))
	}
	return told
}

// TestGRPCurl lists the services by reflection, and calls.
func TestGRPCurl(t *testing.T) {
	t.Parallel()
	grpcurl := tool(t, "grpcurl", grpcurlPackage)
	eachPort(t, func(t *testing.T, port httpPort, slow *slowCalls) { callByGRPCurl(t, grpcurl, port, slow) })
}

func callByGRPCurl(t *testing.T, grpcurl string, port httpPort, slow *slowCalls) {
	t.Helper()
	security := []string{"-plaintext"}
	if port.ca != "" {
		security = []string{"-cacert", port.ca}
	}
	list, err := exec.CommandContext(t.Context(), grpcurl, append(security, port.host(), "list")...).CombinedOutput()
	if err != nil || !slices.Contains(strings.Fields(string(list)), serviceName) {
		t.Errorf("grpcurl list (%v):\n%s", err, list)
	}
	for name, call := range calls {
		args := append(security, "-format-error", "-H", token, "-d", call.message)
		if name == "deadline" {
			args = append(args, "-max-time", ample)
		}
		check(t, name, ofGRPCurl, grpcurl, append(args, port.host(), serviceName+"/"+call.method)...)
	}
	slow.await(t)
}

// TestBufCurl calls by each protocol, over each HTTP version.
func TestBufCurl(t *testing.T) {
	t.Parallel()
	buf := tool(t, "buf", "-modfile=../../tools/buf/go.mod", "github.com/bufbuild/buf/cmd/buf")
	eachPort(t, func(t *testing.T, port httpPort, slow *slowCalls) {
		for _, protocol := range []string{"connect", "grpcweb", "grpc"} {
			t.Run(protocol, func(t *testing.T) {
				t.Parallel()
				callByBuf(t, buf, port, slow, protocol)
				if protocol != "grpc" && port.ca == "" { // reflection needs HTTP/2, and this HTTP/1.1
					callByBuf(t, buf, port, slow, protocol, "--schema=../../gen/descriptor.binpb")
				}
			})
		}
	})
}

func callByBuf(t *testing.T, buf string, port httpPort, slow *slowCalls, protocol string, options ...string) {
	t.Helper()
	options = append([]string{"curl", "--protocol", protocol, "-H", token}, options...)
	if port.ca != "" {
		options = append(options, "--cacert", port.ca)
	}
	for name, call := range calls {
		args := append(options, "-d", call.message)
		if name == "deadline" {
			args = append(args, "--timeout", ample+"s")
		}
		check(t, name, ofConnect, buf, append(args, port.url+"/"+serviceName+"/"+call.method)...)
	}
	slow.await(t)
}

// TestCurl calls by Connect with no more than curl and JSON.
func TestCurl(t *testing.T) {
	t.Parallel()
	curl := tool(t, "curl")
	eachPort(t, func(t *testing.T, port httpPort, slow *slowCalls) {
		for _, version := range []string{"--http1.1", "--http2-prior-knowledge"} {
			callByCurl(t, curl, port, slow, version)
		}
	})
}

func callByCurl(t *testing.T, curl string, port httpPort, slow *slowCalls, options ...string) {
	t.Helper()
	options = append([]string{"-s", "-m", "30", "-H", token}, options...)
	if port.ca != "" {
		options = append(options, "--cacert", port.ca)
	}
	for name, call := range calls {
		args := append(options, "-H", "Content-Type: application/json", "-d", call.message)
		if name == "deadline" {
			args = append(args, "-H", "Connect-Timeout-Ms: 1000")
		}
		check(t, name, ofConnect, curl, append(args, port.url+"/"+serviceName+"/"+call.method)...)
	}
	check(t, "list", ofConnect, curl, append(options, port.url+"/"+serviceName+"/ListApiSessions?connect=v1&encoding=json&message=%7B%7D")...)
	slow.await(t)
}
