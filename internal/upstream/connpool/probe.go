package connpool

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"sync"
	"time"
)

// ErrClosed says that the upstream ended a connection before there was a request.
var ErrClosed = errors.New("the upstream closed the connection before there was a request")

// probeTime is how long an upstream has to refuse a connection that is made. With TLS 1.3
// it reads the client's certificate after the client's side of the handshake is done.
const probeTime = time.Second

// Probe makes one connection, as calls do, and closes it without a request. http2 says
// which protocol the upstream chose. The httptrace of ctx is told of each step.
func (p *Pool) Probe(ctx context.Context) (http2 bool, err error) {
	var config *tls.Config
	if p.options.TLS != nil {
		config = p.options.TLS()
	}
	c, err := p.connect(ctx, p.newTransport(config))
	if err != nil {
		return false, err
	}
	defer c.Close()
	ended := make(chan struct{})
	var once sync.Once
	c.SetStateHook(func(c *http.ClientConn) {
		if c.Err() != nil {
			once.Do(func() { close(ended) })
		}
	})
	timer := time.NewTimer(probeTime)
	defer timer.Stop()
	select {
	case <-ended:
		return c.HTTP2, ErrClosed
	case <-ctx.Done():
		return c.HTTP2, ctx.Err()
	case <-timer.C:
		return c.HTTP2, nil
	}
}
