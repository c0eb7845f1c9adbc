package upstream

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/relay"
	"github.com/wingspan-grpc/session-facade/internal/upstream/connpool"
)

// peer is an HTTP/2 server that says what net/http's would not. It notes the
// streams that come.
type peer struct {
	url     string
	config  *tls.Config
	streams uint32          // that it allows
	more    []http2.Setting // that it has
	settled chan peerStream // gets each connection, where it is not nil

	mu          sync.Mutex
	seen, conns int
}

// peerStream is one request to it.
type peerStream struct {
	*http2.Framer
	conn net.Conn
	id   uint32
	nth  int // of all that came
	get  bool
}

func (s peerStream) ok() {
	if !s.get {
		_ = s.WriteHeaders(http2.HeadersFrameParam{StreamID: s.id, EndStream: true, EndHeaders: true, BlockFragment: []byte{0x89}}) // :status 204
		return
	}
	_ = s.WriteHeaders(http2.HeadersFrameParam{StreamID: s.id, EndHeaders: true, BlockFragment: []byte{0x88}}) // :status 200, in the static table
	_ = s.WriteData(s.id, true, []byte(`[]`))
}

func (s peerStream) reset(code http2.ErrCode) { _ = s.WriteRSTStream(s.id, code) }

// newPeer starts one that answers each request as it is told.
func newPeer(t *testing.T, answer func(peerStream)) *peer {
	t.Helper()
	lender := httptest.NewUnstartedServer(nil) // of its certificate
	p := &peer{config: start(t, lender, tls.VersionTLS13, true), streams: 100}
	certificates := lender.TLS.Certificates
	lender.Close()
	listener := tls.NewListener(listen(t), &tls.Config{
		Certificates: certificates, NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS12})
	p.url = "https://" + listener.Addr().String()
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer conn.Close()
				stop := context.AfterFunc(t.Context(), func() { _ = conn.Close() })
				defer stop()
				p.serve(conn, answer)
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		running.Wait()
	})
	return p
}

func (p *peer) serve(conn net.Conn, answer func(peerStream)) {
	if _, err := io.ReadFull(conn, make([]byte, len(http2.ClientPreface))); err != nil {
		return
	}
	p.mu.Lock()
	p.conns++
	p.mu.Unlock()
	framer := http2.NewFramer(conn, conn)
	framer.ReadMetaHeaders = hpack.NewDecoder(4<<10, nil)
	_ = framer.WriteSettings(append(p.more, http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: p.streams})...)
	gets := map[uint32]bool{}
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
			} else if p.settled != nil {
				p.settled <- peerStream{Framer: framer, conn: conn}
			}
		case *http2.PingFrame:
			if !f.IsAck() {
				_ = framer.WritePing(true, f.Data)
			}
		case *http2.MetaHeadersFrame:
			gets[f.StreamID] = f.PseudoValue("method") == "GET"
			ended = f.StreamEnded()
		case *http2.DataFrame:
			ended = f.StreamEnded()
		}
		if ended {
			p.mu.Lock()
			p.seen++
			nth := p.seen
			p.mu.Unlock()
			id := frame.Header().StreamID
			answer(peerStream{framer, conn, id, nth, gets[id]})
		}
	}
}

func (p *peer) counts() (seen, conns int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen, p.conns
}

func (p *peer) client(t *testing.T, options Options) *service {
	t.Helper()
	s := &service{}
	options.Pool.TLS = func() *tls.Config { return p.config }
	s.connect(t, options, p.url)
	return s
}

// TestHTTP2_RepeatsWhatWasNotProcessed shows, for each verb and each way in which an
// HTTP/2 upstream can give up a request, whether it is repeated: whatever it does
// where the upstream says that it has not processed it, and else only without side
// effects. A change of net/http's errors would show here.
func TestHTTP2_RepeatsWhatWasNotProcessed(t *testing.T) {
	t.Parallel()
	goAway := func(distance int, code http2.ErrCode, end bool) func(peerStream) {
		return func(s peerStream) {
			_ = s.WriteGoAway(uint32(max(0, int(s.id)+distance)), code, []byte("Transport received Server's graceful shutdown GOAWAY"))
			if end {
				_ = s.conn.Close()
			} else if distance >= 0 {
				s.ok()
			}
		}
	}
	for name, c := range map[string]struct {
		first func(peerStream)
		// gets and others are how many streams a call takes; 0: it fails after one.
		gets, others int
	}{
		"REFUSED_STREAM":                      {func(s peerStream) { s.reset(http2.ErrCodeRefusedStream) }, 2, 2},
		"PROTOCOL_ERROR":                      {func(s peerStream) { s.reset(http2.ErrCodeProtocol) }, 2, 0},
		"INTERNAL_ERROR":                      {func(s peerStream) { s.reset(http2.ErrCodeInternal) }, 2, 0},
		"CANCEL":                              {func(s peerStream) { s.reset(http2.ErrCodeCancel) }, 2, 0},
		"HTTP_1_1_REQUIRED":                   {func(s peerStream) { s.reset(http2.ErrCodeHTTP11Required) }, 2, 0},
		"GOAWAY below the stream":             {goAway(-2, http2.ErrCodeNo, false), 2, 2},
		"GOAWAY below, with an error":         {goAway(-2, http2.ErrCodeEnhanceYourCalm, false), 2, 2},
		"GOAWAY at the stream":                {goAway(0, http2.ErrCodeNo, false), 1, 1},
		"GOAWAY above the stream":             {goAway(100, http2.ErrCodeNo, false), 1, 1},
		"GOAWAY at the stream and close":      {goAway(0, http2.ErrCodeNo, true), 2, 0},
		"GOAWAY at, with an error, and close": {goAway(0, http2.ErrCodeInternal, true), 2, 0},
		"GOAWAY above the stream and close":   {goAway(100, http2.ErrCodeNo, true), 2, 0},
		"close":                               {func(s peerStream) { _ = s.conn.Close() }, 2, 0},
	} {
		for verb, call := range calls {
			t.Run(name+"/"+verb, inBubble(func(t *testing.T) {
				p := newPeer(t, func(s peerStream) {
					if s.nth == 1 {
						c.first(s)
					} else {
						s.ok()
					}
				})
				s := p.client(t, Options{RetryBudget: 1})
				want := c.others
				if verb == "GET" {
					want = c.gets
				}
				err := call(t.Context(), s)
				seen, _ := p.counts()
				switch {
				case want == 0 && (status.Code(err) != codes.Unavailable || seen != 1):
					t.Errorf("%v after %d streams, want it to fail after one", err, seen)
				case want > 0 && (err != nil || seen != want):
					t.Errorf("%v after %d streams, want %d", err, seen, want)
				}
			}))
		}
	}
}

// TestHTTP2_GoAwayBelowWithClose shows that a call is repeated where the GOAWAY that
// leaves it out and the end of the connection come together; which of them net/http
// sees first is open, so that a call with side effects may fail instead.
func TestHTTP2_GoAwayBelowWithClose(t *testing.T) { inBubble(testHTTP2_GoAwayBelowWithClose)(t) }

func testHTTP2_GoAwayBelowWithClose(t *testing.T) {
	t.Helper()
	for verb, call := range calls {
		p := newPeer(t, func(s peerStream) {
			if s.nth > 1 {
				s.ok()
				return
			}
			_ = s.WriteGoAway(0, http2.ErrCodeNo, nil)
			_ = s.conn.Close()
		})
		err := call(t.Context(), p.client(t, Options{RetryBudget: 1}))
		if seen, _ := p.counts(); seen > 2 || err == nil && seen != 2 || verb == "GET" && err != nil {
			t.Errorf("%s: %v after %d streams", verb, err, seen)
		}
	}
}

// TestHTTP2_RefusedUntilTheDeadline shows that each stream is one of our attempts,
// that they stop at the deadline, and that they are no fault for the breaker.
func TestHTTP2_RefusedUntilTheDeadline(t *testing.T) {
	t.Parallel()
	for verb, call := range calls {
		t.Run(verb, inBubble(func(t *testing.T) {
			p := newPeer(t, func(s peerStream) { s.reset(http2.ErrCodeRefusedStream) })
			s := p.client(t, Options{RetryBudget: 0.01, BreakerRate: 0.01, MaxAttempts: 1})
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			err := call(ctx, s)
			var failed *Error
			if !errors.As(err, &failed) {
				t.Fatal(err)
			}
			if seen, conns := p.counts(); seen < 2 || seen > failed.attempts || conns != 1 || s.anyOpen() {
				t.Errorf("%v: %d streams of %d attempts on %d connections, breaker open: %t", err, seen, failed.attempts, conns, s.anyOpen())
			}
		}))
	}
}

// TestHTTP2_HeadersThatTheUpstreamDoesNotTake shows that a request which net/http does
// not send, whatever the connection, is not tried until its deadline.
func TestHTTP2_HeadersThatTheUpstreamDoesNotTake(t *testing.T) {
	t.Parallel()
	for verb, call := range calls {
		t.Run(verb, inBubble(func(t *testing.T) {
			p := newPeer(t, peerStream.ok)
			p.streams = 200 // so that it is known at once how many it allows
			p.more = []http2.Setting{{ID: http2.SettingMaxHeaderListSize, Val: 1000}}
			p.settled = make(chan peerStream, 10)
			s := p.client(t, Options{RetryBudget: 1})
			if err := s.conn.Warm(t.Context()); err != nil {
				t.Fatal(err)
			}
			<-p.settled
			large := strings.Repeat("c", 2000)
			var running sync.WaitGroup
			for range 30 {
				running.Go(func() {
					err := call(relay.NewContext(t.Context(), &relay.Exchange{Header: http.Header{"Cookie": {large}}}), s)
					var failed *Error
					if !errors.As(err, &failed) || failed.attempts != maxUnsent || reasonOf(err) != "UPSTREAM_UNREACHABLE" {
						t.Errorf("%v: %+v", err, failed)
					}
				})
				running.Go(func() {
					for range 5 {
						if err := call(t.Context(), s); err != nil {
							t.Errorf("beside them: %v", err)
						}
					}
				})
			}
			running.Wait()
			if seen, conns := p.counts(); seen != 30*5 || conns != 1 {
				t.Errorf("%d streams on %d connections", seen, conns)
			}
		}))
	}
}

// TestInterimResponsesAreBounded shows that a call ends when more interim responses come
// than any upstream has reason to send, and takes those that one may.
func TestInterimResponsesAreBounded(t *testing.T) {
	t.Parallel()
	hint := []byte{0x08, 0x03, '1', '0', '3'} // :status 103
	for _, c := range []struct {
		hints int
		want  codes.Code
	}{{maxInterim, codes.OK}, {maxInterim + 1, codes.Unavailable}} {
		overHTTP2 := newPeer(t, func(s peerStream) {
			for range c.hints {
				_ = s.WriteHeaders(http2.HeadersFrameParam{StreamID: s.id, EndHeaders: true, BlockFragment: hint})
			}
			if c.want == codes.OK {
				s.ok()
			}
		}).client(t, Options{})
		overHTTP1 := handled(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
			for range c.hints {
				w.WriteHeader(http.StatusEarlyHints)
			}
			if c.want != codes.OK {
				hang(w, r)
			}
			succeed(w, r)
		})
		for name, s := range map[string]*service{"HTTP/1.1": overHTTP1, "HTTP/2": overHTTP2} {
			if err := calls["POST"](t.Context(), s); status.Code(err) != c.want {
				t.Errorf("%s, %d interim responses: %v", name, c.hints, err)
			}
		}
	}
}

// TestHTTP2_PeerThatReadsNoMore shows that a connection which takes no bytes is given up
// though it is not silent: whoever writes to it, or waits for who does, would stay.
func TestHTTP2_PeerThatReadsNoMore(t *testing.T) { inBubble(testHTTP2_PeerThatReadsNoMore)(t) }

func testHTTP2_PeerThatReadsNoMore(t *testing.T) {
	t.Helper()
	p := newPeer(t, func(s peerStream) {
		s.ok()
		_ = s.WriteWindowUpdate(0, 1<<30)
		for t.Context().Err() == nil && s.WriteWindowUpdate(0, 1) == nil {
			select {
			case <-t.Context().Done():
			case <-time.After(20 * time.Millisecond):
			}
		}
	})
	p.more = []http2.Setting{{ID: http2.SettingInitialWindowSize, Val: 1 << 30}}
	s := p.client(t, Options{Pool: connpool.Options{PingTimeout: time.Second}})
	if err := calls["GET"](t.Context(), s); err != nil {
		t.Fatal(err)
	}
	password := strings.Repeat("p", 32<<20)
	_, err := s.CreateSession(t.Context(), &usersv1.CreateSessionRequest{Password: &password})
	if reasonOf(err) != "UPSTREAM_UNREACHABLE" {
		t.Error(err)
	}
}

// TestHTTP2_PeerWithoutStreams shows that nobody waits for ever for an upstream which
// allows no stream.
func TestHTTP2_PeerWithoutStreams(t *testing.T) { inBubble(testHTTP2_PeerWithoutStreams)(t) }

func testHTTP2_PeerWithoutStreams(t *testing.T) {
	t.Helper()
	p := newPeer(t, func(s peerStream) { s.reset(http2.ErrCodeRefusedStream) })
	p.streams, p.settled = 0, make(chan peerStream, 10)
	s := p.client(t, Options{Pool: connpool.Options{MaxConnections: 1}, Timeout: time.Second})
	eventually(t, "a connection", func() bool { return s.conn.Warm(t.Context()) == nil })
	<-p.settled
	eventually(t, "a wait that ends", func() bool { return s.conn.Warm(t.Context()) != nil })
	if err := calls["POST"](t.Context(), s); err == nil {
		t.Error("a call is answered")
	}
}

// TestHTTP2_GoAwayFreesThePlace shows that a connection which takes no more streams, and
// that the upstream leaves open, does not keep the place of another.
func TestHTTP2_GoAwayFreesThePlace(t *testing.T) { inBubble(testHTTP2_GoAwayFreesThePlace)(t) }

func testHTTP2_GoAwayFreesThePlace(t *testing.T) {
	t.Helper()
	p := newPeer(t, peerStream.ok)
	p.settled = make(chan peerStream, 10)
	s := p.client(t, Options{Pool: connpool.Options{MaxConnections: 1}})
	taken, err := s.conn.pool.Take(t.Context(), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	warm := <-p.settled
	_ = warm.WriteGoAway(0, http2.ErrCodeNo, nil)
	eventually(t, "the GOAWAY", func() bool { return taken.Available() == 0 })
	s.conn.pool.Unused(taken)
	for range 2 {
		if err := calls["POST"](t.Context(), s); err != nil {
			t.Error(err)
		}
	}
	if _, conns := p.counts(); conns != 2 {
		t.Errorf("%d connections", conns)
	}
}
