package test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/wingspan-grpc/session-facade/test/facadetest"
	"github.com/wingspan-grpc/session-facade/test/httpclient"
)

// dial opens a connection to a facade's REST port; it is closed when the test ends.
func dial(t *testing.T, facade *facadetest.Facade) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(facade.REST, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	return conn
}

// TestREST_RefusesBeforeContinue: who asks first is not told to send what will be refused.
func TestREST_RefusesBeforeContinue(t *testing.T) {
	t.Parallel()
	upstream := facadetest.NewRecorder(t, facadetest.Respond(200, nil, session))
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{MaxRequestBytes: 1000})
	for name, c := range map[string]struct {
		header string
		want   int
	}{
		"too large":        {"Content-Type: application/json\r\nContent-Length: 1001", 413},
		"no JSON":          {"Content-Type: text/plain\r\nContent-Length: 2", 415},
		"undeclared":       {"Content-Length: 2", 415},
		"compressed":       {"Content-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 2", 415},
		"chunked, no JSON": {"Content-Type: text/plain\r\nTransfer-Encoding: chunked", 415},
		"taken":            {"Content-Type: application/json\r\nContent-Length: 2", 100},
	} {
		conn := dial(t, facade)
		fmt.Fprintf(conn, "POST /users/session HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n%s\r\n\r\n", c.header)
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || response.StatusCode != c.want {
			t.Errorf("%s: %+v, %v; want %d", name, response, err, c.want)
		}
	}
}

// TestREST_RefusedUploadsGetTheirResponse: and not a reset, though net/http reads only
// the beginning of what is left.
func TestREST_RefusedUploadsGetTheirResponse(t *testing.T) {
	t.Parallel()
	upstream := facadetest.NewRecorder(t, facadetest.Respond(200, nil, session))
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{MaxRequestBytes: 1000})
	const size = 10 << 20
	conn := dial(t, facade)
	go func() { // as clients do that write while they read
		fmt.Fprintf(conn, "POST /users/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", size)
		_, _ = io.CopyN(conn, zeros{}, size)
	}()
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || response.StatusCode != 413 {
		t.Fatalf("%+v, %v", response, err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	checkErrorBody(t, body, "REQUEST_TOO_LARGE", nil)
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }

// TestREST_WhoLeavesEndsTheCall: also where the request has a body that no operation reads.
func TestREST_WhoLeavesEndsTheCall(t *testing.T) {
	t.Parallel()
	began, ended := make(chan struct{}), make(chan struct{})
	upstream := facadetest.NewRecorder(t, func(_ http.ResponseWriter, r *http.Request) {
		began <- struct{}{}
		<-r.Context().Done()
		ended <- struct{}{}
	})
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{Timeout: 10 * time.Minute})
	for _, verb := range []string{"GET", "DELETE"} {
		for _, body := range []string{"", "{}"} {
			ctx, leave := context.WithCancel(t.Context())
			request, err := http.NewRequestWithContext(ctx, verb, facade.REST+"/users/session/api/s-1", strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			left := make(chan error)
			go func() {
				response, err := httpclient.Shared.Transport.RoundTrip(request)
				if err == nil {
					_ = response.Body.Close()
				}
				left <- err
			}()
			<-began
			leave()
			if err := <-left; !errors.Is(err, context.Canceled) {
				t.Errorf("%s %q: %v", verb, body, err)
			}
			select {
			case <-ended:
			case <-time.After(30 * time.Second):
				t.Fatalf("%s %q: the upstream's call goes on", verb, body)
			}
		}
	}
}
