//go:build unix

package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/wingspan-grpc/session-facade/test/certstest"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
	"github.com/wingspan-grpc/session-facade/test/redistest"
)

// rights are the user's that docs/SESSIONS.md asks for.
func rights(t *testing.T) []string {
	t.Helper()
	page, err := os.ReadFile("../../docs/SESSIONS.md")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?s)ACL SETUSER facade (.*?)\n\x60\x60\x60`).FindSubmatch(page)
	if found == nil {
		t.Fatal("docs/SESSIONS.md has no ACL SETUSER")
	}
	return strings.Fields(strings.ReplaceAll(string(found[1]), "\\\n", " "))
}

// withRights are the arguments of a server whose user has those rights, but for some.
func withRights(t *testing.T, without ...string) []string {
	t.Helper()
	args := []string{"--user", "facade"}
	for _, right := range rights(t) {
		if right = strings.Replace(right, ">PASSWORD", ">hush", 1); !slices.Contains(without, right) {
			args = append(args, right)
		}
	}
	return args
}

// TestCheck_OfTheServerThatReplicasShare finds what is wrong with a real one, and says what to
// do.
func TestCheck_OfTheServerThatReplicasShare(t *testing.T) {
	t.Parallel()
	authority, folder := certstest.NewAuthority(t), t.TempDir()
	pair := authority.Issue(t)
	file := func(name string, text []byte) string { return certstest.Write(t, filepath.Join(folder, name), text) }
	ca, cert, key := file("ca.crt", authority.PEM), file("tls.crt", pair.Cert), file("tls.key", pair.Key)
	other := file("other.crt", certstest.NewAuthority(t).PEM)
	secret := secretFile(t, current+"\n"+former)
	plain := redistest.Start(t, "--requirepass", "hush")
	evicting := redistest.Start(t, "--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru")
	least := redistest.Start(t, withRights(t)...)
	unable := redistest.Start(t, withRights(t, "+zadd")...)
	deaf := redistest.Start(t, withRights(t, "+client|tracking")...)
	secure := redistest.Start(t, "--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", ca)
	const right = " runs what replicas share"
	for name, c := range map[string]struct {
		url  string
		args []string
		want string
	}{
		"well":                    {"redis://:hush@" + plain.Addr, nil, right},
		"two secrets":             {"redis://:hush@" + plain.Addr, nil, "--session-cache-secret-file: has two secrets"},
		"evicting":                {"redis://" + evicting.Addr, nil, "warning  SESSION_CACHE_REDIS: when its memory is full it drops what is shared (maxmemory-policy allkeys-lru)"},
		"no more rights":          {"redis://facade:hush@" + least.Addr, nil, right},
		"too few rights":          {"redis://facade:hush@" + unable.Addr, nil, "Give the user the rights that docs/SESSIONS.md lists"},
		"not to be told":          {"redis://facade:hush@" + deaf.Addr, nil, "Give the user the rights that docs/SESSIONS.md lists"},
		"no password":             {"redis://" + plain.Addr, nil, "The server needs a password, of SESSION_CACHE_REDIS"},
		"another password":        {"redis://:hush-hush@" + plain.Addr, nil, "Correct the user or the password"},
		"another user":            {"redis://u:hush@" + plain.Addr, nil, "Correct the user or the password"},
		"nobody there":            {"redis://:hush@" + nobody, nil, "Correct the address, or start the server"},
		"TLS where there is none": {"rediss://:hush@" + plain.Addr, nil, "does not reply in time. It may speak no TLS"},
		"with TLS":                {"rediss://" + secure.Addr, []string{"--session-cache-redis-ca-file=" + ca, "--session-cache-redis-cert-file=" + cert, "--session-cache-redis-key-file=" + key}, right},
		"without TLS":             {"redis://" + secure.Addr, nil, "it may speak TLS (rediss://)"},
		"another CA":              {"rediss://" + secure.Addr, []string{"--session-cache-redis-ca-file=" + other}, "Name the CA of its certificate with --session-cache-redis-ca-file"},
		"no certificate":          {"rediss://" + secure.Addr, []string{"--session-cache-redis-ca-file=" + ca}, "demand a client certificate"},
		"garbage of certificates": {"rediss://" + secure.Addr, []string{"--session-cache-redis-ca-file=" + secret}, "wrong    certificates: --session-cache-redis-ca-file"},
		"no secret":               {"redis://:hush@" + plain.Addr, []string{"--session-cache-secret-file=" + ca}, "wrong    --session-cache-secret-file: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			printed, err := checked(t, map[string]string{"SESSION_CACHE_REDIS": c.url, "SESSION_CACHE_SECRET_FILE": secret},
				append([]string{"--sandbox", "--session-cache-ttl=30s"}, c.args...)...)
			if strings.Contains(strings.ReplaceAll(printed, folder, ""), "hush") {
				t.Errorf("a secret is printed:\n%s", printed)
			}
			if c.want == right && strings.Contains(printed, "warning  SESSION_CACHE_REDIS") {
				t.Errorf("something is not as it should be:\n%s", printed)
			}
			for line := range strings.Lines(printed) {
				if strings.Contains(line, strings.TrimPrefix(c.want, "--session-cache-secret-file: ")) {
					if wrong := strings.HasPrefix(line, "wrong "); wrong != errors.Is(err, errCheck) {
						t.Errorf("ended with %v:\n%s", err, printed)
					}
					return
				}
			}
			t.Errorf("no %q in\n%s", c.want, printed)
		})
	}
}

// TestServing_WithOtherReplicas: the command joins them before it is ready, serves, and leaves
// them when it ends.
func TestServing_WithOtherReplicas(t *testing.T) {
	t.Parallel()
	at := redistest.Start(t, "--requirepass", "hush")
	env := map[string]string{"SESSION_CACHE_REDIS": "redis://:hush@" + at.Addr}
	args := append([]string{"--sandbox", "--session-cache-ttl=30s", "--upstream-read-rate=100", "--session-cache-secret-file=" + secretFile(t, current)}, anyPorts...)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended, logs := make(chan error, 1), &facadetest.Log{}
	go func() {
		ended <- run(ctx, args, func(name string) (string, bool) { text, ok := env[name]; return text, ok }, io.Discard, logs)
	}()
	logs.Await(t, `"msg":"serving"`)
	if text := logs.String(); !strings.Contains(text, "other replicas can be reached") || strings.Contains(text, "serving without") {
		t.Errorf("it has not joined:\n%s", text)
	}
	known := func() string {
		keys, err := at.Command(t.Context(), "-a", "hush", "--no-auth-warning", "EVAL",
			"local n = 0 for _, k in ipairs(redis.call('KEYS', '*:replicas')) do for _, f in ipairs(redis.call('HKEYS', k)) do if f:sub(1, 1) == 'r' then n = n + 1 end end end return n", "0")
		if err != nil {
			t.Fatal(err)
		}
		return keys
	}
	if n := known(); n != "1" {
		t.Errorf("%s replicas are known", n)
	}
	stop()
	if err := <-ended; err != nil || strings.Contains(logs.String(), "hush") {
		t.Errorf("ended with %v, logged\n%s", err, logs)
	}
	if n := known(); n != "0" {
		t.Errorf("%s replicas are known after the end", n)
	}
}
