package upstream

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/http2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/wingspan-grpc/session-facade/internal/upstream/connpool"
)

// TestFewStreams shows that cold calls wait for a stream where the upstream allows
// few, rather than fail or dial by the hundred.
func TestFewStreams(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ streams, most int }{{1, 100}, {2, 80}, {10, 40}, {128, 10}} {
		for _, verb := range []string{"GET", "POST"} {
			t.Run(fmt.Sprint(c.streams, " ", verb), inBubble(func(t *testing.T) {
				server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					time.Sleep(100 * time.Millisecond)
					succeed(w, r)
				}))
				server.Config.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: c.streams}
				config := start(t, server, tls.VersionTLS13, true)
				defer server.Close()
				var opened atomic.Int64
				s := &service{}
				s.connect(t, Options{Pool: connpool.Options{Dial: counting(&opened), TLS: func() *tls.Config { return config }}, Timeout: time.Minute}, server.URL)
				var running sync.WaitGroup
				for range 256 {
					running.Go(func() {
						if err := calls[verb](t.Context(), s); err != nil {
							t.Error(err)
						}
					})
				}
				running.Wait()
				if n := int(opened.Load()); n > c.most {
					t.Errorf("%d streams: %d connections, want at most %d", c.streams, n, c.most)
				}
			}))
		}
	}
}

// TestMaxConnections shows that calls wait for a connection over the bound, with
// both protocols, and are served in the end.
func TestMaxConnections(t *testing.T) { inBubble(testMaxConnections)(t) }

func testMaxConnections(t *testing.T) {
	t.Helper()
	for _, overHTTP2 := range []bool{false, true} {
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(10 * time.Millisecond)
			succeed(w, r)
		}))
		server.Config.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: 1}
		var most, now atomic.Int64
		server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				most.Store(max(most.Load(), now.Add(1)))
			case http.StateClosed:
				now.Add(-1)
			default:
			}
		}
		config := start(t, server, tls.VersionTLS13, overHTTP2)
		defer server.Close()
		s := &service{}
		s.connect(t, Options{Pool: connpool.Options{MaxConnections: 3, TLS: func() *tls.Config { return config }}}, server.URL)
		var running sync.WaitGroup
		for range 50 {
			running.Go(func() {
				if err := calls["GET"](t.Context(), s); err != nil {
					t.Error(err)
				}
			})
		}
		running.Wait()
		if most.Load() > 3 {
			t.Errorf("HTTP/2 %t: %d connections", overHTTP2, most.Load())
		}
	}
}

// TestDialsAreDetached shows that a caller who leaves does not end the dial that it
// began, which serves the next.
func TestDialsAreDetached(t *testing.T) { inBubble(testDialsAreDetached)(t) }

func testDialsAreDetached(t *testing.T) {
	t.Helper()
	var opened atomic.Int64
	begun, proceed := make(chan struct{}, 10), make(chan struct{})
	s := handled(t, Options{Pool: connpool.Options{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		begun <- struct{}{}
		select {
		case <-proceed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		return counting(&opened)(ctx, network, address)
	}}}, succeed)
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan error)
	go func() { left <- calls["GET"](ctx, s) }()
	<-begun
	cancel()
	if err := <-left; status.Code(err) != codes.Canceled {
		t.Error(err)
	}
	close(proceed)
	if err := calls["POST"](t.Context(), s); err != nil || opened.Load() != 1 {
		t.Errorf("%v over %d connections", err, opened.Load())
	}
}

// TestFailingDials shows that a dial that fails ends the wait of all who have no
// other connection coming, not of one after another.
func TestFailingDials(t *testing.T) { inBubble(testFailingDials)(t) }

func testFailingDials(t *testing.T) {
	t.Helper()
	var opened atomic.Int64
	proceed := make(chan struct{})
	s := &service{}
	s.connect(t, Options{Pool: connpool.Options{Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		opened.Add(1)
		select {
		case <-proceed:
			return nil, errors.New("nobody there")
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}}}, "http://upstream.test")
	var running sync.WaitGroup
	for range 1000 {
		running.Go(func() {
			if err := calls["POST"](t.Context(), s); reasonOf(err) != "UPSTREAM_UNREACHABLE" {
				t.Error(err)
			}
		})
	}
	synctest.Wait()
	if n := opened.Load(); n != 64 {
		t.Errorf("%d dials at a time", n)
	}
	close(proceed)
	running.Wait()
	if n := opened.Load(); n > 64+1000*2 {
		t.Errorf("%d dials", n)
	}
}

// TestConnectionAge shows that a name that moves is followed under load: a connection
// is let go at its greatest age, and no call fails for it.
func TestConnectionAge(t *testing.T) { inBubble(testConnectionAge)(t) }

func testConnectionAge(t *testing.T) {
	t.Helper()
	for _, overHTTP2 := range []bool{false, true} {
		var seen [2]atomic.Int64
		var where atomic.Int64
		var servers [2]*httptest.Server
		config := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}
		for i := range servers {
			servers[i] = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				seen[i].Add(1)
				succeed(w, r)
			}))
			start(t, servers[i], tls.VersionTLS13, overHTTP2)
			defer servers[i].Close()
		}
		s := &service{}
		s.connect(t, Options{Pool: connpool.Options{Age: 100 * time.Millisecond, TLS: func() *tls.Config { return config },
			Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return dial(ctx, network, servers[where.Load()].Listener.Addr().String())
			}}}, "https://upstream.test")
		call := func() {
			if err := calls["POST"](t.Context(), s); err != nil {
				t.Fatal(err)
			}
		}
		call()
		where.Store(1)
		eventually(t, "a call that reaches the new address", func() bool {
			call()
			return seen[1].Load() > 0
		})
		call()
		if old := seen[0].Load(); seen[1].Load() < 2 || old == 0 {
			t.Errorf("HTTP/2 %t: %d calls reached the old address, %d the new", overHTTP2, old, seen[1].Load())
		}
	}
}

// proxy forwards connections to a server. Those that it freezes stay open, but carry
// nothing more.
type proxy struct {
	net.Listener
	target string

	mu     sync.Mutex
	frozen []*atomic.Bool // of each connection
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	listener := listen(t)
	p := &proxy{Listener: listener, target: target}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			near, err := p.Accept()
			if err != nil {
				return
			}
			running.Go(func() { p.forward(t, near) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		running.Wait()
	})
	return p
}

func (p *proxy) freeze() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, frozen := range p.frozen {
		frozen.Store(true)
	}
}

func (p *proxy) forward(t *testing.T, near net.Conn) {
	t.Helper()
	frozen := &atomic.Bool{}
	p.mu.Lock()
	p.frozen = append(p.frozen, frozen)
	p.mu.Unlock()
	far, err := dial(t.Context(), "tcp", p.target)
	if err != nil {
		_ = near.Close()
		return
	}
	closeBoth := func() { _, _ = near.Close(), far.Close() }
	stop := context.AfterFunc(t.Context(), closeBoth)
	defer stop()
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{near, far}, {far, near}} {
		both.Go(func() {
			buffer := make([]byte, 16<<10)
			for {
				n, err := way[0].Read(buffer)
				if err != nil && !frozen.Load() {
					closeBoth()
				}
				if err != nil {
					return
				}
				if !frozen.Load() {
					_, _ = way[1].Write(buffer[:n])
				}
			}
		})
	}
	both.Wait()
	closeBoth()
}

// TestSilentDeath shows that calls come through soon after the connections have
// fallen silent: after the first that waits in vain, and over HTTP/2 by pings too.
func TestSilentDeath(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		http2        bool
		ping, waited time.Duration
		failures     int
	}{
		"HTTP/2, a call":   {true, time.Minute, suspicious + 100*time.Millisecond, 1},
		"HTTP/2, a ping":   {true, 50 * time.Millisecond, generous, 1},
		"HTTP/1.1, a call": {false, time.Minute, suspicious + 100*time.Millisecond, 1},
	} {
		t.Run(name, inBubble(func(t *testing.T) {
			server := httptest.NewUnstartedServer(http.HandlerFunc(succeed))
			config := start(t, server, tls.VersionTLS13, c.http2)
			defer server.Close()
			front := newProxy(t, server.Listener.Addr().String())
			s := &service{}
			s.connect(t, Options{Pool: connpool.Options{PingTimeout: c.ping, TLS: func() *tls.Config { return config }}}, "https://"+front.Addr().String())
			// One call: no other connection is being made when the proxy is frozen.
			if err := calls["POST"](t.Context(), s); err != nil {
				t.Fatal(err)
			}
			front.freeze()
			time.Sleep(time.Millisecond) // or it would not be silent since before the calls
			failed := 0
			for range 3 {
				ctx, cancel := context.WithTimeout(t.Context(), c.waited)
				if err := calls["POST"](ctx, s); err != nil {
					failed++
					if c.ping < time.Minute && reasonOf(err) != "UPSTREAM_UNREACHABLE" {
						t.Errorf("the ping did not end the wait: %v", err)
					}
				}
				cancel()
			}
			if failed > c.failures {
				t.Errorf("%d calls failed", failed)
			}
		}))
	}
}

// TestShortDeadlinesMoveNothing shows that a caller who gives up at once does not
// cost others their connection.
func TestShortDeadlinesMoveNothing(t *testing.T) { inBubble(testShortDeadlinesMoveNothing)(t) }

func testShortDeadlinesMoveNothing(t *testing.T) {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			hang(w, r)
		}
		succeed(w, r)
	}))
	config := start(t, server, tls.VersionTLS13, true)
	defer server.Close()
	var opened atomic.Int64
	s := &service{}
	s.connect(t, Options{Pool: connpool.Options{Dial: counting(&opened), TLS: func() *tls.Config { return config }}}, server.URL)
	for range 20 {
		if err := calls["GET"](t.Context(), s); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		if err := calls["POST"](ctx, s); status.Code(err) != codes.DeadlineExceeded {
			t.Error(err)
		}
		cancel()
	}
	if opened.Load() != 1 {
		t.Errorf("%d connections", opened.Load())
	}
}

// lateContext ends long after its deadline, as on a machine that is held up.
type lateContext struct {
	context.Context //nolint:containedctx // it is one
	deadline        time.Time
}

// Deadline implements context.Context.
func (c lateContext) Deadline() (time.Time, bool) { return c.deadline, true }

// TestShortDeadlines_ThatAreSeenLate shows that short deadlines count as such also
// where this process was held up when they came: they cost nobody a connection, and
// open no breaker.
func TestShortDeadlines_ThatAreSeenLate(t *testing.T) { inBubble(testShortDeadlinesThatAreSeenLate)(t) }

func testShortDeadlinesThatAreSeenLate(t *testing.T) {
	t.Helper()
	var opened atomic.Int64
	p := newPeer(t, func(s peerStream) {
		if s.get {
			s.ok()
		}
	})
	s := p.client(t, Options{BreakerRate: 0.5, Timeout: time.Second, Pool: connpool.Options{Dial: counting(&opened)}})
	get := func() {
		if err := calls["GET"](t.Context(), s); err != nil {
			t.Error(err)
		}
	}
	get()
	time.Sleep(time.Second) // the connection is settled, and silent since before the calls
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	late := lateContext{ctx, time.Now().Add(20 * time.Millisecond)}
	var running sync.WaitGroup
	for range 2 * breakerAttempts {
		running.Go(func() {
			if err := calls["POST"](late, s); reasonOf(err) != "UPSTREAM_TIMEOUT" {
				t.Error(err)
			}
		})
	}
	running.Wait()
	get()
	if opened.Load() != 1 || s.anyOpen() {
		t.Errorf("%d connections, breaker open: %t", opened.Load(), s.anyOpen())
	}
}

// TestWarmConnectionThatIsClosed shows that a connection made ahead which the upstream
// closes, or says goodbye on, fails no call.
func TestWarmConnectionThatIsClosed(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*http2.Framer, net.Conn){
		"closed":         func(_ *http2.Framer, c net.Conn) { _ = c.Close() },
		"GOAWAY":         func(f *http2.Framer, _ net.Conn) { _ = f.WriteGoAway(0, http2.ErrCodeNo, nil) },
		"GOAWAY, closed": func(f *http2.Framer, c net.Conn) { _ = f.WriteGoAway(0, http2.ErrCodeNo, nil); _ = c.Close() },
	} {
		t.Run(name, inBubble(func(t *testing.T) {
			p := newPeer(t, peerStream.ok)
			p.settled = make(chan peerStream, 10)
			gone := make(chan struct{})
			first := sync.OnceFunc(func() { close(gone) })
			s := p.client(t, Options{Pool: connpool.Options{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := dial(ctx, network, address)
				return &told{Conn: conn, closed: first}, err
			}}})
			if err := s.conn.Warm(t.Context()); err != nil {
				t.Fatal(err)
			}
			warm := <-p.settled
			end(warm.Framer, warm.conn)
			if strings.Contains(name, "closed") {
				<-gone // a request that crosses the end of its connection may have been processed
			}
			for verb, call := range calls {
				if err := call(t.Context(), s); err != nil {
					t.Errorf("%s: %v", verb, err)
				}
			}
		}))
	}
}

// told tells when it is closed.
type told struct {
	net.Conn
	closed func()
}

// Close implements net.Conn.
func (c *told) Close() error {
	defer c.closed()
	return c.Conn.Close()
}

// TestProtocolIsChosenByConnection shows that an upstream may speak one protocol here
// and another there.
func TestProtocolIsChosenByConnection(t *testing.T) { inBubble(testProtocolIsChosenByConnection)(t) }

func testProtocolIsChosenByConnection(t *testing.T) {
	t.Helper()
	var which atomic.Int64
	var servers [2]*httptest.Server
	var seen [2]atomic.Int64
	config := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}
	for i := range servers {
		servers[i] = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			seen[r.ProtoMajor-1].Add(1)
			succeed(w, r)
		}))
		start(t, servers[i], tls.VersionTLS13, i == 1)
		defer servers[i].Close()
	}
	s := &service{}
	s.connect(t, Options{Pool: connpool.Options{SingleUseHTTP1: true, TLS: func() *tls.Config { return config },
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dial(ctx, network, servers[which.Load()].Listener.Addr().String())
		}}}, "https://upstream.test")
	for i := range 4 {
		which.Store(int64(min(i/2, 1)))
		if err := calls["POST"](t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	if seen[0].Load() != 2 || seen[1].Load() != 2 {
		t.Errorf("%d calls by HTTP/1.1, %d by HTTP/2", seen[0].Load(), seen[1].Load())
	}
}

// eventually waits for a condition that must come.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for stop := time.Now().Add(generous); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(stop) {
			t.Fatal(what + ": in vain")
		}
	}
}

// TestHTTP1IsToldOnce shows that an upstream on another machine which speaks
// HTTP/1.1 is named in the log, once.
func TestHTTP1IsToldOnce(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(succeed))
	defer server.Close()
	for host, want := range map[string]int{"upstream.test": 1, "localhost": 0, "127.0.0.1": 0} {
		var logged bytes.Buffer
		s := &service{}
		s.connect(t, Options{Pool: connpool.Options{SingleUseHTTP1: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dial(ctx, network, server.Listener.Addr().String())
		}}, Logger: slog.New(slog.NewTextHandler(&logged, nil))}, "http://"+host)
		for range 3 {
			if err := calls["GET"](t.Context(), s); err != nil {
				t.Fatal(err)
			}
		}
		if got := strings.Count(logged.String(), "HTTP/1.1, where"); got != want {
			t.Errorf("%s: told %d times, want %d: %s", host, got, want, logged.String())
		}
	}
}
