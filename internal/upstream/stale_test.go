package upstream

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/wingspan-grpc/session-facade/internal/relay"
	"github.com/wingspan-grpc/session-facade/internal/upstream/connpool"
)

// failing is a connection whose writes can be made to fail.
type failing struct {
	net.Conn
	allow *atomic.Int64 // how many bytes the next write takes before it fails; negative: all
}

// Write implements net.Conn.
func (f *failing) Write(b []byte) (int, error) {
	most := f.allow.Swap(-1)
	if most < 0 {
		return f.Conn.Write(b)
	}
	n, _ := f.Conn.Write(b[:most])
	return n, syscall.EPIPE
}

// TestStaleConnection shows that a call is repeated where the kept connection
// took nothing of it, and is not where it took a byte and has side effects.
func TestStaleConnection(t *testing.T) { inBubble(testStaleConnection)(t) }

func testStaleConnection(t *testing.T) {
	t.Helper()
	for verb, call := range calls {
		for _, written := range []int64{0, 1, 40} {
			{
				var allow atomic.Int64
				allow.Store(-1)
				s := handled(t, Options{Pool: connpool.Options{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
					conn, err := dial(ctx, network, address)
					return &failing{conn, &allow}, err
				}}}, succeed)
				if err := call(t.Context(), s); err != nil {
					t.Fatal(err)
				}
				allow.Store(written)
				err := call(t.Context(), s)
				want, times := codes.OK, 2
				if written > 0 && verb != "GET" {
					want, times = codes.Unavailable, 1
				}
				if status.Code(err) != want || s.times() != times {
					t.Errorf("%s with %d bytes written: %v; %d requests seen, want %d",
						verb, written, err, s.times(), times)
				}
			}
		}
	}
}

// TestNoSilentReplay shows that a request whose kept connection is closed before
// the response is not sent again where it must not be. net/http would do so with
// every GET.
func TestNoSilentReplay(t *testing.T) { inBubble(testNoSilentReplay)(t) }

func testNoSilentReplay(t *testing.T) {
	t.Helper()
	for _, c := range []struct {
		verb              string
		retries, repeated bool // the caller does; Conn does
	}{
		{"GET", false, true}, {"GET", true, false}, {"DELETE", false, false}, {"POST", false, false}, {"PATCH", false, false},
	} {
		listener := listen(t)
		seen := make(chan string, 10)
		var running sync.WaitGroup
		running.Go(func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				running.Go(func() { respondFirst(conn, seen) })
			}
		})
		s := &service{}
		s.connect(t, Options{}, "http://"+listener.Addr().String())
		if err := calls[c.verb](t.Context(), s); err != nil {
			t.Fatal(err)
		}
		err := calls[c.verb](relay.NewContext(t.Context(), &relay.Exchange{CallerRetries: c.retries}), s)
		want := 2 // the first call, then the one that is cut off
		if c.repeated {
			want = 3
		}
		if got := len(seen); got != want || (err == nil) != c.repeated {
			t.Errorf("%s, the caller retries %t: %d requests, want %d: %v", c.verb, c.retries, got, want, err)
		}
		s.conn.Close()
		_ = listener.Close()
		running.Wait()
	}
}

// respondFirst answers the first request of a connection and cuts off the second.
func respondFirst(conn net.Conn, seen chan<- string) {
	defer conn.Close()
	reader := bufio.NewReader(conn)
	for i := range 2 {
		request, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, request.Body)
		seen <- request.Method
		if i == 0 {
			_, _ = io.WriteString(conn, map[bool]string{
				true: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]", false: "HTTP/1.1 204 No Content\r\n\r\n"}[request.Method == http.MethodGet])
		}
	}
}
