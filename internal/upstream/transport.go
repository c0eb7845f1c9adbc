package upstream

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http/httpguts"
)

// Dialer opens connections, as net.Dialer.DialContext does.
type Dialer func(ctx context.Context, network, address string) (net.Conn, error)

const (
	// maxConnections is how many connections to the upstream are kept open while
	// idle. net/http's default of 2 would open a new one for nearly every call of a
	// busy facade.
	maxConnections = 4096
	idleTimeout    = 90 * time.Second
	// dialTimeout bounds the making of a connection, and again its TLS handshake.
	dialTimeout = 5 * time.Second
)

// sender sends requests over connections that it keeps.
type sender interface {
	// send sends a request and returns the answer, whose body is still to be read
	// and must be closed. What of the request leaves is noted in sent.
	send(ctx context.Context, sent *wireLog, r *request) (*http.Response, error)
}

// transport sends requests to the upstream. Its TLS configuration may change
// while it is used: each gets connections of its own, and the calls under way
// finish on theirs.
type transport struct {
	options *Options

	mu      sync.Mutex
	current *link
}

// link is how the upstream is reached with one TLS configuration.
type link struct {
	config *tls.Config
	http   *viaHTTP
	direct *direct // nil where only net/http can go: by a proxy

	// plain is whether direct may be used. Over TLS that shows when the upstream has
	// chosen between HTTP/1.1 and HTTP/2.
	plain atomic.Bool
}

// pick finds what sends a request.
func (t *transport) pick(r *request) sender {
	link := t.link()
	if link.plain.Load() && len(r.body) <= maxDirectBody {
		return link.direct
	}
	return link.http
}

func (t *transport) link() *link {
	var config *tls.Config
	if t.options.TLS != nil {
		config = t.options.TLS()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current == nil || config != t.current.config {
		if t.current != nil {
			t.current.close()
		}
		t.current = newLink(t.options, config)
	}
	return t.current
}

// close closes the connections that no call uses.
func (t *transport) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current != nil {
		t.current.close()
		t.current = nil
	}
}

func newLink(options *Options, config *tls.Config) *link {
	l := &link{config: config}
	dial := counted(options.Dial)
	l.http = &viaHTTP{options: options, transport: newHTTPTransport(dial, config)}
	host, err := httpguts.PunycodeHostPort(options.URL.Host)
	proxy, proxyErr := http.ProxyFromEnvironment(&http.Request{URL: options.URL})
	if err != nil || proxyErr != nil || proxy != nil || strings.Contains(host, "%") {
		return l
	}
	address := withPort(&url.URL{Scheme: options.URL.Scheme, Host: host})
	open := func(ctx context.Context) (net.Conn, error) { return dial(ctx, "tcp", address) }
	if options.URL.Scheme == "https" {
		open = secured(open, config, options.URL.Hostname(), "http/1.1")
		l.http.transport.DialTLSContext = l.choosing(dial, config)
	} else {
		l.plain.Store(true)
	}
	l.direct = &direct{dial: open, common: commonLines(host, options.UserAgent)}
	return l
}

// choosing makes net/http's TLS connections and notes which protocol the upstream
// chooses.
func (l *link) choosing(dial Dialer, config *tls.Config) Dialer {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		name, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		open := secured(func(ctx context.Context) (net.Conn, error) { return dial(ctx, network, address) },
			config, name, "h2", "http/1.1")
		conn, err := open(ctx)
		if secure, ok := conn.(*tls.Conn); ok && secure.ConnectionState().NegotiatedProtocol != "h2" {
			l.plain.Store(true)
		}
		return conn, err
	}
}

func (l *link) close() {
	l.http.transport.CloseIdleConnections()
	if l.direct != nil {
		l.direct.close()
	}
}

// counted makes the connections whose writes are counted.
func counted(dial Dialer) Dialer {
	if dial == nil {
		dial = (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &countingConn{Conn: conn}, nil
	}
}

// secured opens connections with TLS, offering protocols in the order of
// preference.
func secured(open func(context.Context) (net.Conn, error), config *tls.Config, name string, protocols ...string) func(context.Context) (net.Conn, error) {
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	config = config.Clone()
	config.NextProtos = protocols
	if config.ServerName == "" {
		config.ServerName = name
	}
	return func(ctx context.Context) (net.Conn, error) {
		plain, err := open(ctx)
		if err != nil {
			return nil, err
		}
		ctx, cancel := context.WithTimeout(ctx, dialTimeout)
		defer cancel()
		conn := tls.Client(plain, config)
		if err := conn.HandshakeContext(ctx); err != nil {
			_ = plain.Close()
			return nil, err
		}
		return conn, nil
	}
}

// withPort is the address of a URL, with the port that its scheme implies.
func withPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// newHTTPTransport makes net/http's transport. It speaks HTTP/2 where the upstream
// does, heeds HTTPS_PROXY and NO_PROXY, keeps no cookies and, being a transport,
// follows no redirects.
func newHTTPTransport(dial Dialer, config *tls.Config) *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dial,
		TLSClientConfig:       config,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          maxConnections,
		MaxIdleConnsPerHost:   maxConnections,
		IdleConnTimeout:       idleTimeout,
		TLSHandshakeTimeout:   dialTimeout,
		ExpectContinueTimeout: time.Second,
		// The size of an answer is bounded as it is on the wire; a compressed one
		// would have to be unpacked first.
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxAnswerHeader,
	}
}
