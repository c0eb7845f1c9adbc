package faults

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

// http2Faults are those of an upstream that speaks HTTP/2, as the real one does.
// Where a connection that several calls share is lost, some of them may not
// have been sent yet.
var http2Faults = []fault{
	{name: "HTTP2/none", upstream: streaming(stream.valid), want: fine, gets: 1, others: 1},
	{name: "HTTP2/REFUSED_STREAM once", upstream: streaming(atFirst(ends(http2.ErrCodeRefusedStream))), want: fine, gets: 2, others: 2},
	{name: "HTTP2/REFUSED_STREAM", upstream: streaming(ends(http2.ErrCodeRefusedStream)), config: facadetest.Config{Timeout: short},
		want: unreachable, gets: many, others: many, atMost: true},
	{name: "HTTP2/PROTOCOL_ERROR", upstream: streaming(ends(http2.ErrCodeProtocol)), want: unreachable, gets: 3, others: 1},
	{name: "HTTP2/INTERNAL_ERROR", upstream: streaming(ends(http2.ErrCodeInternal)), want: unreachable, gets: 3, others: 1},
	{name: "HTTP2/HTTP_1_1_REQUIRED", upstream: streaming(ends(http2.ErrCodeHTTP11Required)), want: unreachable, gets: 3, others: 1},
	{name: "HTTP2/GOAWAY before the stream, once", upstream: streaming(goAwayAtFirst), want: fine, gets: many, others: many, atMost: true},
	{name: "HTTP2/GOAWAY before the stream", upstream: streaming(goAwayBefore), config: facadetest.Config{Timeout: short},
		want: unreachable, gets: many, others: many, atMost: true},
	{name: "HTTP2/GOAWAY and close", upstream: streaming(func(s stream) {
		_ = s.WriteGoAway(1<<31-1, http2.ErrCodeNo, []byte(canary))
		_ = s.conn.Close()
	}), want: unreachable, gets: 3, others: 1, atMost: true},
	{name: "HTTP2/close", upstream: streaming(func(s stream) { _ = s.conn.Close() }), want: unreachable, gets: 3, others: 1, atMost: true},
	{name: "HTTP2/garbage", upstream: streaming(func(s stream) { _, _ = io.WriteString(s.conn, reply(200, "", canary)) }),
		want: unreachable, gets: 3, others: 1, atMost: true},
	{name: "HTTP2/header flood", upstream: streaming(func(s stream) { s.headers(true, ":status", "200", "x-flood", plenty) }),
		want: unreachable, gets: 3, others: 1, atMost: true},
	{name: "HTTP2/flood of 1xx", upstream: streaming(func(s stream) {
		for range 30 {
			s.headers(false, ":status", "103", "link", plenty[:12<<10])
		}
	}), want: unreachable, gets: 3, others: 1},
	{name: "HTTP2/reset within the body", upstream: streaming(func(s stream) {
		s.headers(false, ":status", "200")
		_ = s.WriteData(s.id, false, []byte(`[{"token":"`+canary))
		_ = s.WriteRSTStream(s.id, http2.ErrCodeInternal)
	}), want: broken, gets: 1, others: 1},
	{name: "HTTP2/body shorter than its length", upstream: streaming(func(s stream) {
		s.headers(false, ":status", "200", "content-length", "99")
		_ = s.WriteData(s.id, true, []byte(`[{"token":"`+canary))
	}), want: broken, gets: 1, others: 1},
	{name: "HTTP2/101", upstream: streaming(func(s stream) { s.headers(true, ":status", "101") }), want: unreachable, gets: 3, others: 1},
	{name: "HTTP2/hang", upstream: streaming(func(stream) {}), config: facadetest.Config{Timeout: short}, want: late, gets: 1, others: 1},
}

// plenty is more than a response's headers may hold, in letters that HPACK does
// not make shorter.
var plenty = canary + strings.Repeat("~", 300<<10)

// stream is one request over HTTP/2, read whole.
type stream struct {
	*http2.Framer
	conn net.Conn
	id   uint32
	o    *operation
	nth  int // how often its call has come
	// answered tells whether any call of the connection was: that none was processed, who has
	// answered one must not say any more.
	answered *bool
}

// headers sends a block of headers, given as pairs.
func (s stream) headers(end bool, pairs ...string) {
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for i := 0; i < len(pairs); i += 2 {
		_ = encoder.WriteField(hpack.HeaderField{Name: pairs[i], Value: pairs[i+1], Sensitive: true})
	}
	const most = 16 << 10 // what a frame holds
	part := block.Next(most)
	_ = s.WriteHeaders(http2.HeadersFrameParam{StreamID: s.id, BlockFragment: part, EndStream: end, EndHeaders: block.Len() == 0})
	for block.Len() > 0 {
		part = block.Next(most)
		_ = s.WriteContinuation(s.id, block.Len() == 0, part)
	}
}

func (s stream) valid() {
	s.headers(false, ":status", "200", "content-type", "application/json")
	_ = s.WriteData(s.id, true, []byte(s.o.answer))
}

func ends(code http2.ErrCode) func(stream) {
	return func(s stream) { _ = s.WriteRSTStream(s.id, code) }
}

// goAwayBefore says that no stream is or will be processed.
func goAwayBefore(s stream) { _ = s.WriteGoAway(0, http2.ErrCodeNo, []byte(canary)) }

// atFirst does something to a call when it first comes, and answers it afterwards.
func atFirst(what func(stream)) func(stream) {
	return func(s stream) {
		if s.nth == 1 {
			what(s)
			return
		}
		s.valid()
	}
}

// goAwayAtFirst says to a call when it first comes that it is not processed, and answers it
// afterwards.
func goAwayAtFirst(s stream) {
	if s.nth == 1 && !*s.answered {
		goAwayBefore(s)
		return
	}
	*s.answered = true
	s.valid()
}

// streaming makes a server of HTTP/2.
func streaming(answer func(stream)) func(t *testing.T, all []*operation) *server {
	return func(t *testing.T, all []*operation) *server {
		t.Helper()
		lender := httptest.NewTLSServer(nil) // of its certificate
		lender.Close()
		certificates, trusted := lender.TLS.Certificates, x509.NewCertPool()
		trusted.AddCert(lender.Certificate())
		s := listen(t, all, func(s *server, c net.Conn) {
			secured := tls.Server(c, &tls.Config{Certificates: certificates, NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS12})
			if err := secured.Handshake(); err == nil {
				s.frames(secured, answer)
			}
		})
		s.url = strings.Replace(s.url, "http:", "https:", 1)
		s.trust = &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12}
		return s
	}
}

// frames reads frames until the connection ends, and answers requests.
func (s *server) frames(c net.Conn, answer func(stream)) {
	if _, err := io.ReadFull(c, make([]byte, len(http2.ClientPreface))); err != nil {
		return
	}
	framer := http2.NewFramer(c, c)
	framer.ReadMetaHeaders = hpack.NewDecoder(4<<10, nil)
	_ = framer.WriteSettings(http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: 1000})
	calls, answered := map[uint32]stream{}, false
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			return
		}
		ended := false
		switch f := frame.(type) {
		case *http2.SettingsFrame:
			if !f.IsAck() {
				_ = framer.WriteSettingsAck()
			}
		case *http2.MetaHeadersFrame:
			for _, field := range f.RegularFields() {
				if field.Name == "x-request-id" {
					calls[f.StreamID] = stream{framer, c, f.StreamID, s.note(field.Value), s.times(field.Value), &answered}
				}
			}
			ended = f.StreamEnded()
		case *http2.DataFrame:
			ended = f.StreamEnded()
		}
		if call, known := calls[frame.Header().StreamID]; ended && known {
			answer(call)
		}
	}
}
