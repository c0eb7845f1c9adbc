package main

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wingspan-grpc/session-facade/test/httpclient"
)

// get is a GET without a body; the status is that of the response.
func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	response, err := httpclient.Shared.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// TestSandboxControl_IsThereOnlyWithASandbox, on the admin port alone, and so is the page
// of what was sent, on the HTTP port alone.
func TestSandboxControl_IsThereOnlyWithASandbox(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	with, _ := serveSandbox(ctx, t, io.Discard)
	undocumented, _ := serveSandbox(ctx, t, io.Discard, "--docs=false")
	without, _, _ := serveCommand(ctx, t, io.Discard, "--upstream-url=http://127.0.0.1:1")
	for _, path := range []string{"/sandbox/openapi.json", "/sandbox/schema.json", "/sandbox/messages", "/sandbox/users", "/sandbox/clock", "/sandbox/faults", "/sandbox/state"} {
		for address, want := range map[string]int{with.Admin: http.StatusOK, undocumented.Admin: http.StatusOK,
			without.Admin: http.StatusNotFound, with.HTTP: http.StatusNotFound, without.HTTP: http.StatusNotFound} {
			if status, _ := get(t, "http://"+address+path); status != want {
				t.Errorf("%s: %d, want %d", path, status, want)
			}
		}
	}
	for _, path := range []string{"/docs/sandbox", "/docs/sandbox/messages", "/docs/sandbox.js", "/docs/sandbox.css"} {
		for address, want := range map[string]int{with.HTTP: http.StatusOK, without.HTTP: http.StatusNotFound, undocumented.HTTP: http.StatusNotFound,
			with.Admin: http.StatusNotFound, without.Admin: http.StatusNotFound} {
			if status, _ := get(t, "http://"+address+path); status != want {
				t.Errorf("%s: %d, want %d", path, status, want)
			}
		}
	}
	for address, want := range map[string]bool{with.HTTP: true, without.HTTP: false} {
		for _, path := range []string{"/docs", "/docs/typed"} {
			if _, page := get(t, "http://"+address+path); strings.Contains(page, `sandbox">`) != want {
				t.Errorf("%s links to the sandbox's page: %t, want %t", path, !want, want)
			}
		}
	}
}

// TestSandboxFile_IsWhatTheSandboxBeginsWith, and a wrong one is told in one line, by its
// member.
func TestSandboxFile_IsWhatTheSandboxBeginsWith(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	write := func(text string) string {
		name := filepath.Join(t.TempDir(), "seed.json")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	serving, _ := serveSandbox(ctx, t, io.Discard, "--sandbox-file="+write(
		`{"users":[{"userId":"user-mary","email":"mary@example.com"}],"sessions":[{"token":"token-of-mary","userId":"user-mary"}]}`))
	if status, body := get(t, "http://"+serving.HTTP+"/users/session/token/token-of-mary"); status != http.StatusOK || !strings.Contains(body, "user-mary") {
		t.Errorf("the seed's session: %d %s", status, body)
	}
	wrong := write(`{"users":[{"userId":"a","email":"a@example.com","pasword":"hush"}]}`)
	for want, args := range map[string][]string{
		"--sandbox-file: users[0].pasword is unknown": {"--sandbox", "--sandbox-file=" + wrong},
		"--sandbox-file: the JSON is malformed at":    {"--sandbox", "--sandbox-file=" + write("hush")},
		"--sandbox-file: the JSON is longer than":     {"--sandbox", "--sandbox-file=/dev/zero"},
		"--sandbox-file: open /nowhere: no such file": {"--sandbox", "--sandbox-file=/nowhere"},
		"--sandbox-file: read /: is a directory":      {"--sandbox", "--sandbox-file=/"},
		"--sandbox-file needs --sandbox":              {"--sandbox-file=" + wrong},
	} {
		if told := refusal(t, nil, args...); !strings.HasPrefix(told, want) || strings.Contains(told, "\n") {
			t.Errorf("%s: %q", want, told)
		}
	}
}
