package edge

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// block is the header block of a request, after :method and :path.
func block(scheme, method, path string, more ...hpack.HeaderField) []byte {
	var out bytes.Buffer
	encoder := hpack.NewEncoder(&out)
	for _, field := range append([]hpack.HeaderField{{Name: ":method", Value: method}, {Name: ":scheme", Value: scheme},
		{Name: ":authority", Value: "127.0.0.1"}, {Name: ":path", Value: path}}, more...) {
		_ = encoder.WriteField(field) // into memory
	}
	return out.Bytes()
}

var grpcHeaders = []hpack.HeaderField{{Name: "content-type", Value: "application/grpc"}, {Name: "te", Value: "trailers"}}

// awaitResets waits until so many streams have been reset.
func (c *rawH2) awaitResets(t *testing.T, n int) {
	t.Helper()
	for got := range n {
		frame := <-c.seen // nil where the connection has ended
		if _, reset := frame.(*http2.RSTStreamFrame); !reset {
			t.Errorf("%d streams were reset, want %d, then a %T", got, n, frame)
			return
		}
	}
}

// TestHeadersWithoutMessages opens three hundred calls on each of ten connections, with
// large headers and nothing else: those over the bound are refused, the others end.
func TestHeadersWithoutMessages(t *testing.T) {
	t.Parallel()
	onEachPort(t, testHeadersWithoutMessages, "--sandbox")
}

func testHeadersWithoutMessages(t *testing.T, p *process) {
	t.Helper()
	large := hpack.HeaderField{Name: "cookie", Value: strings.Repeat("~", 12<<10), Sensitive: true}
	request := block("http", http.MethodPost, listMethod, append(grpcHeaders, large)...)
	keepsWorking(t, p, nil, func() {
		var all []*rawH2
		for range 10 {
			c := dialH2(t, p.GRPC, nil)
			all = append(all, c)
			for i := range 300 {
				if err := c.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: uint32(2*i + 1), BlockFragment: request, EndHeaders: true}); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, c := range all {
			c.awaitResets(t, 200)
		}
		for _, c := range all {
			c.awaitResets(t, 100)
		}
	})
	p.checkMemory(t)
}

// TestManyWatches opens five thousand health watches: no more stay than there may be, and
// the latest is told.
func TestManyWatches(t *testing.T) {
	t.Parallel()
	onEachPort(t, testManyWatches, "--sandbox")
}

func testManyWatches(t *testing.T, p *process) {
	t.Helper()
	request := block("http", http.MethodPost, "/grpc.health.v1.Health/Watch", grpcHeaders...)
	keepsWorking(t, p, nil, func() {
		for range 50 {
			c := dialH2(t, p.GRPC, nil)
			for i := range 100 {
				id := uint32(2*i + 1)
				err := c.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: request, EndHeaders: true})
				if err == nil {
					err = c.framer.WriteData(id, true, make([]byte, 5))
				}
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	})
	p.checkMemory(t)
	p.terminate(t)
	if code := p.wait(t); code != 0 {
		t.Errorf("ended with %d", code)
	}
}

// TestHTTP2BodiesThatDoNotCome sends, over HTTP/2, part of three thousand large bodies:
// others are served meanwhile, and all are answered in the end.
func TestHTTP2BodiesThatDoNotCome(t *testing.T) {
	t.Parallel()
	s := startTLS(t, false)
	request := block("https", http.MethodPost, "/users/session", hpack.HeaderField{Name: "content-type", Value: "application/json"},
		hpack.HeaderField{Name: "content-length", Value: "4000000"})
	keepsWorking(t, s.process, s.client, func() {
		var all []*rawH2
		for range 30 {
			c := dialH2(t, s.REST, s.client)
			all = append(all, c)
			for i := range 100 {
				id := uint32(2*i + 1)
				err := c.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: request, EndHeaders: true})
				if err == nil {
					err = c.framer.WriteData(id, false, make([]byte, 8<<10))
				}
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, c := range all {
			c.awaitResets(t, 100)
		}
	})
	s.checkMemory(t)
}

// TestUnreadResponses asks four thousand times for what is there without a credential,
// over HTTP/2, and lets nothing of it be sent: those that wait longest give way.
func TestUnreadResponses(t *testing.T) {
	t.Parallel()
	const connections, bound = 40, 256
	s := startTLS(t, false, "--sandbox", fmt.Sprint("--max-in-flight=", bound))
	s.mayGiveWay = true
	requests := [][]byte{block("https", http.MethodGet, "/docs/swagger-ui-bundle.js"), block("https", http.MethodGet, "/nothing")}
	keepsWorking(t, s.process, s.client, func() {
		var all []*rawH2
		for range connections {
			c := dialH2(t, s.REST, s.client)
			all = append(all, c)
			_ = c.framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
			for i := range 100 {
				if err := c.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: uint32(2*i + 1), BlockFragment: requests[i%2], EndHeaders: true, EndStream: true}); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, c := range all[:connections-bound/100-2] { // the last may keep theirs
			c.awaitResets(t, 50)
		}
	})
	s.checkMemory(t)
}

// TestHostileNames asks health and reflection, which take no credential, for names of
// megabytes.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	onEachPort(t, testHostileNames, "--sandbox")
}

func testHostileNames(t *testing.T, p *process) {
	t.Helper()
	name := strings.Repeat("a.", 1<<20)
	// The field's number, its type and its length, of file_containing_symbol and of service.
	messages := map[string][]byte{
		"/grpc.reflection.v1.ServerReflection/ServerReflectionInfo": append([]byte{0x22, 0x80, 0x80, 0x80, 0x01}, name...),
		"/grpc.health.v1.Health/Watch":                              append([]byte{0x0a, 0x80, 0x80, 0x80, 0x01}, name...),
	}
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	t.Cleanup(transport.CloseIdleConnections)
	keepsWorking(t, p, nil, func() {
		for method, message := range messages {
			size := len(message)
			framed := append([]byte{0, byte(size >> 24), byte(size >> 16), byte(size >> 8), byte(size)}, message...)
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+p.GRPC+method, bytes.NewReader(framed))
			if err != nil {
				t.Fatal(err)
			}
			request.Header = http.Header{"Content-Type": {"application/grpc"}, "Te": {"trailers"}}
			response, err := (&http.Client{Transport: transport, Timeout: waitLimit}).Do(request)
			if err != nil {
				t.Errorf("%s: %v", method, err)
				continue
			}
			_, _ = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
			if got := response.Header.Get("Grpc-Status") + response.Trailer.Get("Grpc-Status"); got != "8" {
				t.Errorf("%s: status %q", method, got)
			}
		}
	})
}

// TestManySmallHeaders sends, over five hundred connections, headers that are as small as
// can be and do not end, or whose body does not come.
func TestManySmallHeaders(t *testing.T) {
	t.Parallel()
	p := start(t, "--sandbox")
	text := bytes.NewBufferString("POST /users/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n")
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	for i := 0; text.Len() < 95<<10; i++ {
		text.Write([]byte{letters[i/36/36%36], letters[i/36%36], letters[i%36], ':', '\n'})
	}
	keepsWorking(t, p, nil, func() {
		var calls sync.WaitGroup
		for i := range 500 {
			calls.Go(func() {
				conn, err := net.Dial("tcp", p.REST)
				if err != nil {
					t.Error(err)
					return
				}
				defer conn.Close()
				_ = conn.SetDeadline(time.Now().Add(waitLimit))
				_, _ = conn.Write(text.Bytes())
				if i%2 == 0 {
					_, _ = conn.Write([]byte("\r\n"))
				}
				_, _ = io.Copy(io.Discard, conn)
			})
		}
		calls.Wait()
	})
	p.checkMemory(t)
}

// TestUnreadContracts asks reflection for the contract over a thousand streams, and takes
// nothing of it.
func TestUnreadContracts(t *testing.T) {
	t.Parallel()
	onEachPort(t, testUnreadContracts, "--sandbox")
}

func testUnreadContracts(t *testing.T, p *process) {
	t.Helper()
	const name = "wingspan.users.v1.SessionAndAuthenticationService"
	message := append([]byte{0, 0, 0, 0, 2 + byte(len(name)), 0x22, byte(len(name))}, name...) // file_containing_symbol
	request := block("http", http.MethodPost, "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", grpcHeaders...)
	keepsWorking(t, p, nil, func() {
		for range 10 {
			c := dialH2(t, p.GRPC, nil)
			_ = c.framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
			for i := range 100 {
				id := uint32(2*i + 1)
				err := c.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: request, EndHeaders: true})
				if err == nil {
					err = c.framer.WriteData(id, false, message)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	})
	for range 3 { // what has been asked comes to an end meanwhile
		works(t, p, nil)
	}
	p.checkMemory(t)
}
