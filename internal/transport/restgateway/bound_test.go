package restgateway

import (
	"bufio"
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/wingspan-grpc/session-facade/internal/membudget"
	"github.com/wingspan-grpc/session-facade/internal/transport"
)

// How long all of a response may take, and how long it may wait before it gives way.
const (
	responseTimeout = 2 * time.Minute
	responseGrace   = time.Second
)

// pipes is a listener in memory, whose connections hold nothing.
type pipes struct {
	accept chan net.Conn
	closed chan struct{}
	once   sync.Once
}

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

func (*pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial() net.Conn {
	near, far := net.Pipe()
	p.accept <- far
	return near
}

// serveBounded serves responses of a size; how long each took is in took.
func serveBounded(t *testing.T, size int) (listener *pipes, took chan time.Duration, stop func()) {
	t.Helper()
	listener, took = &pipes{accept: make(chan net.Conn), closed: make(chan struct{})}, make(chan time.Duration, 200)
	bounded := (&Gateway{pipeline: &transport.Pipeline{Options: transport.Options{MaxInFlight: 10}}}).Bound(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(make([]byte, size))
	}))
	server := &http.Server{Protocols: new(http.Protocols), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		bounded.ServeHTTP(w, r)
		took <- time.Since(began)
	})}
	server.Protocols.SetHTTP1(true)
	server.Protocols.SetUnencryptedHTTP2(true)
	var served sync.WaitGroup
	served.Go(func() { _ = server.Serve(listener) })
	return listener, took, func() {
		_ = server.Close()
		served.Wait()
	}
}

// askWithoutWindow makes n calls over one HTTP/2 connection, which reads all frames, and
// lets no response be sent.
func askWithoutWindow(t *testing.T, conn net.Conn, n int) {
	t.Helper()
	framer := http2.NewFramer(conn, conn)
	go func() { _, _ = io.Copy(io.Discard, conn) }()
	_, _ = io.WriteString(conn, http2.ClientPreface)
	_ = framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for i := range n {
		block.Reset()
		for _, f := range [][2]string{{":method", "GET"}, {":scheme", "http"}, {":authority", "x"}, {":path", "/"}} {
			_ = encoder.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]})
		}
		if err := framer.WriteHeaders(http2.HeadersFrameParam{StreamID: uint32(2*i + 1), BlockFragment: block.Bytes(), EndHeaders: true, EndStream: true}); err != nil {
			t.Error(err)
		}
	}
}

// TestBound_StalledOnesEnd: those that nobody takes, small ones too, which
// net/http would send when the handler has returned.
func TestBound_StalledOnesEnd(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		size int
		ask  func(*testing.T, net.Conn)
	}{
		"HTTP/1.1": {1 << 20, func(_ *testing.T, conn net.Conn) { _, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n") }},
		"HTTP/2": {1 << 20, func(t *testing.T, conn net.Conn) {
			t.Helper()
			askWithoutWindow(t, conn, 1)
		}},
		"HTTP/2, small": {10, func(t *testing.T, conn net.Conn) {
			t.Helper()
			askWithoutWindow(t, conn, 1)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				listener, took, stop := serveBounded(t, c.size)
				defer stop()
				conn := listener.dial()
				defer conn.Close()
				c.ask(t, conn)
				select {
				case got := <-took:
					if got != transport.StallTimeout {
						t.Errorf("ended after %s", got)
					}
				case <-time.After(time.Hour):
					t.Error("did not end")
				}
			})
		})
	}
}

// TestBound_SlowOnesEnd: a peer that takes a little now and then has no more
// than responseTimeout; one that is a little slow gets all.
func TestBound_SlowOnesEnd(t *testing.T) {
	t.Parallel()
	for every, want := range map[time.Duration]time.Duration{12 * time.Second: responseTimeout, 5 * time.Second: 80 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			listener, took, stop := serveBounded(t, 16*transport.Piece)
			defer stop()
			conn := listener.dial()
			_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
			var reading sync.WaitGroup
			defer reading.Wait()
			defer conn.Close()
			reading.Go(func() {
				for {
					time.Sleep(every)
					if _, err := io.CopyN(io.Discard, conn, transport.Piece); err != nil {
						return
					}
				}
			})
			if got := <-took; got < want || got > want+every {
				t.Errorf("a piece every %s: ended after %s, want %s", every, got, want)
			}
		})
	}
}

// TestBound_TheLongestGiveWay: a hundred responses that nobody takes, where ten
// may wait, give way to another when they have waited for a while.
func TestBound_TheLongestGiveWay(t *testing.T) {
	t.Parallel()
	for _, size := range []int{10, 1 << 20} {
		synctest.Test(t, func(t *testing.T) {
			listener, took, stop := serveBounded(t, size)
			defer stop()
			conn := listener.dial()
			defer conn.Close()
			askWithoutWindow(t, conn, 100)
			synctest.Wait()
			if len(took) != 0 {
				t.Errorf("%d bytes: %d have given way at once", size, len(took))
			}
			time.Sleep(responseGrace)
			late := listener.dial()
			defer late.Close()
			askWithoutWindow(t, late, 1)
			synctest.Wait()
			if len(took) != 91 {
				t.Errorf("%d bytes: %d have given way, want 91", size, len(took))
			}
		})
	}
}

// TestBound_BodiesThatNobodyReads: a call that is answered for its headers gets its
// response when the body is late, and its connection is free again.
func TestBound_BodiesThatNobodyReads(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		listener, _, stop := serveBounded(t, 10)
		defer stop()
		conn := listener.dial()
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(time.Hour))
		_, _ = io.WriteString(conn, "POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
		began := time.Now()
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || response.StatusCode != 200 || !response.Close || time.Since(began) != transport.RequestTimeout {
			t.Errorf("%+v after %s: %v", response, time.Since(began), err)
		}
		_, _ = io.Copy(io.Discard, conn)
		if open := time.Since(began); open > transport.RequestTimeout+time.Minute/2 {
			t.Errorf("is open after %s", open)
		}
	})
}

// TestBound_RefusesTooManyHeaders: whatever the path leads to, and without a look at it.
func TestBound_RefusesTooManyHeaders(t *testing.T) {
	t.Parallel()
	pipeline, err := transport.NewPipeline("service", transport.Options{Logger: slog.New(slog.DiscardHandler), MaxInFlight: 1,
		CORSOrigins: []string{"https://page.test"}, Memory: membudget.New(1 << 20), Tracer: tracenoop.NewTracerProvider(), Meter: metricnoop.NewMeterProvider()})
	if err != nil {
		t.Fatal(err)
	}
	g, err := New(pipeline, Users(nil))
	if err != nil {
		t.Fatal(err)
	}
	bounded := g.Bound(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	for fields, want := range map[int]int{256: http.StatusTeapot, 257: http.StatusBadRequest} {
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/docs", nil)
		for range fields - 1 {
			r.Header.Add("X-Many", "v")
		}
		r.Header.Set("X-Request-Id", "canary")
		bounded.ServeHTTP(w, r)
		if w.Code != want || strings.Contains(w.Body.String(), "canary") {
			t.Errorf("%d headers: %d %s, want %d", fields, w.Code, w.Body, want)
		}
		if refused := want == http.StatusBadRequest; refused && (w.Header().Get("Cache-Control") != "no-store" ||
			len(w.Header().Get("X-Request-Id")) != transport.RequestIDLength || len(r.Header) > 0) {
			t.Errorf("refused with %v; %d headers are kept", w.Header(), len(r.Header))
		}
	}
}
