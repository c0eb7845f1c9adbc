package edge

import (
	"crypto/tls"
	"math/big"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/wingspan-grpc/session-facade/test/certstest"
)

// secured is a sandbox that speaks TLS.
type secured struct {
	*process
	authority *certstest.Authority
	cert, key string
	client    *tls.Config
}

// startTLS starts a server, a sandbox unless told otherwise, with a certificate; with mutual, clients need one of
// the same authority.
func startTLS(t *testing.T, mutual bool, args ...string) *secured {
	t.Helper()
	dir := t.TempDir()
	s := &secured{authority: certstest.NewAuthority(t)}
	s.cert, s.key = filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	s.renew(t)
	s.client = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: s.authority.Pool()}
	if len(args) == 0 {
		args = []string{"--sandbox"}
	}
	args = append(args, "--tls-cert="+s.cert, "--tls-key="+s.key)
	if mutual {
		args = append(args, "--tls-client-ca="+certstest.Write(t, filepath.Join(dir, "ca.crt"), s.authority.PEM))
		s.client.Certificates = []tls.Certificate{s.authority.Issue(t).TLS(t)}
	}
	s.process = start(t, args...)
	return s
}

// renew puts a new certificate in the place of the present one.
func (s *secured) renew(t *testing.T) *big.Int {
	t.Helper()
	pair := s.authority.Issue(t)
	certstest.Write(t, s.cert, pair.Cert)
	certstest.Write(t, s.key, pair.Key)
	return pair.Serial
}

// dial does a TLS handshake and returns the serial of the server's certificate.
func (s *secured) dial(address, protocol string) (*big.Int, error) {
	config := s.client.Clone()
	config.NextProtos = []string{protocol}
	conn, err := tls.Dial("tcp", address, config)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0].SerialNumber, nil
}

// TestTLS shows that both ports speak TLS, REST in HTTP/2 and HTTP/1.1, and that
// neither falls back to less.
func TestTLS(t *testing.T) {
	t.Parallel()
	s := startTLS(t, false)
	works(t, s.process, s.client)
	c := newCaller(t, s.process, s.client)
	works(t, &process{GRPC: s.REST, REST: s.REST, Admin: s.Admin}, s.client)
	if protocol, err := c.viaREST(t.Context()); err != nil || protocol != "HTTP/2.0" {
		t.Errorf("%s, %v", protocol, err)
	}
	c.http.Transport = oneOne(s.client)
	if protocol, err := c.viaREST(t.Context()); err != nil || protocol != "HTTP/1.1" {
		t.Errorf("%s, %v", protocol, err)
	}
	refusesPlaintext(t, s.process)

	stranger := newCaller(t, s.process, &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: certstest.NewAuthority(t).Pool()})
	refused(t, stranger, "a client that does not trust the certificate")
	for _, address := range []string{s.GRPC, s.REST} {
		old := s.client.Clone()
		old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
		if _, err := tls.Dial("tcp", address, old); err == nil {
			t.Errorf("%s speaks TLS 1.1", address)
		}
	}
}

// oneOne speaks no HTTP/2.
func oneOne(config *tls.Config) *http.Transport {
	return &http.Transport{TLSClientConfig: config.Clone(), Protocols: http1()}
}

func http1() *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(true)
	return p
}

// refusesPlaintext checks that a client without TLS is served at neither port.
func refusesPlaintext(t *testing.T, p *process) {
	t.Helper()
	plain := newCaller(t, p, nil)
	if err := plain.viaGRPC(t.Context()); err == nil {
		t.Error("the gRPC port serves plaintext")
	}
	status, _, body, err := plain.post(t.Context(), "/users/session", `{}`)
	if err == nil && (status != http.StatusBadRequest || !strings.Contains(body, "HTTPS")) {
		t.Errorf("the REST gateway answers plaintext with %d %s", status, body)
	}
}

func refused(t *testing.T, c *caller, who string) {
	t.Helper()
	if err := c.viaGRPC(t.Context()); err == nil {
		t.Errorf("gRPC: %s is served", who)
	}
	if _, err := c.viaREST(t.Context()); err == nil {
		t.Errorf("REST: %s is served", who)
	}
}

// TestMutualTLS shows that with --tls-client-ca both ports serve only clients
// with a certificate.
func TestMutualTLS(t *testing.T) {
	t.Parallel()
	s := startTLS(t, true)
	works(t, s.process, s.client)
	refusesPlaintext(t, s.process)
	onePort := &process{GRPC: s.REST, REST: s.REST, Admin: s.Admin}
	works(t, onePort, s.client)
	refusesPlaintext(t, onePort)

	without := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: s.authority.Pool()}
	refused(t, newCaller(t, s.process, without), "a client without a certificate")
	refused(t, newCaller(t, onePort, without), "a client of the HTTP port without a certificate")
	foreign := certstest.NewAuthority(t).Issue(t).TLS(t)
	without.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &foreign, nil }
	refused(t, newCaller(t, s.process, without), "a client with a foreign certificate")
}

// TestNoTLS shows that ports without a certificate do not pretend to have one.
func TestNoTLS(t *testing.T) {
	t.Parallel()
	p := start(t, "--sandbox")
	works(t, p, nil)
	refused(t, newCaller(t, p, &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: true}), "a TLS client of a plaintext server")
}

// TestRenewalUnderLoad shows that no call fails while certificates are renewed:
// neither on connections that stay nor on new ones.
func TestRenewalUnderLoad(t *testing.T) {
	t.Parallel()
	s := startTLS(t, true)
	stop := make(chan struct{})
	var callers sync.WaitGroup
	var calls atomic.Int64
	load := func(call func() error) {
		callers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := call(); err != nil {
					t.Error(err)
					return
				}
				calls.Add(1)
			}
		})
	}
	staying := newCaller(t, s.process, s.client)
	load(func() error { return staying.viaGRPC(t.Context()) })
	load(func() error { _, err := staying.viaREST(t.Context()); return err })
	load(func() error {
		fresh := newCaller(t, s.process, s.client)
		defer fresh.close()
		if _, err := fresh.viaREST(t.Context()); err != nil {
			return err
		}
		return fresh.viaGRPC(t.Context())
	})
	for range 2 {
		s.awaitInForce(t, s.renew(t))
	}
	close(stop)
	callers.Wait()
	t.Logf("%d calls", calls.Load())
}

// awaitInForce waits until both ports show a certificate.
func (s *secured) awaitInForce(t *testing.T, want *big.Int) {
	t.Helper()
	for _, address := range []string{s.GRPC, s.REST} {
		for {
			serial, err := s.dial(address, "h2")
			if err != nil {
				t.Error(err)
				return
			}
			if serial.Cmp(want) == 0 {
				break
			}
		}
	}
}

// TestRefusesToStart shows that the command ends with one line that names the
// file, where a certificate cannot be used, and the address, where it is taken.
func TestRefusesToStart(t *testing.T) {
	t.Parallel()
	authority := certstest.NewAuthority(t)
	pair, other := authority.Issue(t), authority.Issue(t)
	dir := t.TempDir()
	file := func(name string, text []byte) string { return certstest.Write(t, filepath.Join(dir, name), text) }
	cert, key := file("tls.crt", pair.Cert), file("tls.key", pair.Key)
	bad, foreign := file("bad.pem", []byte("garbage")), file("other.key", other.Key)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() }) // not before the parallel cases have run
	address := taken.Addr().String()
	for name, c := range map[string]struct {
		want string
		args []string
	}{
		"bad certificate":   {bad, []string{"--tls-cert=" + bad, "--tls-key=" + key}},
		"no such key":       {"nowhere.key", []string{"--tls-cert=" + cert, "--tls-key=" + filepath.Join(dir, "nowhere.key")}},
		"key of another":    {foreign, []string{"--tls-cert=" + cert, "--tls-key=" + foreign}},
		"bad client CA":     {bad, []string{"--tls-cert=" + cert, "--tls-key=" + key, "--tls-client-ca=" + bad}},
		"bad upstream CA":   {bad, []string{"--upstream-ca=" + bad}},
		"bad upstream pair": {foreign, []string{"--upstream-cert=" + cert, "--upstream-key=" + foreign}},
		"gRPC port taken":   {address, []string{"--grpc-addr=" + address}},
		"REST port taken":   {address, []string{"--http-addr=" + address}},
		"admin port taken":  {address, []string{"--admin-addr=" + address}},
		"one port twice":    {address, []string{"--grpc-addr=" + address, "--http-addr=" + address}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := launch(t, append([]string{"--upstream-url=http://127.0.0.1:1",
				"--grpc-addr=127.0.0.1:0", "--http-addr=127.0.0.1:0", "--admin-addr=127.0.0.1:0"}, c.args...)...)
			code := p.wait(t)
			lines := p.log()
			if code != 1 || len(lines) != 1 || !strings.HasPrefix(lines[0], "server: ") || !strings.Contains(lines[0], c.want) {
				t.Errorf("exit code %d, wrote %q, want %q", code, lines, c.want)
			}
			if line := strings.Split(string(other.Key), "\n")[1]; strings.Contains(strings.Join(lines, "\n"), line) {
				t.Errorf("the key is quoted: %q", lines)
			}
		})
	}
}
