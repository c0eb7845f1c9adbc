// Package flaky is a way from gRPC callers to a facade that fails now and then,
// as it does while a facade restarts. It shows which callers retry.
package flaky

import (
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"

	"google.golang.org/grpc/codes"
)

// Proxy passes calls on to the facade at a URL, over HTTP/2, but for those that
// refuse picks. Their answer is UNAVAILABLE in trailers alone: a client that has
// seen headers does not retry (gRFC A6). A nil transport is one for plaintext.
func Proxy(facade *url.URL, transport http.RoundTripper, refuse func(*http.Request) bool) http.Handler {
	if transport == nil {
		transport = &http.Transport{Protocols: protocols()}
	}
	pass := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(facade)
			r.Out.Host = r.In.Host
		},
		Transport: transport,
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			unavailable(w, err.Error())
		},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !refuse(r) {
			pass.ServeHTTP(w, r)
			return
		}
		unavailable(w, "nothing gets through at the moment")
	})
}

func unavailable(w http.ResponseWriter, why string) {
	w.Header().Set("Content-Type", "application/grpc")
	w.Header().Set("Grpc-Status", strconv.Itoa(int(codes.Unavailable)))
	w.Header().Set("Grpc-Message", why)
}

// Server is a server for a Proxy: with HTTP/2, in plaintext or over TLS.
func Server(proxy http.Handler) *http.Server {
	//nolint:gosec // for demonstrations and tests: nobody sends headers slowly
	return &http.Server{Handler: proxy, Protocols: protocols()}
}

func protocols() *http.Protocols {
	p := &http.Protocols{}
	p.SetHTTP2(true)
	p.SetUnencryptedHTTP2(true)
	return p
}
