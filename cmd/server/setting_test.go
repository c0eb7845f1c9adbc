package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// wrong is a value that a setting refuses, and what else has to be given.
type wrong struct {
	value  string
	others []string
	atWork bool // is only found where the server starts
}

// wrongValues has one for each setting.
func wrongValues(t *testing.T) map[string]wrong {
	t.Helper()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	port := wrong{value: taken.Addr().String(), atWork: true}
	garbage := filepath.Join(t.TempDir(), "garbage.pem")
	if err := os.WriteFile(garbage, []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(strings.Repeat("s", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	redis := []string{"--session-cache-ttl=30s", "--session-cache-redis=rediss://127.0.0.1:1", "--session-cache-secret-file=" + secret}
	bit, number, time, share := wrong{value: "maybe"}, wrong{value: "0"}, wrong{value: "-1s"}, wrong{value: "2"}
	return map[string]wrong{
		"grpc-addr": port, "http-addr": port, "admin-addr": port,
		"pprof": bit, "upstream-insecure": bit, "upstream-http1-reuse": bit, "docs": bit,
		"sandbox": bit, "print-config": bit, "check": bit, "version": bit,
		"upstream-url":     {value: "ftp://u:hush@api.example.com"},
		"upstream-ca":      {value: garbage, atWork: true},
		"sandbox-file":     {value: garbage, others: []string{"--sandbox"}, atWork: true},
		"upstream-cert":    {value: garbage, others: []string{"--upstream-key=" + garbage}, atWork: true},
		"upstream-key":     {value: "nowhere.key"},
		"tls-cert":         {value: "nowhere.pem", others: []string{"--tls-key=" + garbage}, atWork: true},
		"tls-key":          {value: "nowhere.key", others: []string{"--tls-cert=" + garbage}, atWork: true},
		"tls-client-ca":    {value: garbage},
		"upstream-timeout": time, "upstream-max-connection-age": time, "upstream-idle-timeout": time,
		"http-idle-timeout": time, "session-cache-ttl": {value: "500ms"}, "session-cache-entries": number, "session-cache-stale": time, "max-connection-age": time, "shutdown-delay": time, "shutdown-timeout": time,
		"upstream-max-connections": number, "max-attempts": number, "max-in-flight": number,
		"max-request-bytes": number, "max-memory-bytes": {value: "1000"}, "max-response-bytes": number, "max-error-bytes": number,
		"max-connections": number, "max-streams-per-connection": number,
		"retry-budget": share, "breaker-rate": share,
		"upstream-read-rate": {value: "-1"}, "upstream-write-rate": {value: "NaN"},
		"replicas":                      {value: "257"},
		"session-cache-redis":           {value: "redis://u:hush@redis.example.com", others: []string{redis[0], redis[2]}},
		"session-cache-secret-file":     {value: garbage, others: redis[:2], atWork: true},
		"session-cache-redis-ca-file":   {value: garbage, others: redis, atWork: true},
		"session-cache-redis-cert-file": {value: garbage, others: append(redis, "--session-cache-redis-key-file="+garbage), atWork: true},
		"session-cache-redis-key-file":  {value: "nowhere.key", others: redis},
		"cors-origins":                  {value: "https://*.example.com"}, "log-level": {value: "loud"}, "log-format": {value: "xml"},
	}
}

// refusal runs the command, which is to refuse.
func refusal(t *testing.T, env map[string]string, args ...string) string {
	t.Helper()
	_, err := runQuietly(t, env, args...)
	if err == nil {
		t.Fatal("started")
	}
	if strings.Contains(err.Error(), "hush") {
		t.Errorf("a password is told: %v", err)
	}
	return err.Error()
}

// TestMistake_NamesTheFlagOrTheVariable shows of every setting that its mistake is told
// by the name of the flag, if that was given, else by that of the variable.
func TestMistake_NamesTheFlagOrTheVariable(t *testing.T) {
	t.Parallel()
	values := wrongValues(t)
	for _, s := range new(config).settings() {
		w, known := values[s.name]
		if !known {
			t.Errorf("--%s: no wrong value is known here", s.name)
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			args := w.others
			if w.atWork {
				args = append([]string{"--sandbox"}, args...)
			}
			for _, port := range []string{"grpc-addr", "http-addr", "admin-addr"} {
				if port != s.name {
					args = append(args, "--"+port+"=127.0.0.1:0")
				}
			}
			flag, name := "--"+s.name, s.environment()
			if told := refusal(t, map[string]string{name: "1s"}, append(args, flag+"="+w.value)...); !strings.Contains(told, flag) {
				t.Errorf("by flag: %s", told)
			}
			if name == "" {
				return
			}
			if told := refusal(t, map[string]string{name: w.value}, args...); !strings.Contains(told, name) || strings.Contains(told, flag) {
				t.Errorf("by %s: %s", name, told)
			}
		})
	}
}

// TestBrokenFiles_AreOfTheSettingsThatNameThem: of the settings of a port, those are named
// whose files are at fault.
func TestBrokenFiles_AreOfTheSettingsThatNameThem(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for _, name := range []string{"a.pem", "a.key"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("garbage"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env := func(cert, key string) map[string]string {
		return map[string]string{"TLS_CERT": filepath.Join(folder, cert), "TLS_KEY": filepath.Join(folder, key)}
	}
	for want, given := range map[string]map[string]string{
		"TLS_CERT: open ":        env("nowhere.pem", "a.key"),
		"TLS_KEY: open ":         env("a.pem", "nowhere.key"),
		"TLS_CERT and TLS_KEY: ": env("a.pem", "a.key"),
	} {
		told := refusal(t, given, "--sandbox", "--grpc-addr=127.0.0.1:0", "--http-addr=127.0.0.1:0", "--admin-addr=127.0.0.1:0")
		if !strings.HasPrefix(told, want) {
			t.Errorf("got %q, want %q", told, want)
		}
	}
}

// TestExitCode: what was given wrongly is 2, what fails is 1.
func TestExitCode(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]int{
		"--nope": 2, "serve": 2, "--log-level=loud": 2, "--tls-cert=a": 2,
		"--sandbox --admin-addr=256.0.0.1:1":                           1,
		"--sandbox --tls-cert=/nowhere/a.pem --tls-key=/nowhere/a.key": 1,
	} {
		_, err := runQuietly(t, nil, strings.Fields(args)...)
		if code := exitCode(err); err == nil || code != want {
			t.Errorf("%s: %d, want %d: %v", args, code, want, err)
		}
	}
}

// TestUnknownFlag_NamesTheNearest shows what is asked, and where nothing is near.
func TestUnknownFlag_NamesTheNearest(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"--gprc-addr=:1": "--grpc-addr", "--upstream_url=https://u:hush@a": "--upstream-url", "-sandbx": "--sandbox",
		"max-in-flght=3": "--max-in-flight", "--max-answer-byte=1": "--max-response-bytes", "--tls-crt=a": "--tls-cert",
		"--upstream-ur=a": "--upstream-ur is no flag; did you mean --upstream-url? see --help", "--HTTP-ADDR=a": "--http-addr", "help": "--help",
		"--idle-timeout=1s": "--upstream-idle-timeout or --http-idle-timeout?", "--upstream=a": "", "--cors=a": "--cors-origins?", "check": "--check?",
		"--nope": "", "x": "", "--zzzzzzzzzzzz": "", "--=": "",
	} {
		told := refusal(t, nil, given)
		if want == "" && strings.Contains(told, "did you mean") || !strings.Contains(told, want) {
			t.Errorf("%s: %s", given, told)
		}
	}
}

// TestUnknownFlag_IsToldInShort: what is longer than any name is cut off, and not compared.
func TestUnknownFlag_IsToldInShort(t *testing.T) {
	t.Parallel()
	long := "grpc-addr" + strings.Repeat("a", 1<<20)
	for _, given := range []string{"--" + long, long, "---" + long} {
		if told := refusal(t, nil, given); len(told) > 150 || strings.Contains(told, "did you mean") {
			t.Errorf("%d bytes: %.200s", len(told), told)
		}
	}
}

// TestFlagWithoutItsValue_IsTold by its name.
func TestFlagWithoutItsValue_IsTold(t *testing.T) {
	t.Parallel()
	if told := refusal(t, nil, "--grpc-addr"); told != "--grpc-addr needs a value; see --help" {
		t.Error(told)
	}
}

// TestRenamed_WorksWithAWarning shows of each former name, as a flag and as a variable,
// that it does what the present one does, and that the log says so.
func TestRenamed_WorksWithAWarning(t *testing.T) {
	t.Parallel()
	known := map[string]string{"max-response-bytes": "1000", "upstream-max-connection-age": "7m"}
	for now, former := range renamed {
		value := known[now]
		for _, c := range []struct {
			env       map[string]string
			args      []string
			old, want string // in the log
		}{
			{nil, []string{"--" + former + "=" + value}, "--" + former, "--" + now},
			{map[string]string{variable(former): value}, nil, variable(former), variable(now)},
			{map[string]string{variable(former): "nonsense", variable(now): value}, nil, "", ""},
			{map[string]string{variable(former): "nonsense"}, []string{"--" + now + "=" + value}, "", ""},
		} {
			env := func(name string) (string, bool) { text, ok := c.env[name]; return text, ok }
			parsed, err := parse(c.args, env, io.Discard)
			if err != nil {
				t.Errorf("%v %v: %v", c.env, c.args, err)
				continue
			}
			var printed, logged bytes.Buffer
			parsed.print(&printed)
			if !strings.Contains(printed.String(), "--"+now+"="+value+"\n") || strings.Contains(printed.String(), former) {
				t.Errorf("%v %v: in force is\n%s", c.env, c.args, printed.String())
			}
			logs := newLog(parsed, &logged)
			parsed.warnOfRenamed(slog.New(logs))
			logs.Close(logTimeout)
			var line struct{ Level, Former, Now string }
			if _ = json.Unmarshal(logged.Bytes(), &line); line.Former != c.old || line.Now != c.want || (c.old != "" && line.Level != "WARN") {
				t.Errorf("%v %v: logged %q", c.env, c.args, logged.String())
			}
		}
		if _, err := parse([]string{"--" + former + "=nonsense"}, noEnv, io.Discard); err == nil || !strings.HasPrefix(err.Error(), "--"+former+": ") {
			t.Errorf("--%s: %v", former, err)
		}
		if help, err := runQuietly(t, nil, "--help"); err != nil || strings.Contains(help, former) {
			t.Errorf("--help tells of --%s: %v", former, err)
		}
	}
}

// TestRenamed_IsToldAtTheStart shows that the running command warns.
func TestRenamed_IsToldAtTheStart(t *testing.T) {
	t.Parallel()
	logs, stderr := io.Pipe()
	args := []string{"--sandbox", "--grpc-addr=127.0.0.1:0", "--http-addr=127.0.0.1:0", "--admin-addr=127.0.0.1:0", "--max-answer-bytes=1000"}
	go func() { _ = stderr.CloseWithError(run(t.Context(), args, noEnv, io.Discard, stderr)) }()
	lines := bufio.NewScanner(logs)
	if !lines.Scan() || !strings.Contains(lines.Text(), "--max-response-bytes") {
		t.Errorf("the first line is %q", lines.Text())
	}
	go func() { _, _ = io.Copy(io.Discard, logs) }()
}
