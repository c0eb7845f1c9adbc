package edge

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// check runs the command with --check under a limit on open files, and returns what it
// prints and its exit code.
func check(t *testing.T, files string, env []string, args ...string) (printed string, code int) {
	t.Helper()
	args = append([]string{"-c", `ulimit -n ` + files + `; exec "$0" --check --grpc-addr=127.0.0.1:0 --http-addr=127.0.0.1:0 --admin-addr=127.0.0.1:0 "$@"`, server(t)}, args...)
	command := exec.CommandContext(t.Context(), "sh", args...)
	command.Env = append(os.Environ(), env...)
	output, err := command.CombinedOutput()
	if failed := new(exec.ExitError); err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	return string(output), command.ProcessState.ExitCode()
}

// TestCheck_UnderALowLimitOfFiles shows what a process finds of its own limit: too few
// files to start with, fewer than are asked for, and enough.
func TestCheck_UnderALowLimitOfFiles(t *testing.T) {
	t.Parallel()
	for files, want := range map[string]struct {
		line string
		code int
	}{
		"200":  {"wrong    --max-connections: 16384 connections need ", 1},
		"2000": {"warning  --max-connections: is lowered from 16384 to ", 0},
	} {
		if printed, code := check(t, files, nil, "--sandbox"); code != want.code || !strings.Contains(printed, want.line) {
			t.Errorf("%s files: exit code %d, want %d and %q in\n%s", files, code, want.code, want.line, printed)
		}
	}
	if printed, code := check(t, "2000", nil, "--sandbox", "--max-connections=64"); code != 0 || !strings.Contains(printed, "ok       --max-connections: ") {
		t.Errorf("exit code %d\n%s", code, printed)
	}
}

// TestCheck_KeepsTheProxysPassword shows that a proxy's address is not told, whether
// nothing listens there or it leads nowhere.
func TestCheck_KeepsTheProxysPassword(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "not for u:hush", http.StatusProxyAuthRequired)
	}))
	defer refusing.Close()
	for proxy, want := range map[string]string{
		closed.Addr().String():            "there is no connection: proxyconnect tcp: ",
		refusing.Listener.Addr().String(): "the proxy of HTTPS_PROXY or HTTP_PROXY does not lead to the upstream",
	} {
		printed, code := check(t, "2000", []string{"HTTPS_PROXY=http://u:hush@" + proxy, "NO_PROXY="}, "--upstream-url=https://upstream.invalid")
		if code != 1 || !strings.Contains(printed, "wrong    --upstream-url: "+want) || strings.Contains(printed, "hush") {
			t.Errorf("exit code %d, want %q in\n%s", code, want, printed)
		}
	}
}

// TestCheck_FindsWrongTelemetry shows that the variables of libraries are tried too.
func TestCheck_FindsWrongTelemetry(t *testing.T) {
	t.Parallel()
	printed, code := check(t, "2000", []string{"OTEL_TRACES_EXPORTER=otpl"}, "--sandbox")
	if code != 1 || !strings.Contains(printed, "wrong    telemetry: OTEL_TRACES_EXPORTER") {
		t.Errorf("exit code %d\n%s", code, printed)
	}
}
