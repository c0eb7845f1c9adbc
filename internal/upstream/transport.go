package upstream

import (
	"context"
	"net"
	"net/http"
	"time"
)

// maxConnections is how many connections to the upstream are kept open while
// idle. net/http's default of 2 would open a new one for nearly every call of a
// busy facade.
const maxConnections = 4096

// NewTransport makes the HTTP transport to the upstream. It speaks HTTP/2 where
// the upstream does, heeds HTTPS_PROXY and NO_PROXY, keeps no cookies and,
// being a transport, follows no redirects.
func NewTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return &countingConn{Conn: conn}, nil
		},
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          maxConnections,
		MaxIdleConnsPerHost:   maxConnections,
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   5 * time.Second,
		ExpectContinueTimeout: time.Second,
		// The size of an answer is bounded as it is on the wire; a compressed one
		// would have to be unpacked first.
		DisableCompression: true,
		// Headers of an answer larger than this are refused.
		MaxResponseHeaderBytes: 256 << 10,
	}
}
