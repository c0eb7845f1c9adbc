package main

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"time"

	"connectrpc.com/vanguard"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
)

var serviceDescriptor = usersv1.File_wingspan_users_v1_session_and_authentication_service_proto.
	Services().ByName("SessionAndAuthenticationService")

// runProxy is the process of a reverse proxy that translates nothing. Its
// arguments are the upstream's URL and the CA's file.
func runProxy(args []string) error {
	handler, err := newProxy(args)
	if err != nil {
		return err
	}
	return serveHTTP("rest", handler)
}

// runVanguard is the process of a reverse proxy behind Vanguard, which speaks
// gRPC and REST and translates to REST.
func runVanguard(args []string) error {
	proxy, err := newProxy(args)
	if err != nil {
		return err
	}
	transcoder, err := vanguard.NewTranscoder([]*vanguard.Service{
		vanguard.NewServiceWithSchema(serviceDescriptor, proxy,
			vanguard.WithTargetProtocols(vanguard.ProtocolREST),
			vanguard.WithTargetCodecs(vanguard.CodecJSON),
			vanguard.WithNoTargetCompression()),
	})
	if err != nil {
		return err
	}
	return serveHTTP("both", transcoder)
}

// newTransport makes net/http's client with as many idle connections as the facade
// keeps: with its own 2 it would be measured opening connections. It trusts the CA
// in a file.
func newTransport(ca string) (*http.Transport, error) {
	text, err := os.ReadFile(ca) //nolint:gosec // our parent says where
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	return &http.Transport{
		MaxIdleConns: 4096, MaxIdleConnsPerHost: 4096, IdleConnTimeout: 90 * time.Second,
		DisableCompression: true, ForceAttemptHTTP2: true,
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
	}, nil
}

// newProxy makes a reverse proxy to the upstream at args[0]; args[1] is the CA's file.
func newProxy(args []string) (*httputil.ReverseProxy, error) {
	upstream, err := url.Parse(args[0])
	if err != nil {
		return nil, err
	}
	transport, err := newTransport(args[1])
	if err != nil {
		return nil, err
	}
	return &httputil.ReverseProxy{
		Transport: transport,
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(upstream) },
		ErrorLog:  log.New(io.Discard, "", 0), // calls under way at the end of a run are cut off
	}, nil
}

// serveHTTP serves HTTP/1.1, and HTTP/2 without TLS, on a port of its own.
func serveHTTP(protocol string, handler http.Handler) error {
	listener, err := listen()
	if err != nil {
		return err
	}
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	addresses := map[string]string{"http": listener.Addr().String()}
	if protocol == "both" {
		addresses["grpc"] = listener.Addr().String()
	}
	announce(addresses)
	server := &http.Server{Handler: handler, Protocols: &protocols, ReadHeaderTimeout: time.Minute,
		HTTP2: &http.HTTP2Config{MaxConcurrentStreams: 1000}}
	return server.Serve(listener)
}
