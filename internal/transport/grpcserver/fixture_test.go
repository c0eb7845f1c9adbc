package grpcserver

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/stats"
	"google.golang.org/protobuf/proto"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/connlimit"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/internal/membudget"
	"github.com/wingspan-grpc/session-facade/internal/reflection"
	"github.com/wingspan-grpc/session-facade/internal/relay"
	"github.com/wingspan-grpc/session-facade/internal/transport"
)

const (
	mib          = 1 << 20
	list         = "/wingspan.users.v1.SessionAndAuthenticationService/ListApiSessions"
	authenticate = "/wingspan.users.v1.SessionAndAuthenticationService/Authenticate"
	watch        = "/grpc.health.v1.Health/Watch"
	check        = "/grpc.health.v1.Health/Check"
	reflect      = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
)

// fixture is a server whose connections are pipes, so that it can be tested with a
// clock that does not wait.
type fixture struct {
	*server
	limited  *connlimit.Listener
	listener *pipes
	grpc     *grpc.Server
	service  *service
	served   sync.WaitGroup
	clients  []*client
	begun    atomic.Int64 // streams that are not refused by the tap
}

// service answers at once, or when it is let go.
type service struct {
	usersv1.UnimplementedSessionAndAuthenticationServiceServer
	size   atomic.Int64 // of a list
	charge int64        // that a list takes of the budget
	calls  atomic.Int64
	hold   chan struct{} // nil does not hold
}

//nolint:revive // the name is the contract's
func (s *service) ListApiSessions(ctx context.Context, _ *usersv1.ListApiSessionsRequest) (*usersv1.ListApiSessionsResponse, error) {
	s.calls.Add(1)
	if err := s.wait(ctx); err != nil {
		return nil, err
	}
	if err := relay.FromContext(ctx).Lease.Grow(ctx, s.charge); err != nil {
		return nil, err
	}
	return &usersv1.ListApiSessionsResponse{ApiSessions: []*usersv1.ApiSession{{SessionId: strings.Repeat("s", int(s.size.Load()))}}}, nil
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

func options() transport.Options {
	return transport.Options{Logger: slog.New(slog.DiscardHandler), Timeout: 15 * time.Second, MaxRequestBytes: 4 * mib, MaxInFlight: 1000,
		Memory: membudget.New(256 * mib), Tracer: tracenoop.NewTracerProvider(), Meter: metricnoop.NewMeterProvider(), Propagator: propagation.TraceContext{}}
}

func newFixture(t *testing.T, o transport.Options) *fixture {
	t.Helper()
	return newFixtureOf(t, o, 1000)
}

// newFixtureOf makes a server that takes some connections.
func newFixtureOf(t *testing.T, o transport.Options, connections int) *fixture {
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
	f := &fixture{listener: &pipes{accept: make(chan net.Conn), closed: make(chan struct{})}, service: &service{}}
	f.limited = connlimit.New(f.listener, connlimit.Options{Max: connections})
	if f.server, err = newServer(pipeline, Options{MaxStreams: 100}); err != nil {
		t.Fatal(err)
	}
	f.grpc = grpc.NewServer(append(f.serverOptions(), grpc.StatsHandler(&counter{f}))...)
	refusing{f.grpc}.RegisterService(desc, f.service)
	pipeline.Health.Register(refusing{f.grpc})
	reflection.Register(f.grpc)
	pipeline.Health.Serving()
	f.served.Go(func() { _ = f.grpc.Serve(f.limited) })
	return f
}

// stop ends all and checks that nothing is left.
func (f *fixture) stop(t *testing.T) {
	t.Helper()
	for _, c := range f.clients {
		_ = c.Close()
	}
	f.grpc.Stop()
	f.served.Wait()
	f.isIdle(t)
}

// isIdle checks that nothing is counted of any call or connection.
func (f *fixture) isIdle(t *testing.T) {
	t.Helper()
	for name, n := range map[string]int64{
		"bytes of requests": f.incompleteBytes.Load(), "bytes charged": f.pipeline.Memory.Used(), "places in flight": int64(len(f.pipeline.InFlight)),
		"requests": int64(f.pipeline.Incomplete.Len()), "responses": int64(f.unread.Len()), "streams": int64(f.pipeline.Health.Streams.Len()), "bytes of reflection": f.controlMemory.Used(),
	} {
		if n != 0 {
			t.Errorf("%d %s are left", n, name)
		}
	}
}

// pipes is a listener in memory. Each of its connections has addresses of its own.
type pipes struct {
	accept chan net.Conn
	closed chan struct{}
	once   sync.Once
	n      atomic.Int64
}

type pipeAddr string

func (pipeAddr) Network() string  { return "pipe" }
func (a pipeAddr) String() string { return string(a) }

type pipeConn struct {
	net.Conn
	remote pipeAddr
}

func (c *pipeConn) RemoteAddr() net.Addr { return c.remote }

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

func (*pipes) Addr() net.Addr { return pipeAddr("listener") }

func (p *pipes) dial() net.Conn {
	near, far := net.Pipe()
	p.accept <- &pipeConn{far, pipeAddr(fmt.Sprint("client-", p.n.Add(1)))}
	return near
}

// client is an HTTP/2 connection whose frames a test writes itself.
type client struct {
	net.Conn
	framer *http2.Framer
	next   uint32

	writing chan struct{} // a lock that synctest takes for waiting
	block   bytes.Buffer
	encoder *hpack.Encoder

	mu      sync.Mutex
	status  map[uint32]string // of streams that have ended; RST if by that
	message map[uint32]string
	taken   map[uint32]int // bytes of responses
	closed  bool
	changed *sync.Cond
	initial int            // window of a stream
	window  int            // of the connection
	windows map[uint32]int // of streams, beyond the initial one
}

// dial opens a connection that takes window bytes of each response before it says
// that there is room for more, which it does if more is set.
func (f *fixture) dial(t *testing.T, window uint32, more bool) *client {
	t.Helper()
	conn := f.listener.dial()
	c := &client{Conn: conn, framer: http2.NewFramer(conn, conn), status: map[uint32]string{}, message: map[uint32]string{}, taken: map[uint32]int{}, next: 1, writing: make(chan struct{}, 1)}
	c.changed, c.initial, c.window, c.windows = sync.NewCond(&c.mu), 65535, 65535, map[uint32]int{}
	c.encoder = hpack.NewEncoder(&c.block)
	c.framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	f.clients = append(f.clients, c)
	c.write(func() error { // before anything is acknowledged
		go c.read(more)
		_, err := io.WriteString(conn, http2.ClientPreface)
		return err
	})
	c.write(func() error {
		return c.framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: window})
	})
	if window > 0 {
		c.write(func() error { return c.framer.WriteWindowUpdate(0, 1<<30) })
	}
	return c
}

func (c *client) write(frame func() error) bool {
	c.writing <- struct{}{}
	defer func() { <-c.writing }()
	return frame() == nil
}

func (c *client) read(more bool) {
	for {
		frame, err := c.framer.ReadFrame()
		c.mu.Lock()
		switch frame := frame.(type) {
		case *http2.SettingsFrame:
			if !frame.IsAck() {
				go c.write(c.framer.WriteSettingsAck)
			}
			if v, ok := frame.Value(http2.SettingInitialWindowSize); ok {
				c.initial = int(v)
			}
		case *http2.WindowUpdateFrame:
			if frame.StreamID == 0 {
				c.window += int(frame.Increment)
			} else {
				c.windows[frame.StreamID] += int(frame.Increment)
			}
		case *http2.PingFrame:
			if !frame.IsAck() {
				go c.write(func() error { return c.framer.WritePing(true, frame.Data) })
			}
		case *http2.DataFrame:
			c.taken[frame.StreamID] += len(frame.Data())
			if more {
				go c.write(func() error { return c.framer.WriteWindowUpdate(frame.StreamID, 1<<20) })
			}
		case *http2.RSTStreamFrame:
			if c.status[frame.StreamID] == "" {
				c.status[frame.StreamID] = "RST"
			}
		case *http2.MetaHeadersFrame:
			for _, field := range frame.RegularFields() {
				switch field.Name {
				case "grpc-status":
					c.status[frame.StreamID] = field.Value
				case "grpc-message":
					c.message[frame.StreamID] = field.Value
				}
			}
		}
		c.closed = err != nil
		c.changed.Broadcast()
		c.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// headers begins a call.
func (c *client) headers(method string, more ...string) uint32 {
	c.writing <- struct{}{}
	defer func() { <-c.writing }()
	c.block.Reset()
	contentType := "application/grpc"
	for i := 0; i < len(more); i += 2 {
		if more[i] == "content-type" {
			contentType = more[i+1]
		}
	}
	for _, f := range [][2]string{{":method", "POST"}, {":scheme", "http"}, {":authority", "x"}, {":path", method}, {"content-type", contentType}, {"te", "trailers"}} {
		_ = c.encoder.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]})
	}
	for i := 0; i < len(more); i += 2 {
		if more[i] != "content-type" {
			_ = c.encoder.WriteField(hpack.HeaderField{Name: more[i], Value: more[i+1]})
		}
	}
	id := c.next
	c.next += 2
	_ = c.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: c.block.Bytes(), EndHeaders: true})
	return id
}

// data sends bytes of a message, as far as there is somebody who reads them.
func (c *client) data(id uint32, bytes []byte, end bool) bool {
	for {
		n := c.room(id, min(len(bytes), 16<<10))
		if n < 0 || !c.write(func() error { return c.framer.WriteData(id, end && n == len(bytes), bytes[:n]) }) {
			return false
		}
		if bytes = bytes[n:]; len(bytes) == 0 {
			return true
		}
	}
}

// room waits until up to n bytes may be sent; -1 where none ever may.
func (c *client) room(id uint32, n int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		switch free := min(c.window, c.initial+c.windows[id]); {
		case c.closed || c.status[id] != "":
			return -1
		case free > 0 || n == 0:
			n = min(n, free)
			c.window -= n
			c.windows[id] -= n
			return n
		}
		c.changed.Wait()
	}
}

// call makes a whole call.
func (c *client) call(method string, more ...string) uint32 {
	id := c.headers(method, more...)
	c.data(id, make([]byte, 5), true)
	return id
}

func (c *client) reset(id uint32) {
	c.write(func() error { return c.framer.WriteRSTStream(id, http2.ErrCodeCancel) })
}

// ended is the status of a call; empty while it is under way.
func (c *client) ended(id uint32) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.status[id]
}

func (c *client) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

func (c *client) ids(first, n uint32) (ids []uint32) {
	for i := range n {
		ids = append(ids, first+2*i)
	}
	return ids
}

// framed is a message as gRPC frames it.
func framed(t *testing.T, m proto.Message) []byte {
	t.Helper()
	data, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(data))), data...)
}

// large is a request of some size.
func large(t *testing.T, size int) []byte {
	t.Helper()
	return framed(t, &usersv1.AuthenticateRequest{Email: strings.Repeat("a", size-5-4)})
}

// counter counts the streams that grpc-go begins to serve.
type counter struct{ f *fixture }

func (*counter) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context   { return ctx }
func (*counter) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (*counter) HandleConn(context.Context, stats.ConnStats)                       {}

func (c *counter) HandleRPC(_ context.Context, event stats.RPCStats) {
	if _, ok := event.(*stats.Begin); ok {
		c.f.begun.Add(1)
	}
}

func itoa(c codes.Code) string { return strconv.Itoa(int(c)) }

func largeResponse() *usersv1.ListApiSessionsResponse {
	return &usersv1.ListApiSessionsResponse{ApiSessions: []*usersv1.ApiSession{{SessionId: strings.Repeat("s", mib)}}}
}

func newBudget(size int64) *membudget.Budget { return membudget.New(size) }
