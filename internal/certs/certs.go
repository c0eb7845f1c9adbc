// Package certs reads certificates from files and reads them again when the
// files change, so that renewing them needs no restart. The ready-made watchers
// did not do: gRPC's own logs the private key where a pair does not match, and
// the others bring a Kubernetes client along.
package certs

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// interval is how often files are looked at, at most: when a connection is made.
const interval = time.Second

// Files names PEM files. All are optional, but Cert and Key only together.
type Files struct {
	Cert, Key string // of this side
	CA        string // of whom the other side's certificate must come from
}

// Material is what the files hold. It does not change: a change of the files is
// a new Material.
type Material struct {
	Certificates []tls.Certificate
	Roots        *x509.CertPool // nil without a CA file
	// Until is when the first certificate of the chain expires; zero without one.
	Until time.Time
	// RootsUntil is when the last certificate of the CA file expires; zero without one.
	RootsUntil time.Time

	client *tls.Config
}

// Watch keeps the present Material of files.
type Watch struct {
	files    Files
	logger   *slog.Logger
	interval time.Duration

	mu       sync.Mutex
	looked   time.Time
	seen     content // at the last look, good or bad
	current  *Material
	failures int64
}

// content is what the files hold, as far as they can be read.
type content struct {
	cert, key, ca string
	problem       string // why not all of it could be read; "" where it could
}

// Open reads the files. The error names the file at fault.
func Open(files Files, logger *slog.Logger) (*Watch, error) {
	if (files.Cert == "") != (files.Key == "") {
		return nil, errors.New("a certificate and its key go together")
	}
	w := &Watch{files: files, logger: logger, interval: interval, looked: time.Now(), seen: files.read()}
	var err error
	w.current, err = files.parse(w.seen)
	return w, err
}

// Current returns what the files hold. Where they have changed for the worse, it
// is what they held before, and the log says so.
func (w *Watch) Current() *Material {
	w.mu.Lock()
	defer w.mu.Unlock()
	if time.Since(w.looked) >= w.interval {
		w.looked = time.Now()
		w.look()
	}
	return w.current
}

// Failures is how often the files have changed for the worse.
func (w *Watch) Failures() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.failures
}

// look reads the files and puts in force what they hold, if that can be used. It
// is silent where nothing has changed since the last look: files that are left
// broken are logged once, not every second.
func (w *Watch) look() {
	seen := w.files.read()
	if seen == w.seen {
		return
	}
	w.seen = seen
	changed, err := w.files.parse(seen)
	if err != nil {
		w.failures++
		w.logger.Error("certificate files cannot be used; the previous ones stay in force", "error", err)
		return
	}
	w.logger.Info("certificate files have changed and are in force", "cert", w.files.Cert, "ca", w.files.CA)
	w.current = changed
}

func (f Files) read() (c content) {
	read := func(name string) string {
		if name == "" || c.problem != "" {
			return ""
		}
		text, err := os.ReadFile(name) //nolint:gosec // the operator names it, and so does the error
		if err != nil {
			c.problem = err.Error()
		}
		return string(text)
	}
	c.cert, c.key, c.ca = read(f.Cert), read(f.Key), read(f.CA)
	return c
}

// parse does not pass on what the library says of a key, which may quote it.
func (f Files) parse(c content) (*Material, error) {
	if c.problem != "" {
		return nil, errors.New(c.problem)
	}
	m := &Material{}
	if f.Cert != "" {
		pair, err := tls.X509KeyPair([]byte(c.cert), []byte(c.key))
		if err != nil {
			return nil, fmt.Errorf("%s and %s are not a certificate and its key in PEM", f.Cert, f.Key)
		}
		m.Certificates = []tls.Certificate{pair}
		if m.Until, err = firstExpiry(pair); err != nil {
			return nil, fmt.Errorf("%s holds more than certificates: %w", f.Cert, err)
		}
	}
	if f.CA != "" {
		m.Roots = x509.NewCertPool()
		if !m.Roots.AppendCertsFromPEM([]byte(c.ca)) {
			return nil, fmt.Errorf("%s holds no certificate in PEM", f.CA)
		}
		m.RootsUntil = lastExpiry([]byte(c.ca))
	}
	m.client = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: m.Certificates, RootCAs: m.Roots}
	return m, nil
}

// Server makes the configuration of a TLS server that speaks the given protocols
// (ALPN). With a CA file, clients must have a certificate from it.
func (w *Watch) Server(protocols ...string) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: protocols,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			return w.Current().server(protocols), nil // the keys of tickets are the outer one's
		},
	}
}

// suites are those of TLS 1.2 that are offered: with forward secrecy, and none in CBC
// mode, which Go still enables by default. HTTP/2 forbids all others (RFC 9113, appendix
// A). TLS 1.3 has no others.
var suites = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
}

func (m *Material) server(protocols []string) *tls.Config {
	config := &tls.Config{
		MinVersion:   tls.VersionTLS12,
		CipherSuites: suites,
		NextProtos:   protocols,
		Certificates: m.Certificates,
	}
	if m.Roots != nil {
		config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, m.Roots
		config.SessionTicketsDisabled = true // a resumed session would not be verified anew
	}
	return config
}

// Client returns the configuration of a TLS client, the same pointer until the
// files change. Without a CA file it trusts what the system trusts.
func (w *Watch) Client() *tls.Config { return w.Current().client }
