package edge

import (
	"bytes"
	"context"
	"crypto/tls"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

const listMethod = "/wingspan.users.v1.SessionAndAuthenticationService/ListApiSessions"

// rawH2 is an HTTP/2 connection whose frames a test writes itself.
type rawH2 struct {
	net.Conn
	framer *http2.Framer
	rpc    bool
	seen   chan http2.Frame // RST_STREAM and GOAWAY frames; closed at the connection's end
}

// dialH2 opens a connection to a port: gRPC in plaintext or REST over TLS.
func dialH2(t *testing.T, address string, config *tls.Config) *rawH2 {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	if config != nil {
		config = config.Clone()
		config.NextProtos, config.ServerName = []string{"h2"}, "127.0.0.1"
		conn = tls.Client(conn, config)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(waitLimit))
	c := &rawH2{Conn: conn, framer: http2.NewFramer(conn, conn), rpc: config == nil, seen: make(chan http2.Frame, 1<<13)}
	if _, err := conn.Write([]byte(http2.ClientPreface)); err != nil {
		t.Fatal(err)
	}
	if err := c.framer.WriteSettings(); err != nil {
		t.Fatal(err)
	}
	acknowledged := make(chan struct{})
	go c.read(acknowledged)
	<-acknowledged
	_ = c.framer.WriteSettingsAck()
	return c
}

// read keeps what the server says of streams and of the connection. settled is
// closed when the server's settings are there.
func (c *rawH2) read(settled chan<- struct{}) {
	defer close(c.seen)
	first := true
	for {
		frame, err := c.framer.ReadFrame()
		if first {
			close(settled)
			first = false
		}
		if err != nil {
			return
		}
		switch frame := frame.(type) {
		case *http2.RSTStreamFrame:
			c.seen <- frame
		case *http2.GoAwayFrame:
			c.seen <- frame
		}
	}
}

// request is the header block of a call of a list, with more headers.
func (c *rawH2) request(more ...hpack.HeaderField) []byte {
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	fields := []hpack.HeaderField{{Name: ":method", Value: "GET"}, {Name: ":scheme", Value: "https"},
		{Name: ":authority", Value: "127.0.0.1"}, {Name: ":path", Value: "/users/session/api"}}
	if c.rpc {
		fields = []hpack.HeaderField{{Name: ":method", Value: "POST"}, {Name: ":scheme", Value: "http"},
			{Name: ":authority", Value: "127.0.0.1"}, {Name: ":path", Value: listMethod},
			{Name: "content-type", Value: "application/grpc"}, {Name: "te", Value: "trailers"}}
	}
	for _, field := range append(fields, more...) {
		_ = encoder.WriteField(field) // into memory
	}
	return block.Bytes()
}

// open begins a stream: a whole call, or one whose body is still to come.
func (c *rawH2) open(id uint32, whole bool) error {
	err := c.framer.WriteHeaders(http2.HeadersFrameParam{
		StreamID: id, BlockFragment: c.request(), EndHeaders: true, EndStream: whole && !c.rpc})
	if err == nil && whole && c.rpc {
		err = c.framer.WriteData(id, true, make([]byte, 5))
	}
	return err
}

// onEachPort runs a test against a server whose gRPC port is its own, and against one
// whose HTTP port is taken for it.
func onEachPort(t *testing.T, test func(*testing.T, *process), args ...string) {
	t.Helper()
	for _, port := range []string{"gRPC port", "HTTP port"} {
		t.Run(port, func(t *testing.T) {
			t.Parallel()
			p := start(t, args...)
			if port == "HTTP port" {
				p.GRPC = p.REST
			}
			test(t, p)
		})
	}
}

// bothPorts runs a test against the gRPC port and the HTTP port of a plaintext server,
// by gRPC, and by REST against a TLS server, while honest callers are served.
func bothPorts(t *testing.T, attack func(t *testing.T, dial func() *rawH2)) {
	t.Helper()
	onEachPort(t, func(t *testing.T, p *process) {
		t.Helper()
		keepsWorking(t, p, nil, func() { attack(t, func() *rawH2 { return dialH2(t, p.GRPC, nil) }) })
		p.checkMemory(t)
	}, "--sandbox")
	t.Run("REST", func(t *testing.T) {
		t.Parallel()
		s := startTLS(t, false)
		keepsWorking(t, s.process, s.client, func() { attack(t, func() *rawH2 { return dialH2(t, s.REST, s.client) }) })
		s.checkMemory(t)
	})
}

// TestRapidReset shows that a client that opens streams and takes them back at
// once does not keep others from being served.
func TestRapidReset(t *testing.T) {
	t.Parallel()
	bothPorts(t, func(t *testing.T, dial func() *rawH2) {
		t.Helper()
		for _, whole := range []bool{false, true} {
			c, sent := dial(), 0
			for ; sent < 5_000; sent++ {
				id := uint32(2*sent + 1)
				if c.open(id, whole) != nil || c.framer.WriteRSTStream(id, http2.ErrCodeCancel) != nil {
					break // cut off, which is well
				}
			}
			t.Logf("%d streams were opened and reset (whole calls: %t)", sent, whole)
			_ = c.Close()
		}
	})
}

// TestContinuationFlood shows that a header block without an end is cut off
// before it takes memory.
func TestContinuationFlood(t *testing.T) {
	t.Parallel()
	const bound = 16 << 20 // mostly buffers of sockets; the server stops at far less
	bothPorts(t, func(t *testing.T, dial func() *rawH2) {
		t.Helper()
		c := dial()
		err := c.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: c.request()})
		sent := 0
		for i := 0; err == nil && sent < bound; i++ {
			var block bytes.Buffer
			_ = hpack.NewEncoder(&block).WriteField(hpack.HeaderField{
				Name: "x-flood", Value: strings.Repeat("~", 8<<10), Sensitive: true}) // not into the table
			err = c.framer.WriteContinuation(1, false, block.Bytes())
			sent += block.Len()
		}
		t.Logf("%d KiB of headers were sent: %v", sent>>10, err)
		if err == nil {
			t.Errorf("%d MiB of headers were taken", sent>>20)
		}
	})
}

// TestTooManyStreams shows that the streams of one connection are bounded.
func TestTooManyStreams(t *testing.T) {
	t.Parallel()
	bothPorts(t, func(t *testing.T, dial func() *rawH2) {
		t.Helper()
		c := dial()
		for i := range 1500 {
			if c.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: uint32(2*i + 1), BlockFragment: unfinished(c), EndHeaders: true}) != nil {
				break
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
		defer cancel()
		select {
		case frame, ok := <-c.seen:
			if reset, is := frame.(*http2.RSTStreamFrame); is {
				t.Logf("stream %d is refused: %s", reset.StreamID, reset.ErrCode)
			} else if ok {
				t.Logf("the connection is refused: %v", frame)
			}
		case <-ctx.Done():
			t.Error("1500 streams are open")
		}
	})
}

// unfinished is a call whose body is still to come.
func unfinished(c *rawH2) []byte {
	if c.rpc {
		return c.request()
	}
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for _, field := range []hpack.HeaderField{{Name: ":method", Value: "POST"}, {Name: ":scheme", Value: "https"},
		{Name: ":authority", Value: "127.0.0.1"}, {Name: ":path", Value: "/users/session/api"},
		{Name: "content-type", Value: "application/json"}, {Name: "content-length", Value: "10"}} {
		_ = encoder.WriteField(field)
	}
	return block.Bytes()
}

// huge is a header list beyond what any port takes.
func huge() []hpack.HeaderField {
	var fields []hpack.HeaderField
	for range 32 {
		fields = append(fields, hpack.HeaderField{Name: "cookie", Value: strings.Repeat("~", 8<<10), Sensitive: true})
	}
	return fields
}

func http2Headers(block []byte) http2.HeadersFrameParam {
	return http2.HeadersFrameParam{StreamID: 1, BlockFragment: block}
}
