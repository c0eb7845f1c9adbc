package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

// secretFile writes a file of secrets, and returns its name.
func secretFile(t *testing.T, text string, mode os.FileMode) string {
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

// Secrets of tests.
var (
	current = "hush-current-" + strings.Repeat("x", 19)
	former  = "hush-former-" + strings.Repeat("y", 40)
)

// TestSecrets_AreTheLinesOfAFile, however it ends them, and blank ones are none.
func TestSecrets_AreTheLinesOfAFile(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		current: current, current + "\n": current, current + "\r\n": current, "\n\r\n" + current + "\n\n": current,
		current + "\n" + former: current + "|" + former, current + "\r\n\r\n" + former + "\r\n": current + "|" + former,
		strings.Repeat("z", maxSecretFile): strings.Repeat("z", maxSecretFile),
	} {
		for _, mode := range []os.FileMode{0o600, 0o400, 0o440, 0o640} {
			secrets, err := readSecrets(secretFile(t, text, mode))
			if got := string(bytes.Join(secrets, []byte("|"))); err != nil || got != want {
				t.Errorf("%q: %q, %v", text, got, err)
			}
			forget(secrets)
			if left := bytes.Join(secrets, nil); bytes.Trim(left, "\x00") != nil && len(bytes.Trim(left, "\x00")) > 0 {
				t.Errorf("%q is left", left)
			}
		}
	}
}

// TestSecrets_AreReadAsKubernetesMountsThem: behind two links.
func TestSecrets_AreReadAsKubernetesMountsThem(t *testing.T) {
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
	if secrets, err := readSecrets(filepath.Join(folder, "secret")); err != nil || len(secrets) != 1 || string(secrets[0]) != current {
		t.Errorf("%d, %v", len(secrets), err)
	}
}

// TestSecrets_AreRefused in one line, which has none of them, and at once.
func TestSecrets_AreRefused(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, c := range map[string]struct{ file, want string }{
		"nowhere":          {filepath.Join(folder, "nowhere"), "no such file"},
		"a folder":         {folder, "is no file"},
		"a device":         {os.DevNull, "is no file"},
		"empty":            {secretFile(t, "\n\r\n", 0o600), "is empty"},
		"short":            {secretFile(t, current[:31]+"\n", 0o600), "shorter than 32 bytes"},
		"the second short": {secretFile(t, current+"\nhush", 0o600), "shorter than 32 bytes"},
		"three":            {secretFile(t, current+"\n"+former+"\n"+former, 0o600), "more than 2 secrets"},
		"large":            {secretFile(t, strings.Repeat("hush", 1025), 0o600), "larger than 4096 bytes"},
		"for all to read":  {secretFile(t, current, 0o644), "chmod o="},
		"for all to write": {secretFile(t, current, 0o602), "chmod o="},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			told := refusal(t, map[string]string{"SESSION_CACHE_REDIS": "redis://:hush@127.0.0.1:1"}, append(anyPorts,
				"--sandbox", "--session-cache-ttl=30s", "--session-cache-secret-file="+c.file)...)
			if !strings.Contains(told, c.want) || strings.Contains(told, "\n") || !strings.HasPrefix(told, "--session-cache-secret-file: ") {
				t.Errorf("told %q", told)
			}
		})
	}
}

// TestReplicas_AreRefused: what does not go together, a line each, without the password.
func TestReplicas_AreRefused(t *testing.T) {
	t.Parallel()
	secret := "--session-cache-secret-file=" + secretFile(t, current, 0o600)
	const ttl, local = "--session-cache-ttl=30s", "redis://:hush@127.0.0.1:1"
	for name, c := range map[string]struct {
		url  string // of the environment
		args []string
		want string
	}{
		"no TTL":                    {local, []string{secret}, "SESSION_CACHE_REDIS needs --session-cache-ttl: "},
		"no secret":                 {local, []string{ttl}, "SESSION_CACHE_REDIS needs --session-cache-secret-file, "},
		"no server":                 {"", []string{ttl, secret}, "--session-cache-secret-file needs --session-cache-redis: "},
		"in the clear":              {"redis://:hush@redis.example.com", []string{ttl, secret}, "SESSION_CACHE_REDIS: a password would be sent in the clear"},
		"in the clear, by address":  {"redis://u:hush@192.0.2.1:6379", []string{ttl, secret}, "SESSION_CACHE_REDIS: a password would be sent in the clear"},
		"for all to see":            {"", []string{ttl, secret, "--session-cache-redis=rediss://u:hush@redis.example.com"}, "--session-cache-redis: a user or a password would be seen"},
		"no user":                   {"", []string{ttl, secret, "--session-cache-redis=rediss://hush@redis.example.com"}, "--session-cache-redis: a user or a password would be seen"},
		"another scheme":            {"http://u:hush@redis.example.com", []string{ttl, secret}, "SESSION_CACHE_REDIS: it must begin with"},
		"no URL":                    {"redis://u:hush%zz@127.0.0.1", []string{ttl, secret}, "SESSION_CACHE_REDIS: it is no URL"},
		"a query":                   {"redis://127.0.0.1/?password=hush", []string{ttl, secret}, "SESSION_CACHE_REDIS: after the host"},
		"a password with a slash":   {"redis://u:12/hush@127.0.0.1", []string{ttl, secret}, "SESSION_CACHE_REDIS: after the host"},
		"a password with a hash":    {"redis://u:12#hush@127.0.0.1", []string{ttl, secret}, "SESSION_CACHE_REDIS: after the host"},
		"a CA in the clear":         {local, []string{ttl, secret, "--session-cache-redis-ca-file=x"}, "--session-cache-redis-ca-file needs a --session-cache-redis that begins with rediss://"},
		"a certificate, no server":  {"", []string{ttl, "--session-cache-redis-cert-file=x", "--session-cache-redis-key-file=y"}, "--session-cache-redis-key-file needs a"},
		"a certificate without key": {"rediss://127.0.0.1:1", []string{ttl, secret, "--session-cache-redis-cert-file=x"}, "--session-cache-redis-cert-file and --session-cache-redis-key-file go together"},
		"a password as a flag":      {"", []string{"redis://u:hush@127.0.0.1"}, "unexpected argument: a URL"},
		"a misspelt flag":           {"", []string{"--session-cache-redi=redis://u:hush@127.0.0.1"}, "did you mean --session-cache-redis?"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			told := refusal(t, map[string]string{"SESSION_CACHE_REDIS": c.url}, c.args...)
			if !strings.Contains(told, c.want) {
				t.Errorf("no %q in %q", c.want, told)
			}
		})
	}
}

// TestReplicas_ThePasswordIsNeverShown where the configuration is in force.
func TestReplicas_ThePasswordIsNeverShown(t *testing.T) {
	t.Parallel()
	env := map[string]string{"SESSION_CACHE_REDIS": "rediss://hush-user:hush@redis.example.com:7000/2"}
	args := []string{"--session-cache-ttl=30s", "--session-cache-secret-file=" + secretFile(t, current, 0o600)}
	c, err := parse(args, func(name string) (string, bool) { text, ok := env[name]; return text, ok }, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	var printed, logged bytes.Buffer
	c.print(&printed)
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("", "config", slog.GroupValue(c.attrs()...))
	for _, s := range c.effective {
		printed.WriteString(s.String())
	}
	if !strings.Contains(printed.String(), "--session-cache-redis=rediss://xxxxx@redis.example.com:7000/2\n") ||
		strings.Contains(printed.String()+logged.String(), "hush") {
		t.Errorf("printed\n%s\nlogged %s", printed.String(), logged.String())
	}
	for _, action := range []string{"--help", "--print-config", "--version"} {
		shown, err := runQuietly(t, env, append(args, action)...)
		if err != nil || strings.Contains(shown, "hush") {
			t.Errorf("%s: %v\n%s", action, err, shown)
		}
	}
}

// TestServing_WithoutTheOtherReplicas: who cannot reach them is ready in a while, and says so.
func TestServing_WithoutTheOtherReplicas(t *testing.T) {
	t.Parallel()
	env := map[string]string{"SESSION_CACHE_REDIS": "redis://:hush@" + closedPort(t)}
	args := append([]string{"--sandbox", "--session-cache-ttl=30s", "--session-cache-secret-file=" + secretFile(t, current, 0o600)}, anyPorts...)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	began, ended, logs := time.Now(), make(chan error, 1), &facadetest.Log{}
	go func() {
		ended <- run(ctx, args, func(name string) (string, bool) { text, ok := env[name]; return text, ok }, io.Discard, logs)
	}()
	logs.Await(t, "serving without the other replicas")
	logs.Await(t, `"msg":"serving"`)
	if took := time.Since(began); took < joinTimeout {
		t.Errorf("ready after %v", took)
	}
	stop()
	if err := <-ended; err != nil || strings.Contains(logs.String(), "hush") {
		t.Errorf("ended with %v, logged\n%s", err, logs)
	}
}
