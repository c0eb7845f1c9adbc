package connectserver

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/wingspan-grpc/session-facade/internal/transport"
)

// shut makes a call over HTTP/2 whose response nobody lets come: its window is of 0 bytes.
func (f *fixture) shut(t *testing.T, o form, path string, body []byte, header ...string) io.Closer {
	t.Helper()
	var block, frames bytes.Buffer
	encoder, framer := hpack.NewEncoder(&block), http2.NewFramer(&frames, nil)
	header = append([]string{":method", "POST", ":scheme", "http", ":authority", "pipe", ":path", path, "content-type", o.contentType}, header...)
	for i := 0; i < len(header); i += 2 {
		_ = encoder.WriteField(hpack.HeaderField{Name: header[i], Value: header[i+1]}) // into memory
	}
	frames.WriteString(http2.ClientPreface)
	_ = framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
	_ = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block.Bytes(), EndHeaders: true})
	_ = framer.WriteData(1, true, body)
	conn := f.listener.dial()
	go func() { _, _ = io.Copy(io.Discard, conn) }()
	if _, err := conn.Write(frames.Bytes()); err != nil {
		t.Fatal(err)
	}
	return conn
}

// TestRefusals_ThatAreNotTakenHoldNothing: who sends what cannot be decoded, and takes no
// refusal, keeps nobody from the memory that it might have needed.
func TestRefusals_ThatAreNotTakenHoldNothing(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, f *fixture, o form) {
		t.Helper()
		if !o.http2 {
			return
		}
		body, header := o.compressed(packed(t, bytes.Repeat([]byte{0xff}, 128<<10)))
		header[0] = strings.ToLower(header[0])
		conn := f.shut(t, o, list, body, header...)
		defer conn.Close()
		synctest.Wait()
		if n := f.responses.Len(); n > 1 || o.contentType != "application/grpc" && n == 0 {
			t.Errorf("%d refusals wait", n)
		}
		if used := f.pipeline.Memory.Used() + f.pipeline.Incoming.Used(); used != 0 {
			t.Errorf("a refusal holds %d bytes", used)
		}
	})
}

// TestRefusedStreams_AreCounted: of a stream that is refused, or that has ended, a response
// is left like any other's: too many that are not taken give way.
func TestRefusedStreams_AreCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, options())
		defer f.stop(t)
		stream := form{"application/connect+proto", true}
		for i, c := range []struct {
			contentType string
			body        []byte
		}{{"application/proto", nil}, {stream.contentType, []byte{0xff}}, {stream.contentType, stream.message([]byte{0xff})}} {
			conn := f.shut(t, form{c.contentType, true}, watch, c.body)
			defer conn.Close()
			synctest.Wait()
			if n := f.responses.Len(); n != i+1 {
				t.Errorf("after refusal %d, %d responses wait", i+1, n)
			}
		}
		time.Sleep(transport.StallTimeout + time.Second)
		synctest.Wait()
		f.isIdle(t)
	})
}
