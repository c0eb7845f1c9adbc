// Package certstest makes certificates for tests.
package certstest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

// serial makes each certificate of a test run tell itself from the others.
var serial atomic.Int64

// Authority signs certificates.
type Authority struct {
	// PEM is its own certificate.
	PEM []byte

	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// Pair is a certificate and its key, in PEM.
type Pair struct {
	Cert, Key []byte
	// Serial is what the certificate is told by.
	Serial *big.Int
	// Until is when it expires.
	Until time.Time
}

// NewAuthority makes an authority that nobody knows yet.
func NewAuthority(tb testing.TB) *Authority {
	tb.Helper()
	template := newTemplate()
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage = x509.KeyUsageCertSign
	a := &Authority{key: newKey(tb)}
	a.PEM = sign(tb, template, template, a.key, a.key)
	block, _ := pem.Decode(a.PEM)
	var err error
	if a.certificate, err = x509.ParseCertificate(block.Bytes); err != nil {
		tb.Fatal(err)
	}
	return a
}

// Issue makes a certificate for 127.0.0.1, for servers and clients alike.
func (a *Authority) Issue(tb testing.TB) Pair {
	tb.Helper()
	return a.issue(tb, newTemplate())
}

// IssueFor is Issue with the time for which the certificate is valid.
func (a *Authority) IssueFor(tb testing.TB, from, until time.Time) Pair {
	tb.Helper()
	template := newTemplate()
	template.NotBefore, template.NotAfter = from, until
	return a.issue(tb, template)
}

func (a *Authority) issue(tb testing.TB, template *x509.Certificate) Pair {
	tb.Helper()
	template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	key := newKey(tb)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		tb.Fatal(err)
	}
	return Pair{
		Cert:   sign(tb, template, a.certificate, key, a.key),
		Key:    pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}),
		Serial: template.SerialNumber,
		Until:  template.NotAfter.Truncate(time.Second),
	}
}

// Pool is the authority as somebody's only trust.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return pool
}

// TLS is the pair as crypto/tls takes it.
func (p Pair) TLS(tb testing.TB) tls.Certificate {
	tb.Helper()
	pair, err := tls.X509KeyPair(p.Cert, p.Key)
	if err != nil {
		tb.Fatal(err)
	}
	return pair
}

// Write writes a file, new or in the place of the one that was there, in one
// step.
func Write(tb testing.TB, path string, text []byte) string {
	tb.Helper()
	next := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".next")
	if err := os.WriteFile(next, text, 0o600); err != nil {
		tb.Fatal(err)
	}
	if err := os.Rename(next, path); err != nil {
		tb.Fatal(err)
	}
	return path
}

func newTemplate() *x509.Certificate {
	n := serial.Add(1)
	return &x509.Certificate{
		SerialNumber: big.NewInt(n),
		Subject:      pkix.Name{CommonName: "test " + big.NewInt(n).String()},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour + time.Duration(n)*time.Minute), // so that no two have the same
	}
}

func newKey(tb testing.TB) *ecdsa.PrivateKey {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

func sign(tb testing.TB, template, parent *x509.Certificate, key, parentKey *ecdsa.PrivateKey) []byte {
	tb.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), parentKey)
	if err != nil {
		tb.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
