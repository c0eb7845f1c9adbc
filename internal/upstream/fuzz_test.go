package upstream

import (
	"bytes"
	"context"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/metadata"
)

// recordedConn is a connection on which an upstream says something once it has been
// written to.
type recordedConn struct {
	net.Conn
	answer  *bytes.Reader
	once    sync.Once
	written chan struct{}
	closed  chan struct{}
}

func (c *recordedConn) Read(b []byte) (int, error) {
	select {
	case <-c.written:
	case <-c.closed:
		return 0, net.ErrClosed
	}
	return c.answer.Read(b)
}

func (c *recordedConn) Write(b []byte) (int, error) {
	c.once.Do(func() { close(c.written) })
	return len(b), nil
}

func (c *recordedConn) Close() error {
	select {
	case <-c.closed:
	default:
		close(c.closed)
	}
	return nil
}

func (c *recordedConn) SetDeadline(time.Time) error { return nil }

// FuzzAnswer: whatever an upstream says, the direct client makes of it what
// net/http does.
func FuzzAnswer(f *testing.F) {
	for _, answer := range []string{
		strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", maxInterim) + "HTTP/1.1 204 No Content\r\n\r\n",
		strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", maxInterim+1) + "HTTP/1.1 204 No Content\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\nX: y\r\n\r\n",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 403 Forbidden\r\nSet-Cookie: a\r\nset-cookie: b\r\n\r\n{}",
		"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n[]", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n[]",
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n[]",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n", "HTTP/1.1 200 OK\r\n a: b\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n[]", "HTTP/1.1 000 \r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n", "", "[]",
	} {
		f.Add([]byte(answer))
	}
	address := &url.URL{Scheme: "http", Host: "upstream.test"}
	f.Fuzz(func(t *testing.T, said []byte) {
		if bytes.Contains(said, []byte(" 101")) {
			t.Skip("what follows is no HTTP")
		}
		var heard [2]*answer
		var failed [2]*Error
		for i, direct := range []bool{true, false} {
			options := Options{URL: address, MaxAnswerBytes: 1 << 16, MaxErrorBytes: 1 << 12, Dial: func(context.Context, string, string) (net.Conn, error) {
				return &recordedConn{answer: bytes.NewReader(said), written: make(chan struct{}), closed: make(chan struct{})}, nil
			}}
			c := &Conn{options: options}
			c.wire = &transport{options: &c.options}
			c.wire.link().plain.Store(direct)
			heard[i], failed[i] = c.attempt(t.Context(), &wireLog{limit: 1}, &request{verb: "GET", path: "/", header: metadata.MD{}})
			c.Close()
		}
		if (heard[0] == nil) != (heard[1] == nil) {
			t.Fatalf("direct: %v %v, net/http: %v %v", heard[0], failed[0], heard[1], failed[1])
		}
		if heard[0] == nil {
			if failed[0].answer.status != failed[1].answer.status || !bytes.Equal(failed[0].answer.body, failed[1].answer.body) {
				t.Fatalf("direct: %v, net/http: %v", failed[0], failed[1])
			}
			return
		}
		if heard[0].status != heard[1].status || !bytes.Equal(heard[0].body, heard[1].body) || !sameHeaders(heard[0], heard[1]) {
			t.Fatalf("direct: %+v, net/http: %+v", heard[0], heard[1])
		}
	})
}

// sameHeaders compares what could be passed on; net/http takes out what it has
// heeded itself.
func sameHeaders(a, b *answer) bool {
	for name, values := range b.header {
		if strings.Join(a.header[name], "\n") != strings.Join(values, "\n") {
			return false
		}
	}
	return len(a.header) >= len(b.header)
}
