//go:build unix

package secretfile

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// file writes a file of secrets, and returns its name.
func file(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(name, mode); err != nil { // whatever the umask is
		t.Fatal(err)
	}
	return name
}

func pipe(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// Secrets of tests.
var (
	current = "hush-current-" + strings.Repeat("x", 19)
	former  = "hush-former-" + strings.Repeat("y", 40)
)

// TestRead has the lines of a file, however it ends them, and Clear leaves nothing of them.
func TestRead(t *testing.T) {
	t.Parallel()
	longest := strings.Repeat("z", maxFileBytes)
	for text, want := range map[string]string{
		current: current, current + "\n": current, current + "\r\n": current, "\n\r\n" + current + "\n\n": current,
		current + "\n" + former: current + "|" + former, current + "\r\n\r\n" + former + "\r\n": current + "|" + former,
		longest: longest,
	} {
		for _, mode := range []os.FileMode{0o600, 0o400, 0o440, 0o640} {
			secrets, err := Read(file(t, text, mode))
			if got := string(bytes.Join(secrets, []byte("|"))); err != nil || got != want {
				t.Errorf("%q: %q, %v", text, got, err)
			}
			Clear(secrets)
			if left := bytes.Trim(bytes.Join(secrets, nil), "\x00"); len(left) > 0 {
				t.Errorf("%q is left", left)
			}
		}
	}
}

// TestRead_AsKubernetesMountsIt: behind two links.
func TestRead_AsKubernetesMountsIt(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "..2026"), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "..2026", "secret"), []byte(current+"\n"), 0o440); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"..data": "..2026", "secret": "..data/secret"} {
		if err := os.Symlink(to, filepath.Join(folder, link)); err != nil {
			t.Fatal(err)
		}
	}
	if secrets, err := Read(filepath.Join(folder, "secret")); err != nil || len(secrets) != 1 || string(secrets[0]) != current {
		t.Errorf("%d, %v", len(secrets), err)
	}
}

// TestRead_Refuses in one line, which has nothing of the file, and at once.
func TestRead_Refuses(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, c := range map[string]struct{ file, want string }{
		"nowhere":          {filepath.Join(folder, "nowhere"), "no such file"},
		"a folder":         {folder, "is no file"},
		"a device":         {os.DevNull, "is no file"},
		"a pipe":           {pipe(t), "is no file"}, // it has no end until somebody writes to it
		"empty":            {file(t, "\n\r\n", 0o600), "is empty"},
		"short":            {file(t, current[:31]+"\n", 0o600), "shorter than 32 bytes"},
		"the second short": {file(t, current+"\nhush", 0o600), "shorter than 32 bytes"},
		"three":            {file(t, current+"\n"+former+"\n"+former, 0o600), "more than 2 secrets"},
		"large":            {file(t, strings.Repeat("hush", 1025), 0o600), "larger than 4096 bytes"},
		"for all to read":  {file(t, current, 0o644), "chmod o="},
		"for all to write": {file(t, current, 0o602), "chmod o="},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			secrets, err := Read(c.file)
			if err == nil || secrets != nil {
				t.Fatalf("read %d secrets: %v", len(secrets), err)
			}
			if told := strings.ReplaceAll(err.Error(), c.file, "FILE"); !strings.Contains(told, c.want) || !strings.Contains(told, "FILE") ||
				strings.Contains(told, "\n") || strings.Contains(told, "hush") {
				t.Errorf("told %q", told)
			}
		})
	}
}
