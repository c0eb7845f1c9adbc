package restgateway

import (
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/wingspan-grpc/session-facade/test/httpclient"
)

// TestAnswerMalformed_LeavesResponsesAlone: what a handler writes is not taken for a
// refusal of net/http's, even where it looks like one; what watches the connections
// sees those of the listener.
func TestAnswerMalformed_LeavesResponsesAlone(t *testing.T) {
	t.Parallel()
	body := "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request" +
		strings.Repeat(".", 64<<10)
	raw, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	states := make(chan net.Conn, 16)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_ = http.NewResponseController(w).Flush()
		_, _ = io.WriteString(w, body[:len(body)-1]) // directly, since it is larger than any buffer
		_, _ = io.WriteString(w, body[len(body)-1:])
	}), ConnState: func(conn net.Conn, _ http.ConnState) { states <- conn }}
	listener := (&Gateway{}).HandleMalformed(server, raw)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	for range 2 { // the second time on the same connection
		response, err := httpclient.Shared.Get("http://" + raw.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil || string(got[:20]) != body[:20] {
			t.Errorf("%q, %v", got[:min(len(got), 100)], err)
		}
	}
	if conn, ok := (<-states).(*net.TCPConn); !ok {
		t.Errorf("ConnState is told of a %T", conn)
	}
}

// TestAnswerMalformed_HalfCloses: net/http closes the sending half after it has refused
// an upload, and goes on reading for a while, so that the client gets the response.
func TestAnswerMalformed_HalfCloses(t *testing.T) {
	t.Parallel()
	raw, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener := (&Gateway{}).HandleMalformed(&http.Server{}, raw)
	defer listener.Close()
	near, err := net.Dial("tcp", raw.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	far, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	half, ok := far.(interface{ CloseWrite() error })
	if !ok {
		t.Fatalf("%T hides CloseWrite", far)
	}
	if err := half.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	_ = near.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := near.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the sending half is still open: %v", err)
	}
	if _, err := near.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	_ = far.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := far.Read(make([]byte, 1)); err != nil {
		t.Errorf("the receiving half is closed: %v", err)
	}
}
