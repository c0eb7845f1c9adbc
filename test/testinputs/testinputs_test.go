package testinputs

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const scratchTest = `package scratch

import "testing"

func TestScratch(t *testing.T) { Add(t, "command") }
`

// TestAdd_EndsTheCachedResult shows that Go runs a test anew when a file has changed
// that the test added, and only then.
func TestAdd_EndsTheCachedResult(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("testinputs.go")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	command := filepath.Join(folder, "command")
	if err := os.Mkdir(command, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"go.mod":          "module scratch\n\ngo 1.26\n",
		"testinputs.go":   strings.Replace(string(source), "package testinputs", "package scratch", 1),
		"scratch_test.go": scratchTest,
		"command/main.go": "package main\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	age(t, filepath.Join(command, "main.go"), time.Hour)
	runCached(t, folder, false)
	runCached(t, folder, true)
	age(t, filepath.Join(command, "main.go"), time.Minute)
	runCached(t, folder, false)
	if err := os.WriteFile(filepath.Join(command, "more.go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	runCached(t, folder, false)
}

// age makes a file look as old as that.
func age(t *testing.T, name string, old time.Duration) {
	t.Helper()
	then := time.Now().Add(-old)
	if err := os.Chtimes(name, then, then); err != nil {
		t.Fatal(err)
	}
}

func runCached(t *testing.T, folder string, want bool) {
	t.Helper()
	test := exec.CommandContext(t.Context(), "go", "test", ".")
	test.Dir = folder
	test.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	output, err := test.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	if cached := strings.Contains(string(output), "(cached)"); cached != want {
		t.Errorf("cached %t, want %t: %s", cached, want, output)
	}
}
