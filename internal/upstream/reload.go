package upstream

import (
	"crypto/tls"
	"net/http"
	"sync"
)

// Reloading is a transport whose TLS configuration may change while it is used:
// each configuration gets a transport of its own, and the calls under way finish
// on theirs.
type Reloading struct {
	config func() *tls.Config

	mu      sync.Mutex
	present *tls.Config
	current *http.Transport
}

// NewReloading makes a transport that asks for its TLS configuration at every
// request. The same pointer is the same configuration; nil is the default one.
func NewReloading(config func() *tls.Config) *Reloading {
	return &Reloading{config: config}
}

// RoundTrip implements http.RoundTripper.
func (r *Reloading) RoundTrip(request *http.Request) (*http.Response, error) {
	return r.transport().RoundTrip(request)
}

func (r *Reloading) transport() *http.Transport {
	config := r.config()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.current == nil || config != r.present {
		if r.current != nil {
			r.current.CloseIdleConnections()
		}
		r.present, r.current = config, NewTransport()
		r.current.TLSClientConfig = config
	}
	return r.current
}

// CloseIdleConnections closes the connections that no call uses.
func (r *Reloading) CloseIdleConnections() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.current != nil {
		r.current.CloseIdleConnections()
	}
}
