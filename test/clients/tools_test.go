package clients

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// grpcurlPackage has the version that docs/API.md names.
const grpcurlPackage = "github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.4"

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

// TestGRPCurl lists the services by reflection, and calls.
func TestGRPCurl(t *testing.T) {
	t.Parallel()
	grpcurl := tool(t, "grpcurl", grpcurlPackage)
	eachPort(t, func(t *testing.T, port httpPort, slow *slowCalls) {
		t.Helper()
		callByGRPCurl(t, grpcurl, port, slow)
	})
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
			// When the time is up there is none to ask what the details are.
			args = append(args, "-max-time", ample, "-protoset", "../../gen/stubs.binpb")
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
		t.Helper()
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
		t.Helper()
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
