package main

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wingspan-grpc/session-facade/test/certstest"
)

// anyPorts keeps tests from one another's ports.
var anyPorts = []string{"--grpc-addr=127.0.0.1:0", "--http-addr=127.0.0.1:0", "--admin-addr=127.0.0.1:0"}

// checked runs the command with --check.
func checked(t *testing.T, env map[string]string, args ...string) (printed string, err error) {
	t.Helper()
	return runQuietly(t, env, append(append([]string{"--check"}, anyPorts...), args...)...)
}

// TestCheck_TellsOfAllThatItTries has a configuration with which all is well: files for
// both sides, and an upstream that wants a certificate and gets no request.
func TestCheck_TellsOfAllThatItTries(t *testing.T) {
	t.Parallel()
	authority, folder := certstest.NewAuthority(t), t.TempDir()
	pair := authority.Issue(t)
	cert := certstest.Write(t, filepath.Join(folder, "tls.crt"), pair.Cert)
	key := certstest.Write(t, filepath.Join(folder, "tls.key"), pair.Key)
	ca := certstest.Write(t, filepath.Join(folder, "ca.crt"), authority.PEM)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("there was a request") }))
	server.EnableHTTP2 = true
	server.TLS = &tls.Config{Certificates: []tls.Certificate{pair.TLS(t)}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: authority.Pool()}
	server.StartTLS()
	defer server.Close()
	printed, err := checked(t, map[string]string{"UPSTREAM_URL": server.URL, "TLS_CERT": cert}, "--tls-key="+key, "--tls-client-ca="+ca,
		"--upstream-cert="+cert, "--upstream-key="+key, "--upstream-ca="+ca, "--max-connections=64",
		"--upstream-read-rate=200", "--upstream-write-rate=101", "--session-cache-ttl=30s")
	if err != nil {
		t.Errorf("%v\n%s", err, printed)
	}
	for _, want := range []string{
		"ok       configuration: ", "settings given: 14,",
		"warning  TLS_CERT: its certificate chain expires on ", "ok       --tls-key: fits", "warning  --tls-client-ca: its last",
		"warning  --upstream-cert: ", "ok       --upstream-key: ", "warning  --upstream-ca: its last",
		"ok       UPSTREAM_URL: there is a connection", "ok       UPSTREAM_URL: the upstream speaks HTTP/2",
		"ok       --upstream-read-rate: 200 a second", "warning  --upstream-write-rate: 101 a second is more than the 100",
		"ok       --session-cache-ttl: sessions are kept for 30s", "ok       --admin-addr: ", "ok       --grpc-addr: ", "ok       --http-addr: ",
		"ok       --max-connections: ", "bodies, sessions and the program may take 476 MiB",
	} {
		if !strings.Contains(printed, want) {
			t.Errorf("no %q in\n%s", want, printed)
		}
	}
}

// TestCheck_FindsWhatIsWrong: each is told by its setting, all others are tried all the
// same, and the exit code is 1.
func TestCheck_FindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	garbage := filepath.Join(t.TempDir(), "garbage.pem")
	if err := os.WriteFile(garbage, []byte("hush"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"port":           {[]string{"--sandbox", "--http-addr=" + taken.Addr().String()}, "wrong    --http-addr: listen tcp " + taken.Addr().String()},
		"no upstream":    {[]string{"--upstream-url=http://" + nobody}, "wrong    --upstream-url: there is no connection"},
		"certificate":    {[]string{"--sandbox", "--tls-cert=" + garbage, "--tls-key=" + garbage}, "wrong    certificates: --tls-cert and --tls-key: "},
		"upstream files": {[]string{"--upstream-ca=" + garbage}, "wrong    certificates: --upstream-ca: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			printed, err := checked(t, nil, c.args...)
			if !errors.Is(err, errCheck) || exitCode(err) != 1 {
				t.Errorf("ended with %v", err)
			}
			if !strings.Contains(printed, c.want) || strings.Contains(printed, "hush") {
				t.Errorf("no %q in\n%s", c.want, printed)
			}
			if !strings.Contains(printed, "--admin-addr: can listen") || !strings.Contains(printed, "--max-memory-bytes") {
				t.Errorf("not all was tried:\n%s", printed)
			}
		})
	}
}

// TestCheck_OfAWrongCommandLine: its mistakes are told as they always are, all together.
func TestCheck_OfAWrongCommandLine(t *testing.T) {
	t.Parallel()
	printed, err := checked(t, nil, "--log-level=loud", "--upstream-ur=x")
	if exitCode(err) != 2 || printed != "" || !strings.Contains(err.Error(), "--log-level") || !strings.Contains(err.Error(), "--upstream-url") {
		t.Errorf("printed %q, ended with %v", printed, err)
	}
}

// TestCheck_WarnsOfAFormerName, which works for one release more.
func TestCheck_WarnsOfAFormerName(t *testing.T) {
	t.Parallel()
	printed, err := checked(t, map[string]string{"MAX_ANSWER_BYTES": "1000"}, "--sandbox")
	if err != nil || !strings.Contains(printed, "warning  MAX_ANSWER_BYTES: works for this release only. Its name is MAX_RESPONSE_BYTES") {
		t.Errorf("%v\n%s", err, printed)
	}
}

// TestCheckFiles compares the bound on connections with the limit on open files.
func TestCheckFiles(t *testing.T) {
	t.Parallel()
	for files, want := range map[uint64]string{
		1 << 20: "ok       --max-connections: the limit on open files (ulimit -n) allows 16384",
		20000:   "warning  --max-connections: is lowered from 16384 to ",
		700:     "wrong    --max-connections: 16384 connections need ",
	} {
		c, err := parse(nil, noEnv, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		if told := compareFiles(c, files).String(); !strings.Contains(told, want) || c.MaxConnections != 16384 {
			t.Errorf("%d: %s", files, told)
		}
	}
}

// nobody is where nothing listens, and no test begins to: it is not among the ports that the
// system gives.
const nobody = "127.0.0.1:1"
