package faults

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// server is an upstream on plain TCP, so that it can break what net/http's would
// keep whole. It notes which calls reach it, by their request id.
type server struct {
	t      *testing.T
	url    string
	trust  *tls.Config // what a facade needs to call it
	byName map[string]*operation

	mu    sync.Mutex
	seen  map[string]int
	conns map[net.Conn]bool
	done  bool
}

// listen starts a server that does as it is told with each connection. It is
// stopped when the test ends.
func listen(t *testing.T, all []*operation, serve func(s *server, c net.Conn)) *server {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, url: "http://" + listener.Addr().String(), seen: map[string]int{},
		conns: map[net.Conn]bool{}, byName: map[string]*operation{}}
	for _, o := range all {
		s.byName[o.rpc] = o
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			if !s.hold(c) {
				continue
			}
			running.Go(func() {
				defer s.drop(c)
				serve(s, c)
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		for _, c := range s.stop() {
			_ = c.Close()
		}
		running.Wait()
	})
	return s
}

func (s *server) hold(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done {
		_ = c.Close()
		return false
	}
	s.conns[c] = true
	return true
}

func (s *server) drop(c net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	_ = c.Close()
}

func (s *server) stop() []net.Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done = true
	var open []net.Conn
	for c := range maps.Keys(s.conns) {
		open = append(open, c)
	}
	return open
}

// note counts a call that has come this far, and finds its operation.
func (s *server) note(id string) *operation {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen[id]++
	name, _, _ := strings.Cut(id, "/")
	o := s.byName[name]
	if o == nil {
		s.t.Errorf("a request came without the id of a call: %q", id)
		o = &operation{}
	}
	return o
}

// times is how often a call has come.
func (s *server) times(id string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen[id]
}

// answer is what a server does once it has read a request whole; it tells
// whether to keep the connection.
type answer func(s *server, c net.Conn, o *operation) (keep bool)

// answering makes a server of HTTP/1.1 that reads requests whole.
func answering(what answer) func(t *testing.T, all []*operation) *server {
	return func(t *testing.T, all []*operation) *server {
		t.Helper()
		return listen(t, all, func(s *server, c net.Conn) {
			reader := bufio.NewReader(c)
			for {
				o := s.read(reader)
				if o == nil || !what(s, c, o) {
					return
				}
			}
		})
	}
}

// read reads a request; nil where there is none.
func (s *server) read(reader *bufio.Reader) *operation {
	request, err := http.ReadRequest(reader)
	if err != nil {
		return nil
	}
	o := s.note(request.Header.Get("X-Request-Id"))
	if _, err := io.Copy(io.Discard, request.Body); err != nil {
		return nil
	}
	return o
}

// reply is a response with a body and its length.
func reply(status int, headers, body string) string {
	return fmt.Sprintf("HTTP/1.1 %d Status\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n%s", status, len(body), headers, body)
}

// says answers with the same text each time.
func says(text string) answer {
	return func(_ *server, c net.Conn, _ *operation) bool {
		_, err := io.WriteString(c, text)
		return err == nil
	}
}

// then says something and does something after it.
func then(text string, after func(net.Conn)) answer {
	return func(_ *server, c net.Conn, _ *operation) bool {
		_, _ = io.WriteString(c, text)
		after(c)
		return false
	}
}

// reset closes a connection with an RST.
func reset(c net.Conn) {
	if plain, ok := c.(*net.TCPConn); ok {
		_ = plain.SetLinger(0)
	}
	_ = c.Close()
}

// finish closes a connection with a FIN.
func finish(c net.Conn) { _ = c.Close() }

// hang waits until the other end gives up.
func hang(c net.Conn) { _, _ = io.Copy(io.Discard, c) }
