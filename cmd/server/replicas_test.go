package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wingspan-grpc/session-facade/test/certstest"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

// secretFile writes a file of secrets, and returns its name.
func secretFile(t *testing.T, text string) string {
	t.Helper()
	return certstest.Write(t, filepath.Join(t.TempDir(), "secret"), []byte(text))
}

// Secrets of tests.
var (
	current = "hush-current-" + strings.Repeat("x", 19)
	former  = "hush-former-" + strings.Repeat("y", 40)
)

// TestSecrets_AreRefused in one line, which names the setting and has nothing of the file.
func TestSecrets_AreRefused(t *testing.T) {
	t.Parallel()
	told := refusal(t, map[string]string{"SESSION_CACHE_REDIS": "redis://:hush@127.0.0.1:1"}, append(anyPorts,
		"--sandbox", "--session-cache-ttl=30s", "--session-cache-secret-file="+secretFile(t, current+"\nhush"))...)
	if !strings.HasPrefix(told, "--session-cache-secret-file: ") || !strings.Contains(told, "shorter than") || strings.Contains(told, "\n") || strings.Contains(told, "hush") {
		t.Errorf("told %q", told)
	}
}

// TestReplicas_AreRefused: what does not go together, a line each, without the password.
func TestReplicas_AreRefused(t *testing.T) {
	t.Parallel()
	secret := "--session-cache-secret-file=" + secretFile(t, current)
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
	args := []string{"--session-cache-ttl=30s", "--session-cache-secret-file=" + secretFile(t, current)}
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
	env := map[string]string{"SESSION_CACHE_REDIS": "redis://:hush@" + nobody}
	args := append([]string{"--sandbox", "--session-cache-ttl=30s", "--session-cache-secret-file=" + secretFile(t, current)}, anyPorts...)
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
