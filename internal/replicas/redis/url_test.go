//go:build unix

package redis_test

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/replicas/redis"
	"github.com/wingspan-grpc/session-facade/test/certstest"
	"github.com/wingspan-grpc/session-facade/test/redistest"
)

func TestParseURL(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		url  string
		want string // the address, or a part of the error
		fail bool
	}{
		{"redis://127.0.0.1:6380", "127.0.0.1:6380", false},
		{"redis://cache", "cache:6379", false},
		{"redis://user@cache/3", "cache:6379", false},
		{"redis://:hush-hush@localhost", "localhost:6379", false},
		{"redis://:hush-hush@[::1]:1", "[::1]:1", false},
		{"rediss://user:hush-hush@cache:1/0", "cache:1", false},
		{" rediss://cache\n", "cache:6379", false},
		{"redis://user:hush-hush@cache", "in the clear", true},
		{"redis://user:hush-hush@10.0.0.1", "in the clear", true},
		{"http://user:hush-hush@cache", "must begin with", true},
		{"hush-hush", "must begin with", true},
		{"", "must begin with", true},
		{"redis://user:hush-hush@cache:port", "no URL", true},
		{"redis://user:hush-%zz@cache", "no URL", true},
		{"redis://:hush-hush@", "no host", true},
		{"rediss://:hush-hush@cache/x", "number of a database", true},
		{"rediss://:hush-hush@cache/-1", "number of a database", true},
		{"rediss://cache?password=hush-hush", "number of a database", true},
		{"rediss://cache#hush-hush", "number of a database", true},
	} {
		s, err := redis.ParseURL(test.url, nil)
		switch {
		case test.fail && err == nil:
			t.Errorf("%s: accepted", test.url)
		case test.fail && (!strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hush")):
			t.Errorf("%s: %v", test.url, err)
		case !test.fail && (err != nil || s.String() != test.want):
			t.Errorf("%s: %v, %v, want %s", test.url, s, err, test.want)
		}
	}
	if _, err := redis.ParseURL("redis://cache", func() *tls.Config { return &tls.Config{} }); err == nil {
		t.Error("certificates were accepted that nobody would look at")
	}
}

func TestLink_SpeaksTLS(t *testing.T) {
	t.Parallel()
	authority, stranger := certstest.NewAuthority(t), certstest.NewAuthority(t)
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	of := authority.Issue(t)
	at := redistest.Start(t, "--tls-cert-file", write("cert.pem", of.Cert), "--tls-key-file", write("key.pem", of.Key),
		"--tls-ca-cert-file", write("ca.pem", authority.PEM), "--requirepass", "right-secret")
	config := func(trusted, by *certstest.Authority) *tls.Config {
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(trusted.PEM)
		c := &tls.Config{RootCAs: roots}
		if by != nil {
			pair := by.Issue(t)
			certificate, err := tls.X509KeyPair(pair.Cert, pair.Key)
			if err != nil {
				t.Fatal(err)
			}
			c.Certificates = []tls.Certificate{certificate}
		}
		return c
	}
	for _, test := range []struct {
		name string
		tls  *tls.Config
		want string // of the log; empty: all is well
	}{
		{"with its authority and a certificate", config(authority, authority), ""},
		{"with another authority", config(stranger, authority), "certificate"},
		{"without a certificate", config(authority, nil), "err="},
		{"with another's certificate", config(authority, stranger), "err="},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s, err := redis.ParseURL("rediss://:right-secret@"+at.Addr, func() *tls.Config { return test.tls })
			if err != nil {
				t.Fatal(err)
			}
			log := &lines{}
			o := options(s)
			o.Logger, o.Prefix = log.logger(), "{"+test.name+"}:"
			a, _ := start(t, o)
			if test.want == "" {
				eventually(t, "it is up to date", isUpToDate(a))
				return
			}
			eventually(t, "a line", func() bool { return strings.Contains(log.text(), "cannot be reached") })
			if !strings.Contains(log.text(), test.want) || strings.Contains(log.text(), "secret") || a.UpToDate(time.Now()) {
				t.Error(log.text())
			}
		})
	}
}

// TestLink_TakesUpNewCertificates: what is in force is asked for with each connection.
func TestLink_TakesUpNewCertificates(t *testing.T) {
	t.Parallel()
	authority, dir := certstest.NewAuthority(t), t.TempDir()
	of := authority.Issue(t)
	at := redistest.Start(t, "--tls-cert-file", certstest.Write(t, filepath.Join(dir, "cert.pem"), of.Cert),
		"--tls-key-file", certstest.Write(t, filepath.Join(dir, "key.pem"), of.Key), "--tls-auth-clients", "no")
	var roots atomic.Pointer[x509.CertPool]
	roots.Store(certstest.NewAuthority(t).Pool())
	s, err := redis.ParseURL("rediss://"+at.Addr, func() *tls.Config { return &tls.Config{RootCAs: roots.Load()} })
	if err != nil {
		t.Fatal(err)
	}
	log := &lines{}
	o := options(s)
	o.Logger = log.logger()
	a, _ := start(t, o)
	eventually(t, "it is refused", func() bool { return strings.Contains(log.text(), "cannot be reached") })
	roots.Store(authority.Pool())
	eventually(t, "it is up to date", isUpToDate(a))
}
