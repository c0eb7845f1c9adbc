package test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/test/bufconn"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/facade"
	"github.com/wingspan-grpc/session-facade/internal/telemetry"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

const benchSession = `{"sessionId":"s-1","expiration":"2022-09-03T19:46:40.748Z","isUnlimitedExpiration":false,` +
	`"labels":{"team":"payroll"},"sessionType":"API","token":"t-0123456789","userId":"u-1"}`

// canned is a connection to an upstream without a network: what is measured is
// ours and net/http's alone.
type canned struct {
	net.Conn
	answers chan string // to the requests that were written
	answer  strings.Reader
	closed  chan struct{}
	once    sync.Once
	ends    chan struct{} // a read
}

func dialCanned(context.Context, string, string) (net.Conn, error) {
	return &canned{answers: make(chan string, 1), closed: make(chan struct{}), ends: make(chan struct{}, 1)}, nil
}

// Write takes a whole request.
func (c *canned) Write(request []byte) (int, error) {
	answer := cannedSession
	switch {
	case bytes.HasPrefix(request, []byte("DELETE ")):
		answer = cannedEnd
	case bytes.HasPrefix(request, []byte("GET /users/session/api ")):
		answer = cannedList
	}
	c.answers <- answer
	return len(request), nil
}

// Read waits for a request to answer, as net/http's client expects.
func (c *canned) Read(b []byte) (int, error) {
	if c.answer.Len() == 0 {
		select {
		case answer := <-c.answers:
			c.answer.Reset(answer)
		case <-c.closed:
			return 0, io.EOF
		case <-c.ends:
			return 0, os.ErrDeadlineExceeded
		}
	}
	return c.answer.Read(b)
}

// SetReadDeadline ends a read at once: a connection that rests is ready without a wait.
func (c *canned) SetReadDeadline(deadline time.Time) error {
	if !deadline.IsZero() {
		c.ends <- struct{}{}
	}
	return nil
}

func (c *canned) SetDeadline(time.Time) error { return nil }
func (c *canned) Close() error                { c.once.Do(func() { close(c.closed) }); return nil }

var (
	cannedSession = cannedAnswer(benchSession)
	cannedList    = cannedAnswer(benchList)
	cannedEnd     = "HTTP/1.1 204 No Content\r\nDate: Sat, 03 Sep 2022 19:46:40 GMT\r\n\r\n"
)

func cannedAnswer(body string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: Sat, 03 Sep 2022 19:46:40 GMT\r\nContent-Length: %d\r\n\r\n%s",
		len(body), body)
}

var benchList = "[" + strings.Repeat(benchSession+",", 999) + benchSession + "]"

// newBenchServer puts the layers together as the command does, with its defaults:
// access log, metrics, validation, limits, retries and breaker.
func newBenchServer(b *testing.B) *facade.Facade {
	b.Helper()
	recorded, err := telemetry.Start(b.Context(), func() (string, string) { return "bench", "" }, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	servers := facadetest.New(b, "http://upstream.test", facadetest.Config{Dial: dialCanned, Tracer: recorded.Tracer, Meter: recorded.Meter},
		slog.New(slog.NewJSONHandler(io.Discard, nil))) //nolint:sloglint // writing a line costs, too
	servers.Health.Serving()
	return servers
}

// discarded is the least of a response that a handler can write to.
type discarded struct {
	header http.Header
	status int
}

func (d *discarded) Header() http.Header         { return d.header }
func (d *discarded) Write(p []byte) (int, error) { d.WriteHeader(http.StatusOK); return len(p), nil }
func (d *discarded) WriteHeader(status int) {
	if d.status == 0 {
		d.status = status
	}
}

// BenchmarkREST is a whole call by the REST gateway, without net/http's server.
func BenchmarkREST(b *testing.B) {
	const body = `{"labels":{"team":"payroll"}}`
	for _, call := range []struct {
		name, verb, path, body string
		status                 int
	}{
		{"get", http.MethodGet, "/users/session/api/s-1", "", http.StatusOK},
		{"create", http.MethodPost, "/users/session/api", body, http.StatusOK},
		{"list-1000", http.MethodGet, "/users/session/api", "", http.StatusOK},
		{"end", http.MethodDelete, "/users/session/token/t-1", "", http.StatusNoContent},
	} {
		b.Run(call.name, func(b *testing.B) {
			server := newBenchServer(b)
			reader := strings.NewReader(call.body)
			request, err := http.NewRequestWithContext(b.Context(), call.verb, call.path, nil)
			if err != nil {
				b.Fatal(err)
			}
			request.Body, request.RemoteAddr, request.ContentLength = io.NopCloser(reader), "127.0.0.1:1", int64(len(call.body))
			request.Header = http.Header{"Authorization": {"Bearer t"}, "Content-Type": {"application/json"}}
			b.ReportAllocs()
			for b.Loop() {
				reader.Reset(call.body)
				w := &discarded{header: http.Header{}}
				server.Gateway.ServeHTTP(w, request)
				if w.status != call.status {
					b.Fatalf("answered %d", w.status)
				}
			}
		})
	}
}

// BenchmarkGRPC is a whole call by the gRPC port, the client and the connection
// in memory with it.
func BenchmarkGRPC(b *testing.B) {
	type client = usersv1.SessionAndAuthenticationServiceClient
	for name, call := range map[string]func(context.Context, client) error{
		"get": func(ctx context.Context, c client) error {
			_, err := c.GetApiSession(ctx, &usersv1.GetApiSessionRequest{Id: "s-1"})
			return err
		},
		"create": func(ctx context.Context, c client) error {
			_, err := c.CreateApiSession(ctx, &usersv1.CreateApiSessionRequest{Labels: map[string]string{"team": "payroll"}})
			return err
		},
		"list-1000": func(ctx context.Context, c client) error {
			_, err := c.ListApiSessions(ctx, &usersv1.ListApiSessionsRequest{})
			return err
		},
	} {
		b.Run(name, func(b *testing.B) {
			server, listener := newBenchServer(b), bufconn.Listen(1<<20)
			go func() { _ = server.GRPC.Serve(listener) }()
			defer server.GRPC.Stop()
			conn, err := grpc.NewClient("passthrough:///memory", grpc.WithTransportCredentials(insecure.NewCredentials()),
				grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
			if err != nil {
				b.Fatal(err)
			}
			defer conn.Close()
			to := usersv1.NewSessionAndAuthenticationServiceClient(conn)
			ctx := metadata.AppendToOutgoingContext(b.Context(), "authorization", "Bearer t")
			b.ReportAllocs()
			for b.Loop() {
				if err := call(ctx, to); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
