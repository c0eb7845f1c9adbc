package edge

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
)

// TestIdleConnections_GiveWay shows that whoever holds all connections of a port, and
// says nothing, keeps nobody out, in plaintext and over TLS.
func TestIdleConnections_GiveWay(t *testing.T) {
	t.Parallel()
	const most = 4
	plaintext := start(t, "--sandbox", fmt.Sprint("--max-connections=", most))
	secured := startTLS(t, false, "--sandbox", fmt.Sprint("--max-connections=", most))
	for _, address := range []string{plaintext.REST, plaintext.Admin, secured.REST} {
		for range most {
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = conn.Close() })
		}
	}
	if _, err := newCaller(t, plaintext, nil).viaREST(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := newCaller(t, secured.process, secured.client).viaREST(t.Context()); err != nil {
		t.Error(err)
	}
	plaintext.scrapes(t, `session_facade_connections_evicted_total{port="http"} 1`)
	plaintext.scrapes(t, `session_facade_connections_evicted_total{port="admin"} 1`)
}

// TestIdleHTTP2_GivesWay: also connections without TLS that have said that they speak
// HTTP/2, or begun to, keep nobody out.
func TestIdleHTTP2_GivesWay(t *testing.T) {
	t.Parallel()
	const most = 200
	for name, begin := range map[string]string{
		"silent": "", "first line of the preface": http2.ClientPreface[:18], "part of the preface": http2.ClientPreface[:10], "preface": http2.ClientPreface,
		"settings": http2.ClientPreface + "\x00\x00\x00\x04\x00\x00\x00\x00\x00",
		"pings":    http2.ClientPreface + "\x00\x00\x00\x04\x00\x00\x00\x00\x00" + strings.Repeat("\x00\x00\x08\x06\x00\x00\x00\x00\x0012345678", 10),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t, "--sandbox", fmt.Sprint("--max-connections=", most))
			for range most {
				conn, err := net.Dial("tcp", p.REST)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = conn.Close() })
				if _, err := io.WriteString(conn, begin); err != nil {
					t.Fatal(err)
				}
			}
			works(t, &process{GRPC: p.REST, REST: p.REST, Admin: p.Admin}, nil)
			p.checkMemory(t)
		})
	}
}

// TestFailedHandshake_IsNoWarning shows that a balancer that opens a connection over
// TLS only to see whether it can does not fill the log.
func TestFailedHandshake_IsNoWarning(t *testing.T) {
	t.Parallel()
	s := startTLS(t, false, "--sandbox", "--log-level=DEBUG")
	conn, err := net.Dial("tcp", s.REST)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	line := s.await(t, "TLS handshake error")
	if !strings.Contains(line, `"level":"DEBUG"`) || strings.Contains(line, "127.0.0.1") {
		t.Errorf("logged %s", line)
	}
}

// TestOpenFiles_LowerTheBound shows what the limit on open files does to the bound on
// connections, and that one that is too low is refused.
func TestOpenFiles_LowerTheBound(t *testing.T) {
	t.Parallel()
	limited := func(files int, args ...string) *exec.Cmd {
		return exec.Command("sh", append([]string{"-c", fmt.Sprintf(`ulimit -n %d; exec "$0" "$@"`, files), server(t),
			"--grpc-addr=127.0.0.1:0", "--http-addr=127.0.0.1:0", "--admin-addr=127.0.0.1:0", "--upstream-url=http://127.0.0.1:1"}, args...)...)
	}
	refused, err := limited(770).CombinedOutput()
	if err == nil || !strings.Contains(string(refused), "--max-connections: 16384 connections") || !strings.Contains(string(refused), "ulimit -n") {
		t.Errorf("started with 770 files: %v, %s", err, refused)
	}
	for files, want := range map[int]string{771: `"allowed":64`, 1000: `"allowed":140`} {
		p := &process{command: limited(files)}
		logs, err := p.command.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		p.run(t)
		first := make([]byte, 4096)
		n, _ := io.ReadAtLeast(logs, first, 1)
		if line := string(first[:n]); !strings.Contains(line, "--max-connections is lowered") || !strings.Contains(line, want) {
			t.Errorf("%d files: logged %s", files, line)
		}
		go func() { _, _ = io.Copy(io.Discard, logs) }()
	}
}

// TestCallUnderWay_DoesNotGiveWay shows that a call on a port that is full is finished,
// over HTTP/2 and HTTP/1.1, and that who comes meanwhile waits for it.
func TestCallUnderWay_DoesNotGiveWay(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"HTTP/2.0", "HTTP/1.1"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			u := newSlowUpstream(t)
			s := startTLS(t, false, "--upstream-url="+u.url, "--max-connections=1")
			c, next := newCaller(t, s.process, s.client), newCaller(t, s.process, s.client)
			if protocol == "HTTP/1.1" {
				c.http.Transport = oneOne(s.client)
			}
			calling, waiting := make(chan error, 1), make(chan error, 1)
			ask := func(c *caller, asked chan<- error) {
				response, err := c.http.Get(c.rest + "/users/session/api")
				if err == nil {
					_ = response.Body.Close()
				}
				asked <- err
			}
			go ask(c, calling)
			<-u.entered
			go ask(next, waiting)
			select {
			case err := <-calling:
				t.Fatalf("the call under way ended: %v", err)
			case err := <-waiting:
				t.Fatalf("over the bound: %v", err)
			case <-time.After(1500 * time.Millisecond):
			}
			close(u.release)
			if err := <-calling; err != nil {
				t.Error(err)
			}
			if err := <-waiting; err != nil {
				t.Error(err)
			}
		})
	}
}

// TestBusyHTTP2_DoesNotGiveWay: a connection without TLS on which a call is under way is
// not idle, also where the port is full.
func TestBusyHTTP2_DoesNotGiveWay(t *testing.T) {
	t.Parallel()
	const most = 3
	u := newSlowUpstream(t)
	p := start(t, "--upstream-url="+u.url, fmt.Sprint("--max-connections=", most))
	c := newCaller(t, &process{GRPC: p.REST, REST: p.REST, Admin: p.Admin}, nil)
	viaGRPC, viaREST := u.hold(t, c)
	for range most * 3 {
		conn, err := net.Dial("tcp", p.REST)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
	}
	p.scrapes(t, `session_facade_connections_evicted_total{port="http"} 4`) // each a second after the last
	close(u.release)
	if err := errors.Join(<-viaGRPC, <-viaREST); err != nil {
		t.Error(err)
	}
}
