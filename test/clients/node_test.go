package clients

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"github.com/wingspan-grpc/session-facade/test/testinputs"
)

const typedDir = "typed"

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
		t.Helper()
		if n := callByNode(t, port, slow); n != 7 {
			t.Errorf("%d clients called", n)
		}
	})
}
