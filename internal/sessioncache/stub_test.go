package sessioncache_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"google.golang.org/protobuf/proto"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	usersv1json "github.com/wingspan-grpc/session-facade/gen/wirejson/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/internal/membudget"
	"github.com/wingspan-grpc/session-facade/internal/relay"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache"
	"github.com/wingspan-grpc/session-facade/internal/upstream"
	"github.com/wingspan-grpc/session-facade/internal/upstream/connpool"
)

// stub is an upstream without a network: it decodes as the real one does, and what it
// responds comes from a function.
type stub struct {
	*upstream.Conn
	respond func(ctx context.Context, token string) (*relay.Response, error)
}

// Respond implements sessioncache.Upstream.
func (s *stub) Respond(ctx context.Context, method string, request proto.Message) (*relay.Response, error) {
	get, _ := request.(*usersv1.GetSessionRequest)
	got, err := s.respond(ctx, get.GetId())
	if err == nil && got.Status/100 != 2 {
		err = s.Decode(ctx, method, got, nil, false) // is its error
	}
	return got, err
}

// newStubbed makes a cache in front of a stub.
func newStubbed(tb testing.TB, ttl, stale time.Duration, entries int, respond func(context.Context, string) (*relay.Response, error)) *sessioncache.Cache {
	tb.Helper()
	return newStubbedWith(tb, sessioncache.Options{TTL: ttl, Stale: stale, Entries: entries}, respond)
}

// newStubbedWith makes a cache with options.
func newStubbedWith(tb testing.TB, o sessioncache.Options, respond func(context.Context, string) (*relay.Response, error)) *sessioncache.Cache {
	tb.Helper()
	rules, err := httprule.Service(usersv1.File_wingspan_users_v1_session_and_authentication_service_proto.
		Services().ByName("SessionAndAuthenticationService"))
	if err != nil {
		tb.Fatal(err)
	}
	conn, err := upstream.NewConn(rules, upstream.Options{
		JSON:             usersv1json.Methods,
		Pool:             connpool.Options{URL: &url.URL{Scheme: "http", Host: "127.0.0.1:1"}, MaxConnections: 1, Age: time.Minute, IdleTimeout: time.Minute},
		MaxResponseBytes: 1 << 20, MaxErrorBytes: 1 << 16, MaxAttempts: 1, Timeout: 15 * time.Second,
		Logger: slog.New(slog.DiscardHandler), Tracer: tracenoop.NewTracerProvider(), Meter: metricnoop.NewMeterProvider(), Propagator: propagation.TraceContext{},
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(conn.Close)
	o.Timeout, o.Memory, o.Logger, o.Meter = 15*time.Second, membudget.New(256<<20), slog.New(slog.DiscardHandler), metricnoop.NewMeterProvider()
	cache, err := sessioncache.New(rules, &stub{conn, respond}, o)
	if err != nil {
		tb.Fatal(err)
	}
	return cache
}

// checkSession checks a session, as a caller with a header of its own, and says how the
// cache came to the response.
func checkSession(ctx context.Context, cache *sessioncache.Cache, token string, exchange *relay.Exchange) (string, error) {
	err := cache.Invoke(relay.NewContext(ctx, exchange), usersv1.SessionAndAuthenticationService_GetSession_FullMethodName,
		&usersv1.GetSessionRequest{Id: token}, &usersv1.GetSessionResponse{})
	return exchange.Cache, err
}

// response reads a response as net/http has it from a connection: the values of all its
// headers are in one piece of memory.
func response(status int, header, body string) *relay.Response {
	text := fmt.Sprintf("HTTP/1.1 %d X\r\nContent-Type: application/json\r\n%s\r\n", status, header)
	got, err := http.ReadResponse(bufio.NewReader(strings.NewReader(text)), nil)
	if err != nil {
		panic(err)
	}
	_ = got.Body.Close()
	return &relay.Response{Status: status, Header: got.Header, Body: []byte(body)}
}

// live is the response for a session that lasts.
func live(token, user string) *relay.Response {
	return response(200, "", fmt.Sprintf(`{"expiration":"2999-01-01T00:00:00.000Z","sessionType":"User","token":"%s","userId":"%s"}`, token, user))
}
