// Command flaky stands between a caller and a facade and refuses, of each
// session, the first call of one method as UNAVAILABLE. It prints its address,
// then what it refused and what came again: whether a caller retries shows
// nowhere else. examples/run puts it before every example.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"sync"

	"github.com/wingspan-grpc/session-facade/test/flaky"
)

func main() {
	facade := flag.String("facade", "localhost:9090", "the facade's address")
	method := flag.String("method", "ListApiSessions", "the method to refuse")
	cert := flag.String("cert", "", "certificate (PEM) to serve TLS with; the facade's must be of the same CA, or the same")
	key := flag.String("key", "", "its key (PEM)")
	flag.Parse()
	if err := run(*facade, *method, *cert, *key); err != nil {
		fmt.Fprintln(os.Stderr, "flaky:", err)
		os.Exit(1)
	}
}

func run(facade, method, cert, key string) error {
	target := &url.URL{Scheme: "http", Host: facade}
	var transport http.RoundTripper
	if cert != "" {
		roots, err := rootsOf(cert)
		if err != nil {
			return err
		}
		target.Scheme = "https"
		transport = &http.Transport{
			TLSClientConfig:   &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			ForceAttemptHTTP2: true,
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it does not wait
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	server := flaky.Server(flaky.Proxy(target, transport, once(method)))
	if cert != "" {
		return server.ServeTLS(listener, cert, key)
	}
	return server.Serve(listener)
}

func rootsOf(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file) //nolint:gosec // whoever starts the program names the file
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, errors.New(file + " holds no certificate")
	}
	return roots, nil
}

// once picks the first call of a method that comes with a token.
func once(method string) func(*http.Request) bool {
	var seen sync.Map
	return func(r *http.Request) bool {
		if path.Base(r.URL.Path) != method {
			return false
		}
		if _, before := seen.LoadOrStore(r.Header.Get("Authorization"), true); !before {
			fmt.Println("refused", method, "as UNAVAILABLE")
			return true
		}
		fmt.Printf("%s came again, grpc-previous-rpc-attempts: %s\n", method, r.Header.Get("Grpc-Previous-Rpc-Attempts"))
		return false
	}
}
