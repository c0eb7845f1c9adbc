package connectserver

import (
	"context"
	"encoding/binary"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/internal/membudget"
	"github.com/wingspan-grpc/session-facade/internal/transport"
	"github.com/wingspan-grpc/session-facade/internal/transport/httpport"
)

const (
	mib          = 1 << 20
	maxRequest   = 256 << 10
	maxAge       = 5 * time.Minute // of a connection
	base         = "/wingspan.users.v1.SessionAndAuthenticationService/"
	list         = base + "ListApiSessions"
	authenticate = base + "Authenticate"
	check        = "/grpc.health.v1.Health/Check"
	watch        = "/grpc.health.v1.Health/Watch"
	reflect      = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
)

// service answers at once, or when it is let go.
type service struct {
	usersv1.UnimplementedSessionAndAuthenticationServiceServer
	size  atomic.Int64 // of a list
	calls atomic.Int64
	hold  chan struct{} // nil does not hold
}

//nolint:revive // the name is the contract's
func (s *service) ListApiSessions(ctx context.Context, _ *usersv1.ListApiSessionsRequest) (*usersv1.ListApiSessionsResponse, error) {
	s.calls.Add(1)
	return &usersv1.ListApiSessionsResponse{ApiSessions: []*usersv1.ApiSession{{SessionId: strings.Repeat("s", int(s.size.Load()))}}}, s.wait(ctx)
}

func (s *service) Authenticate(ctx context.Context, _ *usersv1.AuthenticateRequest) (*usersv1.AuthenticateResponse, error) {
	s.calls.Add(1)
	return &usersv1.AuthenticateResponse{}, s.wait(ctx)
}

func (s *service) wait(ctx context.Context) error {
	if s.hold == nil {
		return nil
	}
	select {
	case <-s.hold:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// fixture is a server whose connections are pipes, so that it can be tested with a clock
// that does not wait.
type fixture struct {
	*Server
	service  *service
	http     *http.Server
	listener *pipes
	served   sync.WaitGroup
	over     map[bool]*http.Transport // HTTP/2 or not
}

func options() transport.Options {
	return transport.Options{Logger: slog.New(slog.DiscardHandler), Timeout: 15 * time.Second, MaxRequestBytes: maxRequest, MaxInFlight: 1000,
		Memory: membudget.New(16 * mib), Tracer: tracenoop.NewTracerProvider(), Meter: metricnoop.NewMeterProvider(), Propagator: propagation.TraceContext{}}
}

func newFixture(t *testing.T, o transport.Options) *fixture {
	t.Helper()
	var err error
	desc := &usersv1.SessionAndAuthenticationService_ServiceDesc
	if o.Rules, err = httprule.Service(usersv1.File_wingspan_users_v1_session_and_authentication_service_proto.Services().ByName("SessionAndAuthenticationService")); err != nil {
		t.Fatal(err)
	}
	pipeline, err := transport.NewPipeline(desc.ServiceName, o)
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{service: &service{}, listener: &pipes{accept: make(chan net.Conn), closed: make(chan struct{})}}
	if f.Server, err = New(pipeline, desc, f.service); err != nil {
		t.Fatal(err)
	}
	pipeline.Health.Serving()
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	f.http = &http.Server{Handler: f.Handler(http.NotFoundHandler()), Protocols: protocols, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute,
		WriteTimeout: 2*time.Minute + 15*time.Second, IdleTimeout: 10 * time.Minute, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0),
		HTTP2: &http.HTTP2Config{MaxConcurrentStreams: 100, WriteByteTimeout: 30 * time.Second}}
	httpport.LimitAge(f.http, maxAge)
	f.served.Go(func() { _ = f.http.Serve(f.listener) })
	dial := func(context.Context, string, string) (net.Conn, error) { return f.listener.dial(), nil }
	f.over = map[bool]*http.Transport{false: {DialContext: dial, DisableCompression: true}, true: {DialContext: dial, Protocols: new(http.Protocols)}}
	f.over[true].Protocols.SetUnencryptedHTTP2(true)
	return f
}

// stop ends all and checks that nothing is left.
func (f *fixture) stop(t *testing.T) {
	t.Helper()
	for _, transport := range f.over {
		transport.CloseIdleConnections()
	}
	_ = f.http.Close()
	f.served.Wait()
	synctest.Wait() // for the handlers
	f.isIdle(t)
}

// isIdle checks that nothing is counted of any call.
func (f *fixture) isIdle(t *testing.T) {
	t.Helper()
	for name, n := range map[string]int64{
		"bytes of requests": f.pipeline.Incoming.Used(), "bytes charged": f.pipeline.Memory.Used(), "places in flight": int64(len(f.pipeline.InFlight)),
		"requests": int64(f.pipeline.Incomplete.Len()), "responses": int64(f.responses.Len()), "streams": int64(f.pipeline.Health.Streams.Len()),
		"reflections": int64(f.pipeline.Health.Streams.Reflections.Len() + len(f.pipeline.Health.Streams.Reflecting)),
	} {
		if n != 0 {
			t.Errorf("%d %s are left", n, name)
		}
	}
}

// form is how a protocol writes a call.
type form struct {
	contentType string
	http2       bool
}

var forms = []form{
	{"application/proto", false}, {"application/proto", true}, {"application/grpc-web+proto", false},
	{"application/grpc-web+proto", true}, {"application/grpc", true},
}

// message is a message as the protocol frames it.
func (o form) message(text []byte) []byte {
	if o.contentType == "application/proto" {
		return text
	}
	return append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(text))), text...)
}

// start begins a call; what it leads to is read by the caller.
func (f *fixture) start(ctx context.Context, o form, path string, body io.Reader, header ...string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://pipe"+path, body)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", o.contentType)
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	return f.over[o.http2].RoundTrip(request)
}

// call makes a call and says how it has ended.
func (f *fixture) call(ctx context.Context, o form, path string, body io.Reader, header ...string) string {
	response, err := f.start(ctx, o, path, body, header...)
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err.Error()
	}
	if o.contentType == "application/proto" {
		return strconv.Itoa(response.StatusCode)
	}
	for _, header := range []http.Header{response.Header, response.Trailer} {
		if code := header.Get("Grpc-Status"); code != "" {
			return "status " + code
		}
	}
	_, after, _ := strings.Cut(string(text), "grpc-status: ")
	code, _, _ := strings.Cut(after, "\r\n")
	return "status " + code
}

// pipes is a listener in memory.
type pipes struct {
	accept  chan net.Conn
	closed  chan struct{}
	once    sync.Once
	dialled atomic.Int64
}

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe" }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.accept:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (*pipes) Addr() net.Addr { return pipeAddr{} }

func (p *pipes) dial() net.Conn {
	near, far := net.Pipe()
	p.dialled.Add(1)
	p.accept <- far
	return near
}
