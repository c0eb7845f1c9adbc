package preflight

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http/httptrace"
	"sync"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/upstream/connpool"
)

// UpstreamNames are the names of the settings of the upstream.
type UpstreamNames struct{ URL, CA, Cert, MaxConnections string }

// Upstream makes a connection to the upstream, as calls do, without a request. Each step
// has a deadline, which is the pool's.
func Upstream(ctx context.Context, options connpool.Options, names UpstreamNames, now time.Time) []Finding {
	pool, err := connpool.New(options)
	if err != nil {
		return []Finding{{Wrong, names.URL, err.Error()}}
	}
	defer pool.Close()
	seen := &steps{address: options.URL.Host}
	http2, err := pool.Probe(httptrace.WithClientTrace(ctx, seen.trace()))
	seen.mu.Lock()
	defer seen.mu.Unlock()
	if err != nil {
		a := attempt{steps: seen, names: names, host: options.URL.Hostname(), now: now, ownCA: options.TLS != nil && options.TLS().RootCAs != nil,
			ownCert: options.TLS != nil && len(options.TLS().Certificates) > 0}
		return []Finding{{Wrong, names.URL, a.explain(err)}}
	}
	if seen.tls == nil {
		return []Finding{{OK, names.URL, "there is a connection to " + seen.address + ", without TLS"}}
	}
	found := []Finding{{OK, names.URL, fmt.Sprintf("there is a connection to %s, with %s", seen.address, tls.VersionName(seen.tls.Version))},
		validity(names.URL, "the upstream's certificate", seen.tls.PeerCertificates[0].NotBefore, seen.tls.PeerCertificates[0].NotAfter, now)}
	if http2 {
		return append(found, Finding{OK, names.URL, "the upstream speaks HTTP/2"})
	}
	return append(found, Finding{Warning, names.URL, fmt.Sprintf("the upstream speaks HTTP/1.1 only: no more than %d calls (%s) are under way at a time, one for each connection. Turn on HTTP/2 there, if you can",
		options.MaxConnections, names.MaxConnections)})
}

// steps are those that the making of a connection has come to.
type steps struct {
	mu        sync.Mutex
	address   string
	connected bool
	shaking   bool // the TLS handshake has begun
	tls       *tls.ConnectionState
}

// trace notes the steps. Some of them may be told after the connection has failed.
func (s *steps) trace() *httptrace.ClientTrace {
	note := func(change func()) {
		s.mu.Lock()
		defer s.mu.Unlock()
		change()
	}
	return &httptrace.ClientTrace{
		ConnectStart:      func(_, address string) { note(func() { s.address = address }) },
		TLSHandshakeStart: func() { note(func() { s.shaking = true }) },
		ConnectDone: func(_, address string, err error) {
			note(func() {
				if err == nil {
					s.connected, s.address = true, address
				}
			})
		},
		TLSHandshakeDone: func(state tls.ConnectionState, err error) {
			note(func() {
				if err == nil {
					s.tls = &state
				}
			})
		},
	}
}

// attempt is a connection that failed.
type attempt struct {
	*steps
	names          UpstreamNames
	host           string
	now            time.Time
	ownCA, ownCert bool
}

// explain says why, and what to do.
func (a attempt) explain(err error) string {
	switch {
	case errors.Is(err, connpool.ErrClosed):
		return a.closed()
	case a.shaking:
		return a.handshake(err)
	case a.connected: // between that and TLS there is only what a proxy says
		return "the proxy of HTTPS_PROXY or HTTP_PROXY does not lead to the upstream. Correct the variable, or name the host in NO_PROXY"
	}
	if dns := new(net.DNSError); errors.As(err, &dns) {
		switch {
		case dns.IsNotFound:
			return "there is no host of the name " + dns.Name + ". Correct the name, or this machine's DNS"
		case dns.IsTimeout:
			return "DNS does not tell the address of " + dns.Name + " in time. Look at this machine's DNS"
		}
		return "DNS does not tell the address of " + dns.Name + ". Look at this machine's DNS"
	}
	if isTimeout(err) {
		return "there is no connection to " + a.address + " in time. A firewall on the way may let nothing through, or the address be wrong"
	}
	return fmt.Sprintf("there is no connection: %v. Correct the address, or start what should listen there", err)
}

// isTimeout says whether time ran out, a step's or that of all.
func isTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

// closed is about a connection that the upstream did not want.
func (a attempt) closed() string {
	if a.tls == nil {
		return "the upstream closes a connection as soon as it is made. Ask whether it takes connections from here, or only with TLS (https)"
	}
	if a.ownCert {
		return "the upstream closes the connection after the TLS handshake. It may not accept the client certificate of " + a.names.Cert
	}
	return "the upstream closes the connection after the TLS handshake. It may demand a client certificate: set " + a.names.Cert
}

// handshake is about TLS.
func (a attempt) handshake(err error) string {
	var (
		authority x509.UnknownAuthorityError
		invalid   x509.CertificateInvalidError
		name      x509.HostnameError
		record    tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &record):
		return "what listens on " + a.address + " does not speak TLS. Correct the port"
	case isTimeout(err):
		return "what listens on " + a.address + " does not finish the TLS handshake in time. It may not speak TLS, or hang"
	case errors.As(err, &authority) && a.ownCA:
		return "the upstream's certificate does not come from the CA of " + a.names.CA + ". Name the CA that signed it"
	case errors.As(err, &authority):
		return "the upstream's certificate comes from no CA that this machine trusts. Name its CA with " + a.names.CA
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return validity("", "the upstream's certificate", invalid.Cert.NotBefore, invalid.Cert.NotAfter, a.now).Text
	case errors.As(err, &name):
		return "the upstream's certificate is for other names than " + a.host + ". Correct the name"
	}
	if !a.ownCert {
		return fmt.Sprintf("the TLS handshake fails: %v. If the upstream demands a client certificate, set %s", err, a.names.Cert)
	}
	return fmt.Sprintf("the TLS handshake fails: %v", err)
}
