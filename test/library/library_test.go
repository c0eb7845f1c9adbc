// Package library tests what REST can say and the contract has no case of, by a service
// of its own, which only these tests serve: real servers, a real upstream, both protocols.
package library_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	libraryv1forward "github.com/wingspan-grpc/session-facade/gen/library/forward/library/v1"
	gatewayv1 "github.com/wingspan-grpc/session-facade/gen/library/gateway/library/v1"
	libraryv1 "github.com/wingspan-grpc/session-facade/gen/library/go/library/v1"
	libraryv1json "github.com/wingspan-grpc/session-facade/gen/library/wirejson/library/v1"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/internal/membudget"
	"github.com/wingspan-grpc/session-facade/internal/transport"
	"github.com/wingspan-grpc/session-facade/internal/transport/grpcserver"
	"github.com/wingspan-grpc/session-facade/internal/transport/restgateway"
	"github.com/wingspan-grpc/session-facade/internal/upstream"
	"github.com/wingspan-grpc/session-facade/internal/upstream/connpool"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
	"github.com/wingspan-grpc/session-facade/test/httpclient"
)

// library is a facade of the LibraryService.
type library struct {
	upstream *facadetest.Recorder
	client   libraryv1.LibraryServiceClient
	rest     string
	log      *facadetest.Log
}

// serve starts the facade in front of an upstream that answers as it is told.
func serve(t *testing.T) *library {
	t.Helper()
	l := &library{upstream: facadetest.NewRecorder(t, facadetest.Respond(http.StatusOK, nil, "{}")), log: &facadetest.Log{}}
	logger := slog.New(slog.NewJSONHandler(l.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	rules, err := httprule.Service(libraryv1.File_library_v1_library_proto.Services().Get(0))
	if err != nil {
		t.Fatal(err)
	}
	base, err := url.Parse(l.upstream.URL)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := upstream.NewConn(rules, upstream.Options{JSON: libraryv1json.Methods,
		Pool:             connpool.Options{URL: base, MaxConnections: 100, Age: 2 * time.Minute, IdleTimeout: 90 * time.Second},
		MaxResponseBytes: 1 << 20, MaxErrorBytes: 1 << 16, MaxAttempts: 3, RetryBudget: 1, Timeout: 15 * time.Second, Logger: logger,
		Tracer: tracenoop.NewTracerProvider(), Meter: metricnoop.NewMeterProvider(), Propagator: propagation.TraceContext{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	pipeline, err := transport.NewPipeline("library.v1.LibraryService", transport.Options{Rules: rules, Logger: logger, Timeout: 15 * time.Second,
		MaxRequestBytes: 4 << 20, MaxInFlight: 100, Memory: membudget.New(64 << 20), Tracer: tracenoop.NewTracerProvider(),
		Meter: metricnoop.NewMeterProvider(), Propagator: propagation.TraceContext{}})
	if err != nil {
		t.Fatal(err)
	}
	pipeline.Health.Serving()
	service := &libraryv1forward.LibraryService{Upstream: libraryv1.NewLibraryServiceClient(conn)}
	l.serveGRPC(t, pipeline, service)
	l.serveREST(t, pipeline, service)
	return l
}

func (l *library) serveGRPC(t *testing.T, pipeline *transport.Pipeline, service libraryv1.LibraryServiceServer) {
	t.Helper()
	served, err := grpcserver.New(pipeline, &libraryv1.LibraryService_ServiceDesc, service, grpcserver.Options{MaxStreams: 100})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = served.Serve(listener) }()
	t.Cleanup(served.Stop)
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	l.client = libraryv1.NewLibraryServiceClient(conn)
}

func (l *library) serveREST(t *testing.T, pipeline *transport.Pipeline, service libraryv1.LibraryServiceServer) {
	t.Helper()
	gateway, err := restgateway.New(pipeline, restgateway.Service{
		Desc: &libraryv1.LibraryService_ServiceDesc, Server: service, JSON: libraryv1json.Methods,
		Register: func(mux *runtime.ServeMux, channel grpc.ClientConnInterface) error {
			return gatewayv1.RegisterLibraryServiceHandlerClient(context.Background(), mux, libraryv1.NewLibraryServiceClient(channel))
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	served := httptest.NewServer(gateway.Bound(gateway))
	t.Cleanup(served.Close)
	l.rest = served.URL
}

// call makes a REST call. The path is sent as it is.
func (l *library) call(t *testing.T, verb, path, body string) (*http.Response, string) {
	t.Helper()
	target, err := url.Parse(l.rest)
	if err != nil {
		t.Fatal(err)
	}
	target.Opaque = path
	request := &http.Request{Method: verb, URL: target, Header: http.Header{}, Body: http.NoBody}
	if body != "" {
		request.Body, request.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := httpclient.Shared.Transport.RoundTrip(request.WithContext(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(text)
}

// seen is the one request that the upstream saw.
func (l *library) seen(t *testing.T) facadetest.Seen {
	t.Helper()
	all := l.upstream.Take()
	if len(all) != 1 {
		t.Fatalf("the upstream saw %d requests, want 1", len(all))
	}
	return all[0]
}
