package faults

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

const okHead = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

// connectionFaults are those of an upstream that gives no response.
var connectionFaults = []fault{
	{name: "connection refused", upstream: refusing, want: unreachable},
	{name: "untrusted certificate", upstream: untrusted, want: unreachable},
	{name: "no TLS where TLS is expected", upstream: plainForTLS, want: unreachable},
	{name: "reset before the request is read", upstream: dropping, want: unreachable, atMost: true},
	{name: "reset at the request's first line", upstream: resetting, want: unreachable, gets: 3, others: 1},
	{name: "reset after the request", upstream: answering(then("", reset)), want: unreachable, gets: 3, others: 1},
	{name: "closed after the request", upstream: answering(then("", finish)), want: unreachable, gets: 3, others: 1},
	{name: "reset within the headers", upstream: answering(then(okHead, reset)), want: unreachable, gets: 3, others: 1},
	{name: "closed within the headers", upstream: answering(then("HTTP/1.1 2", finish)), want: unreachable, gets: 3, others: 1},
	{name: "garbage", upstream: answering(then("\x00\x01\x02 "+canary+"\r\n\r\n", finish)), want: unreachable, gets: 3, others: 1},
	{name: "status that is no number", upstream: answering(then("HTTP/1.1 two hundred\r\n\r\n", finish)), want: unreachable, gets: 3, others: 1},
	{name: "another protocol", upstream: answering(then("SSH-2.0-"+canary+"\r\n", finish)), want: unreachable, gets: 3, others: 1},
	{name: "malformed header", upstream: answering(then(okHead+canary+"\r\n\r\n", finish)), want: unreachable, gets: 3, others: 1},
	{name: "two lengths", upstream: answering(then(okHead+"Content-Length: 2\r\nContent-Length: 3\r\n\r\n[]", finish)), want: unreachable, gets: 3, others: 1},
	{name: "header flood", upstream: answering(flood("X-"+canary+": ", "\r\n")), want: unreachable, gets: 3, others: 1},
	{name: "header without an end", upstream: answering(flood("", "")), want: unreachable, gets: 3, others: 1},
	{name: "flood of 1xx", upstream: answering(interim), want: unreachable, gets: 3, others: 1},
	{name: "hang", upstream: answering(then("", hang)), config: facadetest.Config{Timeout: short}, want: late, gets: 1, others: 1},
	{name: "hang within the headers", upstream: answering(then(okHead, hang)), config: facadetest.Config{Timeout: short}, want: late, gets: 1, others: 1},
	{name: "hang after 100 Continue", upstream: answering(then("HTTP/1.1 100 Continue\r\n\r\n", hang)), config: facadetest.Config{Timeout: short}, want: late, gets: 1, others: 1},
	{name: "trickled headers", upstream: answering(trickle("")), config: facadetest.Config{Timeout: short}, want: late, gets: 1, others: 1},
}

// refusing is an address where nobody listens.
func refusing(t *testing.T, all []*operation) *server {
	t.Helper()
	s := listen(t, all, func(*server, net.Conn) {})
	closed := httptest.NewServer(nil)
	s.url = closed.URL
	closed.Close()
	return s
}

// untrusted has a certificate of an authority that the facade does not know.
func untrusted(t *testing.T, all []*operation) *server {
	t.Helper()
	s := listen(t, all, func(*server, net.Conn) {})
	secured := httptest.NewUnstartedServer(nil)
	secured.Config.ErrorLog = quiet
	secured.StartTLS()
	t.Cleanup(secured.Close)
	s.url = secured.URL
	return s
}

// plainForTLS is called by https but speaks HTTP.
func plainForTLS(t *testing.T, all []*operation) *server {
	t.Helper()
	s := listen(t, all, func(_ *server, c net.Conn) {
		_, _ = io.ReadFull(c, make([]byte, 1))
		_, _ = io.WriteString(c, reply(400, "", `{}`))
	})
	s.url = strings.Replace(s.url, "http:", "https:", 1)
	return s
}

// dropping resets connections at once.
func dropping(t *testing.T, all []*operation) *server {
	t.Helper()
	return listen(t, all, func(_ *server, c net.Conn) { reset(c) })
}

// resetting resets connections when it knows which call it is.
func resetting(t *testing.T, all []*operation) *server {
	t.Helper()
	return listen(t, all, func(s *server, c net.Conn) {
		lines := bufio.NewScanner(c)
		for lines.Scan() {
			if id, ok := strings.CutPrefix(lines.Text(), "X-Request-Id: "); ok {
				s.note(id)
				reset(c)
				return
			}
		}
	})
}

// flood sends headers until the reader has enough, which it must have soon.
func flood(before, after string) answer {
	return func(s *server, c net.Conn, _ *operation) bool {
		const enough = 16 << 20 // what the kernel holds included
		_, _ = io.WriteString(c, okHead)
		line := before + strings.Repeat("a", 1000) + after
		for sent := 0; ; sent += len(line) {
			if sent > enough {
				s.t.Errorf("%d bytes of headers were taken", sent)
				return false
			}
			if _, err := io.WriteString(c, line); err != nil {
				return false
			}
		}
	}
}

// interim sends one interim response after another.
func interim(s *server, c net.Conn, _ *operation) bool {
	const enough = 1 << 20
	for range enough {
		if _, err := io.WriteString(c, "HTTP/1.1 103 Early Hints\r\nLink: <"+canary+">\r\n\r\n"); err != nil {
			return false
		}
	}
	s.t.Errorf("%d interim responses were taken", enough)
	return false
}

// trickle sends a text and then, slowly, more that never ends.
func trickle(text string) answer {
	return func(_ *server, c net.Conn, _ *operation) bool {
		_, err := fmt.Fprint(c, text)
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		if text == "" {
			_, err = fmt.Fprint(c, "HTTP/1.1 200 OK\r\nX-Slow: ")
		}
		for err == nil {
			<-tick.C
			_, err = fmt.Fprint(c, "1")
		}
		return false
	}
}
