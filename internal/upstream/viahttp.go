package upstream

import (
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
)

// viaHTTP sends requests by net/http, which speaks HTTP/2 and goes by proxies.
type viaHTTP struct {
	options   *Options
	transport *http.Transport
}

// send implements sender.
func (v *viaHTTP) send(ctx context.Context, sent *wireLog, r *request) (*http.Response, error) {
	within, cancel := context.WithCancel(ctx)
	request, err := r.toHTTP(sent.trace(within, cancel), v.options)
	if err != nil {
		cancel()
		return nil, err
	}
	response, err := v.transport.RoundTrip(request)
	if err != nil {
		cancel()
		return nil, err
	}
	response.Body = &cancelling{response.Body, cancel}
	return response, nil
}

// cancelling is a body that ends its request's context when it is closed.
type cancelling struct {
	io.ReadCloser
	cancel context.CancelFunc
}

// Close implements io.Closer.
func (c *cancelling) Close() error {
	defer c.cancel()
	return c.ReadCloser.Close()
}

// trace makes a context whose request is noted; stop must cancel it.
func (l *wireLog) trace(ctx context.Context, stop func()) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			plain, shared := underneath(info.Conn)
			if l.begin(plain) {
				return
			}
			stop()
			if !shared {
				_ = info.Conn.Close() // HTTP/1.1 would write before it looks at the context
			}
		},
		Got1xxResponse: func(int, textproto.MIMEHeader) error {
			if l.interim.Add(1) > maxInterim {
				return errTooManyInterim
			}
			return nil
		},
		WroteHeaders: func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.header = true
		},
	})
}
