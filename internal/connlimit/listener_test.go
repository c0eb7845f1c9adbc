package connlimit_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wingspan-grpc/session-facade/internal/connlimit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// waitLimit is how long a test waits for what should be there in a second or two.
const waitLimit = 20 * time.Second

// server is an HTTP server behind a Listener. Its /hold is held until released.
type server struct {
	*connlimit.Listener
	release  chan struct{}
	secure   *tls.Config
	holding  chan struct{}
	idle     chan struct{} // holds one for a connection that has become idle
	released sync.Once
}

// newServer serves HTTP, over TLS where asked to, to at most limit connections.
func newServer(t *testing.T, limit int, secure bool) *server {
	t.Helper()
	raw, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{
		Listener: connlimit.New(raw, connlimit.Options{Max: limit, HeaderTimeout: 2 * waitLimit}),
		release:  make(chan struct{}), holding: make(chan struct{}, limit), idle: make(chan struct{}, 1),
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hold" {
			s.holding <- struct{}{}
			<-s.release
		}
		_, _ = io.WriteString(w, "done")
	})
	states := func(conn net.Conn, state http.ConnState) {
		s.ConnState(conn, state)
		if state == http.StateIdle {
			select {
			case s.idle <- struct{}{}:
			default:
			}
		}
	}
	serving := &http.Server{Handler: handler, ConnState: states, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	var listener net.Listener = s
	if secure {
		certified := httptest.NewUnstartedServer(nil)
		certified.StartTLS()
		config := certified.TLS.Clone()
		config.NextProtos = []string{"h2", "http/1.1"}
		certified.Close()
		listener, s.secure = s.TLS(config), &tls.Config{InsecureSkipVerify: true}
	}
	ended := make(chan error, 1)
	go func() { ended <- serving.Serve(listener) }()
	t.Cleanup(func() {
		s.released.Do(func() { close(s.release) })
		_ = serving.Close()
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return s
}

// client is a connection to the server, as a peer writes it.
type client struct {
	net.Conn
	buffered *bufio.Reader
}

func (s *server) dial(t *testing.T) *client {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(waitLimit))
	if s.secure != nil {
		conn = tls.Client(conn, s.secure)
	}
	return &client{conn, bufio.NewReader(conn)}
}

func (c *client) send(t *testing.T, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
}

// response waits for a response.
func (c *client) response(t *testing.T) {
	t.Helper()
	response, err := http.ReadResponse(c.buffered, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != http.StatusOK {
		t.Fatal(response.Status, err)
	}
}

// isClosed waits until the server has closed the connection.
func (c *client) isClosed(t *testing.T) {
	t.Helper()
	_, err := c.buffered.ReadByte()
	if timeout := (net.Error)(nil); err == nil || errors.As(err, &timeout) && timeout.Timeout() {
		t.Fatalf("the connection is open: %v", err)
	}
}

// awaitOpen waits until as many connections are open.
func (s *server) awaitOpen(t *testing.T, want int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
	defer cancel()
	for s.Open() != want {
		select {
		case <-ctx.Done():
			t.Fatalf("%d connections are open, want %d", s.Open(), want)
		case <-time.After(time.Millisecond):
		}
	}
}

const (
	get  = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
	hold = "GET /hold HTTP/1.1\r\nHost: x\r\n\r\n"
)

func bothWays(t *testing.T, test func(t *testing.T, secure bool)) {
	t.Helper()
	t.Run("plaintext", func(t *testing.T) { t.Parallel(); test(t, false) })
	t.Run("TLS", func(t *testing.T) { t.Parallel(); test(t, true) })
}

// TestListener_IdleConnectionsGiveWayInOrder fills a port with connections that say
// nothing, or begin a TLS handshake, and with those that have had a call.
func TestListener_IdleConnectionsGiveWayInOrder(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, secure bool) {
		t.Helper()
		const limit = 4
		s := newServer(t, limit, secure)
		var silent []*client
		for range limit / 2 {
			silent = append(silent, s.dial(t))
			s.awaitOpen(t, len(silent))
			if secured, ok := silent[0].Conn.(*tls.Conn); ok && len(silent) == 1 {
				_, _ = secured.NetConn().Write([]byte{22, 3, 1}) // how a handshake begins
			}
		}
		var used []*client
		for range limit / 2 {
			used = append(used, s.dial(t))
			used[len(used)-1].send(t, get)
			used[len(used)-1].response(t)
			<-s.idle // a moment after its response: that is what the order is by
		}
		for i, next := range append(silent, used...) {
			fresh := s.dial(t)
			fresh.send(t, hold)
			<-s.holding
			next.isClosed(t)
			if got := s.Evicted(); got != int64(i+1) {
				t.Fatalf("%d connections gave way, want %d", got, i+1)
			}
		}
	})
}

// TestListener_CallsAndPartsOfRequestsStay fills a port with connections of which
// none may go: the new one waits, and is served when one has closed.
func TestListener_CallsAndPartsOfRequestsStay(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, secure bool) {
		t.Helper()
		s := newServer(t, 3, secure)
		calling, partial, again := s.dial(t), s.dial(t), s.dial(t)
		calling.send(t, hold)
		<-s.holding
		if secured, ok := partial.Conn.(*tls.Conn); ok {
			if err := secured.Handshake(); err != nil {
				t.Fatal(err)
			}
		}
		again.send(t, get)
		again.response(t)
		partial.send(t, "GET / HTTP/1.1\r\n")
		again.send(t, "GET / HTTP/1.1\r\nHo")
		waiting := s.dial(t)
		served := make(chan struct{})
		go func() {
			defer close(served)
			if _, err := io.WriteString(waiting, get); err == nil {
				_, _ = http.ReadResponse(waiting.buffered, nil)
			}
		}()
		select {
		case <-served:
			t.Fatal("a connection in use gave way")
		case <-time.After(2 * connlimit.Grace):
		}
		partial.send(t, "Host: x\r\n\r\n")
		partial.response(t)
		again.send(t, "st: x\r\n\r\n")
		again.response(t)
		s.released.Do(func() { close(s.release) })
		calling.response(t)
		<-served
		if s.Evicted() > 1 || s.Open() > 3 {
			t.Errorf("%d gave way, %d are open", s.Evicted(), s.Open())
		}
	})
}

// TestListener_ManyQuickDials shows that a flood of connections that say nothing
// neither goes over the bound nor keeps a caller out.
func TestListener_ManyQuickDials(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, secure bool) {
		t.Helper()
		s := newServer(t, 8, secure)
		flood, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		for range 4 {
			running.Go(func() {
				for range 200 {
					conn, err := (&net.Dialer{}).DialContext(flood, "tcp", s.Addr().String())
					if err != nil {
						return
					}
					context.AfterFunc(flood, func() { _ = conn.Close() })
					if s.Open() > 8 {
						t.Error("over the bound")
					}
				}
			})
		}
		running.Wait()
		stop()
		caller := s.dial(t)
		caller.send(t, get)
		caller.response(t)
		_ = caller.Close()
		s.awaitOpen(t, 0)
	})
}

// TestListener_HTTP2 shows that an HTTP/2 connection is idle between its calls,
// whatever pings and acknowledgements come.
func TestListener_HTTP2(t *testing.T) {
	t.Parallel()
	s := newServer(t, 1, true)
	for range 2 {
		transport := &http.Transport{TLSClientConfig: s.secure.Clone(), ForceAttemptHTTP2: true}
		t.Cleanup(transport.CloseIdleConnections)
		response, err := (&http.Client{Transport: transport, Timeout: waitLimit}).Get("https://" + s.Addr().String())
		if err != nil || response.ProtoMajor != 2 {
			t.Fatal(response, err)
		}
		_ = response.Body.Close()
	}
	if s.Evicted() != 1 {
		t.Errorf("%d gave way, want 1", s.Evicted())
	}
}

// TestListener_CloseEndsAWaitingAccept shows that nothing waits for room for ever.
func TestListener_CloseEndsAWaitingAccept(t *testing.T) {
	t.Parallel()
	raw, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := connlimit.New(raw, connlimit.Options{Max: 1})
	var dialled [2]net.Conn
	for i := range dialled {
		if dialled[i], err = net.Dial("tcp", l.Addr().String()); err != nil {
			t.Fatal(err)
		}
		defer dialled[i].Close()
	}
	first, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	first.(*connlimit.Conn).SetActive(true)
	accepted := make(chan error, 1)
	go func() {
		_, err := l.Accept()
		accepted <- err
	}()
	if _, err := dialled[1].Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-accepted:
		if !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	case <-time.After(waitLimit):
		t.Fatal("Accept waits for ever")
	}
}

// TestConn_GivesWayWithoutACall shows that a connection gives way after its calls, and
// that what is said of one that is gone has no effect.
func TestConn_GivesWayWithoutACall(t *testing.T) {
	t.Parallel()
	raw, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := connlimit.New(raw, connlimit.Options{Max: 1})
	defer l.Close()
	accepted := make(chan net.Conn)
	go func() {
		defer close(accepted)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- conn
		}
	}()
	for range 2 {
		dialled, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer dialled.Close()
	}
	first := <-accepted
	conn := first.(*connlimit.Conn)
	conn.SetActive(true)
	select {
	case <-accepted:
		t.Fatal("gave way with a call under way")
	case <-time.After(connlimit.Grace + 500*time.Millisecond):
	}
	conn.SetActive(false)
	second := <-accepted
	if l.Open() != 1 {
		t.Errorf("%d open", l.Open())
	}
	conn.SetActive(true) // too late, and of no effect
	conn.SetActive(false)
	_ = first.Close()
	_ = second.Close()
	if l.Open() != 0 {
		t.Errorf("%d open", l.Open())
	}
}

// TestConn_RefusedUploadIsAnswered shows that net/http can close its half of the
// connection: the client, who still sends, reads the refusal instead of a reset.
func TestConn_RefusedUploadIsAnswered(t *testing.T) {
	t.Parallel()
	raw, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := connlimit.New(raw, connlimit.Options{Max: 1})
	defer l.Close()
	dialled, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer dialled.Close()
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer accepted.Close()
	if err := accepted.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if _, err := dialled.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("got %v, want EOF", err)
	}
	if _, err := dialled.Write([]byte("more")); err != nil {
		t.Error(err)
	}
	if _, err := io.ReadFull(accepted, make([]byte, 4)); err != nil {
		t.Error(err)
	}
}

// late is a connection whose bytes come when it is told so, even if it is closed.
type late struct {
	net.Conn
	bytes chan []byte
}

// Read implements net.Conn.
func (l late) Read(b []byte) (int, error) { return copy(b, <-l.bytes), nil }

// given is a listener that accepts what it is given.
type given chan net.Conn

// Accept, Close and Addr implement net.Listener.
func (g given) Accept() (net.Conn, error) { return <-g, nil }
func (given) Close() error                { return nil }
func (given) Addr() net.Addr              { return nil }

// TestConn_ServesNothingAfterItGaveWay shows that a request that comes in the moment in
// which its connection gives way is not begun: its response could not be sent.
func TestConn_ServesNothingAfterItGaveWay(t *testing.T) {
	t.Parallel()
	connections := make(given, 2)
	l := connlimit.New(connections, connlimit.Options{Max: 1, HeaderTimeout: waitLimit})
	defer l.Close()
	first, peer := net.Pipe()
	second, other := net.Pipe()
	defer func() { _, _ = peer.Close(), other.Close() }()
	bytes := make(chan []byte, 1)
	connections <- late{first, bytes}
	connections <- second
	old, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	fresh, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer fresh.Close()
	bytes <- []byte(get)
	if n, err := old.Read(make([]byte, 100)); n != 0 || !errors.Is(err, net.ErrClosed) {
		t.Errorf("read %d bytes, %v", n, err)
	}
}
