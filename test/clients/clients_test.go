// Package clients runs clients in other languages against the facade.
package clients

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/wingspan-grpc/session-facade/test/contract"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
	"github.com/wingspan-grpc/session-facade/test/testinputs"
)

const typeScriptDir = "typescript"

// TestTypeScript runs the vendor's TypeScript SDK, as it is published, straight
// to an upstream and through the facade: it must not notice. SEED makes other
// cases, CASES sets how many are random.
func TestTypeScript(t *testing.T) {
	t.Parallel()
	testinputs.Add(t, typeScriptDir)
	_, _ = os.Getenv("SEED"), os.Getenv("CASES")
	installTypeScript(t, typeScriptDir)
	program := exec.CommandContext(t.Context(), "node", "main.mjs")
	program.Dir = typeScriptDir
	var complaints bytes.Buffer
	program.Stderr = &complaints
	in, err := program.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := program.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	// The program is the upstream: its first line is its URL, and it waits for
	// that of a facade in front of it.
	lines := bufio.NewReader(out)
	upstreamURL, err := lines.ReadString('\n')
	if err == nil {
		facade := facadetest.Start(t, strings.TrimSpace(upstreamURL), facadetest.Config{})
		_, err = fmt.Fprintln(in, facade.REST)
	}
	if err != nil {
		t.Error(err)
	}
	_ = in.Close()
	report, err := io.ReadAll(lines)
	if err != nil {
		t.Error(err)
	}
	err = program.Wait() // complaints are complete only after it
	t.Logf("%s%s", report, complaints.Bytes())
	if err != nil {
		t.Fatalf("the SDK noticed a difference: %v", err)
	}
	// The program looks for operations of the SDK that it does not try; one that the SDK
	// does not know yet cannot be.
	tested := regexp.MustCompile(`(?m)^(\w+): \d+ cases, ok`).FindAllSubmatch(report, -1)
	for _, line := range tested {
		if name := string(line[1]); !slices.ContainsFunc(contract.Operations, func(o contract.Operation) bool { return o.Name == name }) {
			t.Errorf("%s is no operation of %s", name, contract.Where)
		}
	}
	if len(tested) == 0 {
		t.Error("no operation was tested")
	}
}

// installing keeps tests that use the same folder from installing at a time.
var installing sync.Mutex

// installTypeScript installs what a folder's package-lock.json names, unless it is
// there.
func installTypeScript(t *testing.T, dir string) {
	t.Helper()
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			unavailable(t, tool+" IS NOT INSTALLED")
		}
	}
	installing.Lock()
	defer installing.Unlock()
	lock, err := os.ReadFile(filepath.Join(dir, "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	lock = append(lock, stubs(t)...) // an example installs a copy of them
	// npm removes the directory before it installs, and this file with it.
	marker := filepath.Join(dir, "node_modules", ".installed-lock.json")
	if installed, err := os.ReadFile(marker); err == nil && bytes.Equal(installed, lock) {
		return
	}
	install := exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	install.Dir = dir
	if output, err := install.CombinedOutput(); err != nil {
		t.Logf("%s", output)
		unavailable(t, fmt.Sprintf("npm ci FAILED (%v)", err))
	}
	if err := os.WriteFile(marker, lock, 0o600); err != nil {
		t.Fatal(err)
	}
}

// stubs are the types of our own package.
func stubs(t *testing.T) []byte {
	t.Helper()
	names, err := filepath.Glob("../../gen/ts/connect/wingspan/users/v1/*.d.ts")
	if err != nil || len(names) == 0 {
		t.Fatalf("no stubs: %v", err)
	}
	var all []byte
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text...)
	}
	return all
}

// unavailable skips the test for want of a tool; where CI runs it, it must be there.
func unavailable(t *testing.T, why string) {
	t.Helper()
	message := "A CLIENT WAS NOT TESTED: " + why
	if os.Getenv("CI") == "true" {
		t.Fatal(message)
	}
	t.Skip(message)
}
