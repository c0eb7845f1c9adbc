package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// sessionText is an API session as the upstream sends one.
const sessionText = `{"sessionId":"s-1","expiration":"2022-09-03T19:46:40.748Z","isUnlimitedExpiration":false,` +
	`"labels":{"team":"payroll"},"sessionType":"API","token":"t-0123456789","userId":"u-1"}`

func listText(n int) string {
	return "[" + strings.TrimSuffix(strings.Repeat(sessionText+",", n), ",") + "]"
}

// stub is the upstream. It answers three calls with canned bytes, after a wait, and
// keeps sessions.
type stub struct {
	list        atomic.Pointer[string]
	delay       atomic.Int64
	connections atomic.Int64
	sessions    sessions
}

// counts is what the stub tells of itself.
type counts struct {
	Connections int64 `json:"connections"`
	sessionCounts
}

// runStub is the process of the upstream.
func runStub(args []string) error {
	s := &stub{sessions: sessions{ended: map[string]bool{}, answering: map[string]int{}}}
	s.setList(1)
	plain, err := listen()
	if err != nil {
		return err
	}
	secure, err := listen()
	if err != nil {
		return err
	}
	control, err := listen()
	if err != nil {
		return err
	}
	config, err := serverTLS(args[0])
	if err != nil {
		return err
	}
	overTLS := &http.Server{Handler: http.HandlerFunc(s.serveHTTP), TLSConfig: config, ReadHeaderTimeout: time.Minute,
		ConnState: func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				s.connections.Add(1)
			}
		}}
	go func() { _ = overTLS.ServeTLS(secure, "", "") }()
	go func() { _ = http.Serve(control, http.HandlerFunc(s.control)) }() //nolint:gosec // only this bench calls it
	announce(map[string]string{"plain": plain.Addr().String(), "secure": secure.Addr().String(), "control": control.Addr().String()})
	for {
		conn, err := plain.Accept()
		if err != nil {
			return err
		}
		s.connections.Add(1)
		go s.serve(conn)
	}
}

func (s *stub) setList(n int) {
	text := listText(n)
	s.list.Store(&text)
}

// control sets what is answered (?list=20&delay=50ms&limit=200), and tells the counts.
func (s *stub) control(w http.ResponseWriter, r *http.Request) {
	if n, err := strconv.Atoi(r.FormValue("list")); err == nil {
		s.setList(n)
	}
	if wait, err := time.ParseDuration(r.FormValue("delay")); err == nil {
		s.delay.Store(int64(wait))
	}
	if limit, err := strconv.ParseFloat(r.FormValue("limit"), 64); err == nil {
		s.sessions.setLimit(limit)
	}
	_ = json.NewEncoder(w).Encode(counts{s.connections.Load(), s.sessions.counts()}) // the generator fails if it does not come
}

// answer is the status and body for a call.
func (s *stub) answer(verb, path string, authorized bool) (int, string) {
	const sessions = "/users/session/api"
	delay := time.Duration(s.delay.Load())
	if id, ok := strings.CutPrefix(path, sessionPath); ok && verb == http.MethodGet {
		return s.sessions.check(id, delay)
	} else if ok && verb == http.MethodDelete {
		return s.sessions.end(id, delay)
	}
	time.Sleep(delay)
	switch {
	case !authorized:
		return http.StatusUnauthorized, `{"error":"no token came"}`
	case verb == http.MethodGet && path == sessions:
		return http.StatusOK, *s.list.Load()
	case verb == http.MethodPost && path == sessions, verb == http.MethodGet && strings.HasPrefix(path, sessions+"/"):
		return http.StatusOK, sessionText
	}
	return http.StatusNotFound, `{"error":"no such call"}`
}

func (s *stub) serveHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	status, body := s.answer(r.Method, r.URL.Path, r.Header.Get("Authorization") == token)
	if body != "" {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body) //nolint:gosec // only this bench reads it
}

// serve answers the requests of one plain connection.
func (s *stub) serve(conn net.Conn) {
	defer conn.Close()
	var (
		r   = bufio.NewReaderSize(conn, 8<<10)
		in  message
		out []byte
	)
	for in.read(r) == nil {
		verb, rest, _ := bytes.Cut(in.first, []byte(" "))
		path, _, _ := bytes.Cut(rest, []byte(" "))
		status, body := s.answer(string(verb), string(path), in.authorized)
		out = append(out[:0], "HTTP/1.1 "...)
		out = strconv.AppendInt(out, int64(status), 10)
		out = append(out, " "+http.StatusText(status)+"\r\nDate: Sat, 03 Sep 2022 19:46:40 GMT\r\n"...)
		if status != http.StatusNoContent {
			out = append(out, "Content-Type: application/json\r\nContent-Length: "...)
			out = append(strconv.AppendInt(out, int64(len(body)), 10), "\r\n"...)
		}
		out = append(append(out, "\r\n"...), body...)
		if _, err := conn.Write(out); err != nil {
			return
		}
	}
}

// serverTLS makes the stub's certificate, and writes the CA to a file.
func serverTLS(file string) (*tls.Config, error) {
	certificate, err := newCertificate(file)
	if err != nil {
		return nil, err
	}
	return &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS12}, nil
}
