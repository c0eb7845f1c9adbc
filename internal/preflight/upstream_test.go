package preflight

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wingspan-grpc/session-facade/internal/upstream/connpool"
	"github.com/wingspan-grpc/session-facade/test/certstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// names are told from all else in a text.
var names = UpstreamNames{URL: "URL", CA: "THE-CA", Cert: "THE-CERT", MaxConnections: "MOST"}

// upstream starts one, which must get no request.
func upstream(t *testing.T, overHTTP2 bool, config *tls.Config) *url.URL {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("there was a request") }))
	server.EnableHTTP2, server.TLS = overHTTP2, config
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	if config != nil {
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// listener is one that accepts nothing by itself.
func listener(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// try makes the connection. Each step has its own deadline, which comes before enough.
func try(t *testing.T, options connpool.Options) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), enough)
	defer cancel()
	options.MaxConnections, options.Age, options.IdleTimeout = 7, time.Hour, time.Hour
	var lines []string
	for _, found := range Upstream(ctx, options, names, time.Now()) {
		lines = append(lines, found.String())
	}
	return strings.Join(lines, "\n")
}

func trust(authority *certstest.Authority, certificates ...tls.Certificate) func() *tls.Config {
	config := &tls.Config{RootCAs: authority.Pool(), Certificates: certificates, MinVersion: tls.VersionTLS12}
	return func() *tls.Config { return config }
}

const enough = time.Minute

// TestUpstream_SaysWhatIsWrongAndWhatToDo has an upstream for each way to fail, and those
// that can be used.
func TestUpstream_SaysWhatIsWrongAndWhatToDo(t *testing.T) {
	t.Parallel()
	authority, other := certstest.NewAuthority(t), certstest.NewAuthority(t)
	good := authority.Issue(t).TLS(t)
	serve := func(pair tls.Certificate) *tls.Config { return &tls.Config{Certificates: []tls.Certificate{pair}} }
	demanding := func(version uint16) *tls.Config {
		return &tls.Config{Certificates: []tls.Certificate{good}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: authority.Pool(), MaxVersion: version}
	}
	now := time.Now()
	expired := authority.IssueFor(t, now.Add(-48*time.Hour), now.Add(-24*time.Hour)).TLS(t)
	early := authority.IssueFor(t, now.Add(24*time.Hour), now.Add(48*time.Hour)).TLS(t)
	ending := authority.IssueFor(t, now.Add(-time.Hour), now.Add(73*time.Hour)).TLS(t)
	lasting := authority.IssueFor(t, now.Add(-time.Hour), now.Add(100*24*time.Hour+time.Hour)).TLS(t)
	refused := listener(t)
	_ = refused.Close()
	silent := listener(t) // the system takes connections in its stead
	byName := *upstream(t, true, serve(good))
	byName.Host = "localhost:" + byName.Port()
	unresolved := &net.Dialer{Resolver: &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}}
	for name, c := range map[string]struct {
		options connpool.Options
		want    []string
	}{
		"no such host": {connpool.Options{URL: &url.URL{Scheme: "https", Host: strings.Repeat("a", 64) + ".example"}}, []string{"wrong    URL: there is no host of the name aaa"}},
		"silent DNS":   {connpool.Options{URL: &url.URL{Scheme: "https", Host: "upstream.example"}, Dial: unresolved.DialContext}, []string{"wrong", "DNS does not tell the address of upstream.example in time"}},
		"refused":      {connpool.Options{URL: &url.URL{Scheme: "https", Host: refused.Addr().String()}}, []string{"wrong", "there is no connection: dial tcp 127.0.0.1:", "start what should listen"}},
		"firewall": {connpool.Options{URL: &url.URL{Scheme: "https", Host: "10.0.0.1"}, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}}, []string{"wrong", "no connection to 10.0.0.1 in time", "firewall"}},
		"hanging accept":   {connpool.Options{URL: &url.URL{Scheme: "https", Host: silent.Addr().String()}}, []string{"wrong", silent.Addr().String() + " does not finish the TLS handshake in time"}},
		"no TLS":           {connpool.Options{URL: &url.URL{Scheme: "https", Host: upstream(t, false, nil).Host}}, []string{"wrong", "does not speak TLS"}},
		"another CA":       {connpool.Options{URL: upstream(t, true, serve(good)), TLS: trust(other)}, []string{"wrong", "does not come from the CA of THE-CA"}},
		"unknown CA":       {connpool.Options{URL: upstream(t, true, serve(good))}, []string{"wrong", "comes from no CA that this machine trusts", "THE-CA"}},
		"other names":      {connpool.Options{URL: &byName, TLS: trust(authority)}, []string{"wrong", "for other names than localhost"}},
		"expired":          {connpool.Options{URL: upstream(t, true, serve(expired)), TLS: trust(authority)}, []string{"wrong", "the upstream's certificate", "expired on", "clock says"}},
		"not valid yet":    {connpool.Options{URL: upstream(t, true, serve(early)), TLS: trust(authority)}, []string{"wrong", "is not valid before", "Set the clock"}},
		"no certificate":   {connpool.Options{URL: upstream(t, true, demanding(0)), TLS: trust(authority)}, []string{"wrong", "may demand a client certificate: set THE-CERT"}},
		"none, HTTP/1.1":   {connpool.Options{URL: upstream(t, false, demanding(0)), TLS: trust(authority)}, []string{"wrong", "may demand a client certificate: set THE-CERT"}},
		"none, TLS 1.2":    {connpool.Options{URL: upstream(t, true, demanding(tls.VersionTLS12)), TLS: trust(authority)}, []string{"wrong", "the TLS handshake fails", "set THE-CERT"}},
		"not its client":   {connpool.Options{URL: upstream(t, true, demanding(0)), TLS: trust(authority, other.Issue(t).TLS(t))}, []string{"wrong", "may not accept the client certificate of THE-CERT"}},
		"HTTP/1.1 only":    {connpool.Options{URL: upstream(t, false, serve(lasting)), TLS: trust(authority)}, []string{"ok       URL: there is a connection", "warning  URL: the upstream speaks HTTP/1.1 only: no more than 7 calls (MOST)"}},
		"expires soon":     {connpool.Options{URL: upstream(t, true, serve(ending)), TLS: trust(authority)}, []string{"warning  URL: the upstream's certificate expires", "in 3 days", "speaks HTTP/2"}},
		"well":             {connpool.Options{URL: upstream(t, true, serve(lasting)), TLS: trust(authority)}, []string{"ok       URL: there is a connection to 127.0.0.1:", "TLS 1.3", "ok       URL: the upstream's certificate is valid for 100 days", "ok       URL: the upstream speaks HTTP/2"}},
		"well, as clients": {connpool.Options{URL: upstream(t, true, demanding(0)), TLS: trust(authority, good)}, []string{"ok       URL: the upstream speaks HTTP/2"}},
		"well, plaintext":  {connpool.Options{URL: upstream(t, false, nil)}, []string{"ok       URL: there is a connection to 127.0.0.1:", "without TLS"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			told := try(t, c.options)
			for _, want := range c.want {
				if !strings.Contains(told, want) {
					t.Errorf("no %q in\n%s", want, told)
				}
			}
			if well := !strings.Contains(c.want[0], "wrong"); well == strings.Contains(told, "wrong") {
				t.Errorf("told\n%s", told)
			}
		})
	}
}

// TestUpstream_ThatClosesIsTold: it need not give a reason, with TLS or without.
func TestUpstream_ThatClosesIsTold(t *testing.T) {
	t.Parallel()
	l := listener(t)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_ = conn.Close()
		}
	}()
	for scheme, want := range map[string]string{"http": "as soon as it is made", "https": "the TLS handshake fails"} {
		told := try(t, connpool.Options{URL: &url.URL{Scheme: scheme, Host: l.Addr().String()}})
		if !strings.HasPrefix(told, "wrong ") || !strings.Contains(told, want) {
			t.Errorf("%s: %s", scheme, told)
		}
	}
}

// TestFinding_IsOneLine: what a peer's certificate says makes no line of its own.
func TestFinding_IsOneLine(t *testing.T) {
	t.Parallel()
	told := Finding{Wrong, "URL", "not " + x509.HostnameError{Certificate: &x509.Certificate{DNSNames: []string{"a\nok       all: well\x1b[2J"}}, Host: "b"}.Error()}.String()
	if strings.ContainsAny(told, "\n\x1b") || !strings.Contains(told, "all: well") {
		t.Errorf("%q", told)
	}
}
