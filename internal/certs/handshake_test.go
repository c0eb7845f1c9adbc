package certs

import (
	"crypto/tls"
	"errors"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/wingspan-grpc/session-facade/test/certstest"
)

// shake does a handshake between two configurations and returns the server's
// certificate. The errors are each side's own.
func shake(server, client *tls.Config) (serial *big.Int, serverErr, clientErr error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err, err
	}
	defer listener.Close()
	done := make(chan error, 1)
	go func() { done <- greet(listener, server) }()
	near, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		return nil, err, err
	}
	defer near.Close()
	conn := tls.Client(near, client)
	// In TLS 1.3 a client learns only by reading that its certificate was refused.
	_, clientErr = conn.Read(make([]byte, 1))
	if certificates := conn.ConnectionState().PeerCertificates; len(certificates) > 0 {
		serial = certificates[0].SerialNumber
	}
	if clientErr != nil {
		_ = near.Close()
	}
	return serial, <-done, clientErr
}

// greet takes one connection and sends it a byte.
func greet(listener net.Listener, config *tls.Config) error {
	far, err := listener.Accept()
	if err != nil {
		return err
	}
	defer far.Close()
	_, err = tls.Server(far, config).Write([]byte{1})
	return err
}

func clientOf(t *testing.T, trusted *certstest.Authority, own ...certstest.Pair) *tls.Config {
	t.Helper()
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: "127.0.0.1", RootCAs: trusted.Pool()}
	for _, pair := range own {
		config.Certificates = append(config.Certificates, pair.TLS(t))
	}
	// A client keeps to itself a certificate of whom the server does not name; an
	// attacker need not.
	if len(own) > 0 {
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return &config.Certificates[0], nil
		}
	}
	return config
}

// TestMutual shows that with a CA file only its certificates come in.
func TestMutual(t *testing.T) {
	t.Parallel()
	servers, clients, strangers := certstest.NewAuthority(t), certstest.NewAuthority(t), certstest.NewAuthority(t)
	w, _ := open(t, write(t, servers.Issue(t), clients.PEM))
	config := w.Server("h2")

	if _, serverErr, err := shake(config, clientOf(t, servers, clients.Issue(t))); err != nil || serverErr != nil {
		t.Errorf("a certificate of the CA: %v, %v", err, serverErr)
	}
	if _, serverErr, err := shake(config, clientOf(t, servers)); err == nil || serverErr == nil {
		t.Error("came in without a certificate")
	}
	_, serverErr, err := shake(config, clientOf(t, servers, strangers.Issue(t)))
	var refused *tls.CertificateVerificationError
	if err == nil || !errors.As(serverErr, &refused) {
		t.Errorf("came in with a stranger's certificate: %v, %v", err, serverErr)
	}
	if _, _, err := shake(config, clientOf(t, strangers, clients.Issue(t))); err == nil {
		t.Error("a client took a certificate of whom it does not trust")
	}
	old := clientOf(t, servers, clients.Issue(t))
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	if _, _, err := shake(config, old); err == nil {
		t.Error("TLS 1.1 is spoken")
	}
}

// TestNewAuthority shows that a change of the CA file holds for those who come
// after it, on either side, and that a session from before does not get round it.
func TestNewAuthority(t *testing.T) {
	t.Parallel()
	servers, before, after := certstest.NewAuthority(t), certstest.NewAuthority(t), certstest.NewAuthority(t)
	files := write(t, servers.Issue(t), before.PEM)
	w, _ := open(t, files)
	config := w.Server()
	early, late := clientOf(t, servers, before.Issue(t)), clientOf(t, servers, after.Issue(t))
	early.ClientSessionCache = tls.NewLRUClientSessionCache(1)

	check := func(when string, client *tls.Config, want bool) {
		t.Helper()
		if _, serverErr, err := shake(config, client); (err == nil && serverErr == nil) != want {
			t.Errorf("%s: %v, %v; want in: %t", when, err, serverErr, want)
		}
	}
	check("the old CA's, before", early, true)
	check("the new CA's, before", late, false)
	asClient := w.Client()
	certstest.Write(t, files.CA, after.PEM)
	check("the old CA's, after", early, false)
	check("the new CA's, after", late, true)

	now := w.Client()
	if now == asClient || !now.RootCAs.Equal(after.Pool()) || !asClient.RootCAs.Equal(before.Pool()) {
		t.Error("a client's configuration is not that of the files")
	}
}

// TestMutual_ResumesNoSession shows that every connection of a client with a certificate
// has that certificate verified: a resumed session would bring the verification of
// before along. Without a CA file, sessions are resumed.
func TestMutual_ResumesNoSession(t *testing.T) {
	t.Parallel()
	authority := certstest.NewAuthority(t)
	for name, ca := range map[string][]byte{"with a CA": authority.PEM, "without": nil} {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			t.Run(name+", "+tls.VersionName(version), func(t *testing.T) {
				t.Parallel()
				w, _ := open(t, write(t, authority.Issue(t), ca))
				config := w.Server()
				client := clientOf(t, authority, authority.Issue(t))
				client.ClientSessionCache, client.MaxVersion = tls.NewLRUClientSessionCache(1), version
				resumed := false
				client.VerifyConnection = func(state tls.ConnectionState) error {
					resumed = state.DidResume
					return nil
				}
				for range 2 {
					if _, serverErr, err := shake(config, client); err != nil || serverErr != nil {
						t.Fatal(err, serverErr)
					}
				}
				if resumed != (ca == nil) {
					t.Errorf("the second connection resumes the first's session: %t", resumed)
				}
			})
		}
	}
}

// TestHandshakesDuringRenewal shows that no handshake fails while the files
// change, and that each gets a whole pair.
func TestHandshakesDuringRenewal(t *testing.T) {
	t.Parallel()
	authority := certstest.NewAuthority(t)
	pair := authority.Issue(t)
	files := write(t, pair, authority.PEM)
	w, _ := open(t, files)
	config := w.Server("h2", "http/1.1")
	client := clientOf(t, authority, authority.Issue(t))

	renewed := make(chan struct{})
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for done := false; !done; {
				select {
				case <-renewed:
					done = true // and once more, with what is there now
				default:
				}
				if _, serverErr, err := shake(config, client); err != nil || serverErr != nil {
					t.Errorf("%v, %v", err, serverErr)
					return
				}
				w.Client()
			}
		})
	}
	for range 50 {
		pair = authority.Issue(t)
		rewrite(t, files, pair)
	}
	close(renewed)
	callers.Wait()
	if serial, _, err := shake(config, client); err != nil || serial.Cmp(pair.Serial) != 0 {
		t.Errorf("certificate %s is in force, want %s: %v", serial, pair.Serial, err)
	}
}

// TestServer_OffersNoCBC: of TLS 1.2 only the suites that HTTP/2 allows are spoken, on
// every port.
func TestServer_OffersNoCBC(t *testing.T) {
	t.Parallel()
	ca := certstest.NewAuthority(t)
	w, _ := open(t, write(t, ca.Issue(t), nil))
	config := w.Server("h2", "http/1.1")
	spoken := 0
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		client := clientOf(t, ca)
		client.MaxVersion, client.CipherSuites = tls.VersionTLS12, []uint16{suite.ID}
		_, _, err := shake(config, client)
		if err == nil && !strings.HasSuffix(suite.Name, "_GCM_SHA256") && !strings.HasSuffix(suite.Name, "_GCM_SHA384") &&
			!strings.HasSuffix(suite.Name, "_POLY1305_SHA256") || err == nil && !strings.HasPrefix(suite.Name, "TLS_ECDHE_") {
			t.Errorf("%s is spoken", suite.Name)
		}
		if err == nil {
			spoken++
		}
	}
	if spoken < 3 {
		t.Errorf("only %d suites are spoken", spoken)
	}
	if _, _, err := shake(config, clientOf(t, ca)); err != nil {
		t.Errorf("TLS 1.3: %v", err)
	}
}
