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
	direct *direct                                 // nil where only net/http can go: by a proxy
	choose func(context.Context) (net.Conn, error) // opens a connection with TLS

	// plain is whether direct may be used. Over TLS that shows when the upstream has
	// chosen between HTTP/1.1 and HTTP/2.
	plain  atomic.Bool
	warmed chan *tls.Conn // one that chose HTTP/2 and waits for the first call
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
	l := &link{config: config, warmed: make(chan *tls.Conn, 1)}
	dial := counted(options.Dial)
	l.http = &viaHTTP{options: options, transport: newHTTPTransport(dial, config)}
	host, err := httpguts.PunycodeHostPort(options.URL.Host)
	proxy, proxyErr := http.ProxyFromEnvironment(&http.Request{URL: options.URL})
	if err != nil || proxyErr != nil || proxy != nil || strings.Contains(host, "%") {
		return l
	}
	address := withPort(&url.URL{Scheme: options.URL.Scheme, Host: host})
	open := func(ctx context.Context) (net.Conn, error) { return dial(ctx, "tcp", address) }
	l.direct = &direct{dial: open, common: commonLines(host, options.UserAgent)}
	if options.URL.Scheme == "https" {
		l.choose = secured(open, config, options.URL.Hostname(), "h2", "http/1.1")
		l.direct.dial = secured(open, config, options.URL.Hostname(), "http/1.1")
		l.http.transport.DialTLSContext = l.dialTLS
	} else {
		l.plain.Store(true)
	}
	return l
}

// dialTLS makes net/http's connections with TLS and notes which protocol the
// upstream chooses. There is one address to call.
func (l *link) dialTLS(ctx context.Context, _, _ string) (net.Conn, error) {
	select {
	case conn := <-l.warmed:
		if l.direct.keep(conn).usable() {
			return conn, nil
		}
		_ = conn.Close()
	default:
	}
	conn, err := l.choose(ctx)
	if err == nil && !speaksHTTP2(conn) {
		l.plain.Store(true)
	}
	return conn, err
}

func speaksHTTP2(conn net.Conn) bool {
	secure, ok := conn.(*tls.Conn)
	return ok && secure.ConnectionState().NegotiatedProtocol == "h2"
}

// warm opens a connection for the first call. Nothing is sent on it.
func (l *link) warm(ctx context.Context) error {
	if l.direct == nil {
		return nil // a proxy is not asked for what may never be needed
	}
	if l.plain.Load() {
		conn, err := l.direct.open(ctx)
		if err == nil {
			l.direct.release(conn)
		}
		return err
	}
	conn, err := l.choose(ctx)
	if err != nil {
		return err
	}
	secure, ok := conn.(*tls.Conn)
	if ok && speaksHTTP2(conn) {
		select {
		case l.warmed <- secure:
			return nil
		default:
			return conn.Close()
		}
	}
	l.plain.Store(true)
	l.direct.release(l.direct.keep(conn))
	return nil
}

func (l *link) close() {
	l.http.transport.CloseIdleConnections()
	if l.direct != nil {
		l.direct.close()
	}
	select {
	case conn := <-l.warmed:
		_ = conn.Close()
	default:
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
		// Calls have little in common that a table of past headers would find again:
		// each has a token, a path and a request id of its own. To keep the table costs
		// more than it saves, and both sides would remember tokens (RFC 7541, section 7.1.3).
		HTTP2: &http.HTTP2Config{MaxEncoderHeaderTableSize: 1},
	}
}
