package commands

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/wingspan-grpc/session-facade/test/httpclient"
)

var runPages = flag.Bool("pages", false, "run the commands of the pages: takes minutes, the ports 8080, 9090 and 9091, and packages from npm and Go's proxy")

// waitLimit is how long the slowest may take: a first build, or a package's download.
const waitLimit = 8 * time.Minute

// TestPages_CommandsWork runs the commands of each page as they are written, page by
// page, from the root of a copy of the repository, as a reader would who follows it from
// top to bottom, while the sandbox runs.
func TestPages_CommandsWork(t *testing.T) { //nolint:paralleltest // the ports are those of the pages
	if !*runPages {
		t.Skip("THE PAGES' COMMANDS WERE NOT RUN: go test ./test/commands -pages")
	}
	scratch := t.TempDir()
	clone := filepath.Join(scratch, "session-facade")
	copyRepository(t, clone)
	bin := filepath.Join(scratch, "bin")
	t.Setenv("GOBIN", bin)
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	startSandbox(t, clone)
	pages := pages(t)
	for _, page := range inOrder(pages) {
		if script, expected := script(clone, scratch, pages[page]); len(expected) > 0 {
			t.Run(page, func(t *testing.T) { runScript(t, scratch, script, expected) })
		}
	}
}

// script is the shell script that a page's blocks make, each of which begins in the root.
// What a block prints goes to a file in out, named by the block's line and number. expected has, by
// that name, what it should be; nil is anything.
func script(clone, out string, blocks []block) (text string, expected map[string]*string) {
	expected = map[string]*string{}
	var s strings.Builder
	s.WriteString("set -eu -o pipefail\n")
	for i, b := range blocks {
		switch name := fmt.Sprintf("line-%d.%d", b.line, i); {
		case b.file != "":
			fmt.Fprintf(&s, "cd '%s'\ncat >'%s' <<'END OF FILE'\n%sEND OF FILE\n", clone, b.file, b.text)
		case !b.isRun() || strings.TrimSpace(b.text) == sandbox || strings.TrimSpace(b.text) == sandboxWithCache: // it runs
		default:
			commands := b.text
			expected[name] = nil
			if b.language == "console" {
				commands = strings.Join(b.commands(), "\n")
				prints := b.prints()
				expected[name] = &prints
			}
			fmt.Fprintf(&s, "cd '%s'\nexec >'%s'\n%s\n", clone, filepath.Join(out, name), commands)
		}
	}
	return s.String(), expected
}

// runScript runs a page, and compares what it prints with what it says.
func runScript(t *testing.T, out, text string, expected map[string]*string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
	defer cancel()
	began := time.Now()
	shell := exec.CommandContext(ctx, "bash", "-c", text)
	var complaints bytes.Buffer
	shell.Stderr = &complaints
	err := shell.Run()
	t.Logf("%d blocks in %s", len(expected), time.Since(began).Round(time.Second))
	for name, want := range expected {
		printed, missing := os.ReadFile(filepath.Join(out, name))
		switch {
		case missing != nil:
			t.Errorf("%s was not reached", name)
		case err != nil:
			t.Logf("%s printed:\n%s", name, printed)
		case want != nil && same(*want) != same(string(printed)):
			t.Errorf("%s printed\n%s\nand the page says\n%s", name, printed, *want)
		}
		_ = os.Remove(filepath.Join(out, name))
	}
	if err != nil {
		t.Errorf("%v\n%s", err, complaints.String())
	}
}

// Ids, tokens and times differ from run to run, and so does white space.
var differing = regexp.MustCompile(`sandbox\.[A-Z0-9]+|"[A-Z0-9]{26}"|ttl=[0-9]+|"[0-9-]{10}T[0-9:.]{12}Z"|\s+`)

func same(printed string) string { return differing.ReplaceAllString(printed, "") }

// copyRepository copies what is, or would be, committed.
func copyRepository(t *testing.T, to string) {
	t.Helper()
	list := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = root
	names, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(names), "\x00"), "\x00") {
		from := filepath.Join(root, name)
		info, err := os.Stat(from)
		if os.IsNotExist(err) {
			continue // deleted, and not committed yet
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(to, name)), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, name), text, info.Mode().Perm()); err != nil {
			t.Fatal(err)
		}
	}
}

// startSandbox starts the server as the pages do, and waits until it is ready.
func startSandbox(t *testing.T, clone string) {
	t.Helper()
	for _, port := range []string{"8080", "9090", "9091"} {
		if conn, err := net.Dial("tcp", net.JoinHostPort("localhost", port)); err == nil {
			_ = conn.Close()
			t.Fatalf("port %s, which the pages name, is taken", port)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
	t.Cleanup(cancel)
	server := exec.Command("bash", "-c", "exec "+sandboxWithCache)
	server.Dir = clone
	server.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // go run has a child
	logs, err := os.Create(filepath.Join(filepath.Dir(clone), "sandbox.log"))
	if err != nil {
		t.Fatal(err)
	}
	server.Stderr = logs
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		ended <- server.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		_ = syscall.Kill(-server.Process.Pid, syscall.SIGTERM)
		for range ended { // it ends
		}
		_ = logs.Close()
		if text, err := os.ReadFile(logs.Name()); t.Failed() {
			t.Logf("the sandbox's log (%v):\n%s", err, text)
		}
	})
	for ready := false; !ready; {
		select {
		case err := <-ended:
			t.Fatalf("%s ended: %v", sandboxWithCache, err)
		case <-ctx.Done():
			t.Fatalf("%s is not ready", sandboxWithCache)
		case <-time.After(100 * time.Millisecond):
		}
		response, err := httpclient.Shared.Get("http://localhost:9091/readyz")
		if ready = err == nil && response.StatusCode == http.StatusOK; err == nil {
			_ = response.Body.Close()
		}
	}
}
