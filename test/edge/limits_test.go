package edge

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

// TestMessageLimit shows that a request of 3 MiB passes and one of more than
// 4 MiB does not, at both ports.
func TestMessageLimit(t *testing.T) {
	t.Parallel()
	upstream := facadetest.NewRecorder(t, facadetest.Respond(200, nil, `{"authenticationStrategy":"Password"}`))
	p := start(t, "--upstream-url="+upstream.URL)
	c := newCaller(t, p, nil)
	for size, want := range map[int]struct {
		code   codes.Code
		status int
	}{3 << 20: {codes.OK, 200}, 4<<20 + 1: {codes.ResourceExhausted, 413}} {
		email := strings.Repeat("a", size)
		_, err := c.grpc.Authenticate(t.Context(), &usersv1.AuthenticateRequest{Email: email})
		if status.Code(err) != want.code {
			t.Errorf("gRPC: %d bytes: %v, want %s", size, status.Code(err), want.code)
		}
		got, _, _, err := c.post(t.Context(), "/users/authentication", `{"email":"`+email+`"}`)
		if err != nil || got != want.status {
			t.Errorf("REST: %d bytes: %d, %v, want %d", size, got, err, want.status)
		}
	}
	if seen := upstream.Take(); len(seen) != 2 {
		t.Errorf("the upstream saw %d calls, want 2", len(seen))
	}
}

// TestHeaderLimit shows that 64 KiB of headers are taken and relayed, and that
// the ports refuse a list that is huge.
func TestHeaderLimit(t *testing.T) {
	t.Parallel()
	upstream := facadetest.NewRecorder(t, facadetest.Respond(200, nil, `[]`))
	s := startTLS(t, false, "--upstream-url="+upstream.URL)
	c := newCaller(t, s.process, s.client)
	for size, want := range map[int]bool{64 << 10: true, 256 << 10: false} {
		cookie := strings.Repeat("c", size)
		_, err := c.grpc.ListApiSessions(metadata.AppendToOutgoingContext(t.Context(), "cookie", cookie), &usersv1.ListApiSessionsRequest{})
		if (err == nil) != want {
			t.Errorf("gRPC: %d bytes: %v", size, status.Code(err))
		}
		for name, transport := range map[string]http.RoundTripper{"HTTP/2": c.http.Transport, "HTTP/1.1": oneOne(s.client)} {
			if err := list(t, transport, c.rest, cookie); (err == nil) != want {
				t.Errorf("%s: %d bytes: %v", name, size, err)
			}
		}
	}
	seen := upstream.Take()
	if len(seen) != 3 {
		t.Errorf("the upstream saw %d calls, want 3", len(seen))
	}
	for _, call := range seen {
		if got := len(call.Header.Get("Cookie")); got != 64<<10 {
			t.Errorf("%d bytes of cookie were relayed", got)
		}
	}
}

func list(t *testing.T, transport http.RoundTripper, url, cookie string) error {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/users/session/api", nil)
	if err != nil {
		return err
	}
	request.Header.Set("Cookie", cookie)
	response, err := transport.RoundTrip(request)
	if err != nil {
		return err
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%d", response.StatusCode)
	}
	return nil
}

// TestHugeHeaderList shows that a client that ignores the advertised limit is
// refused as well: grpc-go's own would not send such a list.
func TestHugeHeaderList(t *testing.T) {
	t.Parallel()
	upstream := facadetest.NewRecorder(t, facadetest.Respond(200, nil, `[]`))
	p := start(t, "--upstream-url="+upstream.URL)
	c := dialH2(t, p.GRPC, nil)
	block := c.request(huge()...)
	rest := block[16<<10:]
	err := c.framer.WriteHeaders(http2Headers(block[:16<<10]))
	for err == nil && len(rest) > 0 {
		n := min(len(rest), 16<<10)
		err = c.framer.WriteContinuation(1, n == len(rest), rest[:n])
		rest = rest[n:]
	}
	if err == nil {
		err = c.framer.WriteData(1, true, make([]byte, 5))
	}
	frame, ok := <-c.seen
	t.Logf("refused by %v (connection open: %t, %v)", frame, ok, err)
	if seen := upstream.Take(); len(seen) != 0 {
		t.Error("the upstream was called")
	}
}

// TestSlowLoris shows that clients that never come to the end of their headers
// do not keep others from being served. That they are cut off takes as long as
// the server gives them: that is proven with VERIFY set.
func TestSlowLoris(t *testing.T) {
	t.Parallel()
	p := start(t, "--sandbox")
	var slow []net.Conn
	for _, address := range []string{p.GRPC, p.REST, p.Admin} {
		begin := "GET /readyz HTTP/1.1\r\nHost: x\r\nX-Slow: "
		if address == p.GRPC {
			// The first frame, of settings, has 12,000 bytes to come.
			begin = http2.ClientPreface + "\x00\x2e\xe0\x04\x00\x00\x00\x00\x00"
		}
		for range 100 {
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := io.WriteString(conn, begin); err != nil {
				t.Fatal(err)
			}
			slow = append(slow, conn)
		}
	}
	keepsWorking(t, p, nil, func() { dribble(slow, 20) })
	if os.Getenv("VERIFY") == "" {
		return
	}
	began := time.Now()
	keepsWorking(t, p, nil, func() {
		for tick := time.NewTicker(200 * time.Millisecond); len(slow) > 0 && time.Since(began) < waitLimit; <-tick.C {
			slow = dribble(slow, 1)
		}
	})
	t.Logf("%d of 300 slow clients are left after %s", len(slow), time.Since(began))
	if len(slow) > 0 {
		t.Error("slow clients are not cut off")
	}
}

// dribble writes single bytes to connections and returns those that still take
// them.
func dribble(conns []net.Conn, rounds int) (open []net.Conn) {
	for range rounds {
		open = nil
		for _, conn := range conns {
			if _, err := conn.Write([]byte("a")); err == nil {
				open = append(open, conn)
			}
		}
	}
	return open
}
