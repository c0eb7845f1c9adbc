package test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/sdk/metric"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/wingspan-grpc/session-facade/internal/apierror"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

const authenticateCall = "/wingspan.users.v1.SessionAndAuthenticationService/Authenticate"

// rawCall is a call of the HTTP port that no client would make.
type rawCall struct {
	verb, path string
	header     http.Header
	body       []byte
}

func (c rawCall) do(ctx context.Context, t *testing.T, facade *facadetest.Facade, http2 bool) (*http.Response, []byte) {
	t.Helper()
	transport := &http.Transport{Protocols: new(http.Protocols), DisableCompression: true}
	transport.Protocols.SetHTTP1(!http2)
	transport.Protocols.SetUnencryptedHTTP2(http2)
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, c.verb, facade.REST+c.path, bytes.NewReader(c.body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header = c.header
	response, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, body
}

// typedError reads the error of a response by any of the protocols.
func typedError(t *testing.T, response *http.Response, body []byte) *status.Status {
	t.Helper()
	header := response.Header.Clone()
	if strings.HasPrefix(header.Get("Content-Type"), "application/json") {
		return connectStatus(t, body)
	}
	for name, values := range response.Trailer {
		header[name] = values
	}
	if strings.HasPrefix(header.Get("Content-Type"), "application/grpc-web-text") {
		decoded, err := base64.StdEncoding.DecodeString(string(body))
		if err != nil {
			t.Fatal(err)
		}
		body = decoded
	}
	if len(body) > 5 && body[0] == 0x80 { // gRPC-Web's trailers
		trailer, err := textproto.NewReader(bufio.NewReader(bytes.NewReader(append(body[5:], "\r\n"...)))).ReadMIMEHeader()
		if err != nil {
			t.Fatal(err)
		}
		for name, values := range trailer {
			header[name] = values
		}
	}
	text, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(header.Get("Grpc-Status-Details-Bin"), "="))
	if err != nil {
		t.Fatal(err)
	}
	s := &spb.Status{}
	if err := proto.Unmarshal(text, s); err != nil {
		t.Fatal(err)
	}
	if code := header.Get("Grpc-Status"); code != strconv.Itoa(int(s.GetCode())) || response.StatusCode != 200 {
		t.Errorf("code %q, details of %s, HTTP status %d", code, s, response.StatusCode)
	}
	return status.FromProto(s)
}

// connectStatus reads an error of Connect's.
func connectStatus(t *testing.T, body []byte) *status.Status {
	t.Helper()
	var failed struct {
		Code, Message string
		Details       []struct{ Type, Value string }
	}
	if err := json.Unmarshal(body, &failed); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	s := &spb.Status{Message: failed.Message}
	for code := codes.OK; code <= codes.Unauthenticated; code++ {
		if strings.EqualFold(code.String(), strings.ReplaceAll(failed.Code, "_", "")) {
			s.Code = int32(code)
		}
	}
	for _, detail := range failed.Details {
		value, err := base64.RawStdEncoding.DecodeString(detail.Value)
		if err != nil {
			t.Fatal(err)
		}
		s.Details = append(s.Details, &anypb.Any{TypeUrl: "type.googleapis.com/" + detail.Type, Value: value})
	}
	return status.FromProto(s)
}

// wireForm is how calls are written by a protocol.
type wireForm struct {
	name, protocol, contentType, encoding, timeout string
	http2                                          bool
	message                                        func(flags byte, text []byte) []byte
}

func framedMessage(flags byte, text []byte) []byte {
	frame := binary.BigEndian.AppendUint32([]byte{flags}, uint32(len(text)))
	return append(frame, text...)
}

func wireForms() []wireForm {
	bare := func(_ byte, text []byte) []byte { return text }
	asText := func(flags byte, text []byte) []byte {
		return []byte(base64.StdEncoding.EncodeToString(framedMessage(flags, text)))
	}
	return []wireForm{
		{"Connect in JSON", "connect", "application/json", "Content-Encoding", "Connect-Timeout-Ms", false, bare},
		{"Connect", "connect", "application/proto", "Content-Encoding", "Connect-Timeout-Ms", true, bare},
		{"gRPC-Web", "grpcweb", "application/grpc-web+proto", "Grpc-Encoding", "Grpc-Timeout", false, framedMessage},
		{"gRPC-Web in JSON", "grpcweb", "application/grpc-web+json", "Grpc-Encoding", "Grpc-Timeout", true, framedMessage},
		{"gRPC-Web as text", "grpcweb", "application/grpc-web-text", "Grpc-Encoding", "Grpc-Timeout", false, asText},
		{"gRPC", "grpc", "application/grpc", "Grpc-Encoding", "Grpc-Timeout", true, framedMessage},
	}
}

func (f wireForm) call(text []byte) rawCall {
	return rawCall{"POST", authenticateCall, http.Header{"Content-Type": {f.contentType}}, f.message(0, text)}
}

// canary is a message that holds what must not be told: a field as JSON or as Protobuf.
func (f wireForm) canary(size int) []byte {
	text := strings.Repeat("canary", size/6+1)[:size]
	if strings.HasSuffix(f.contentType, "json") {
		return fmt.Appendf(nil, `{"email":%q}`, text)
	}
	return append(binary.AppendUvarint([]byte{1<<3 | 2}, uint64(size)), text...)
}

func zipped(t *testing.T, text []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// refusedCall is a call that is refused, and how.
type refusedCall struct {
	code   codes.Code
	reason string
	status int // Connect's
	call   func(*testing.T, wireForm) rawCall
}

const most = 1 << 20

// refusedCalls are what each protocol refuses before the service sees it.
var refusedByTyped = map[string]refusedCall{
	"no such method": {codes.Unimplemented, "NOT_FOUND", 404, func(_ *testing.T, f wireForm) rawCall {
		c := f.call(f.canary(6))
		c.path = "/wingspan.users.v1.SessionAndAuthenticationService/Canary"
		return c
	}},
	"wrong verb": {codes.Unimplemented, "METHOD_NOT_ALLOWED", 405, func(_ *testing.T, f wireForm) rawCall {
		c := f.call(f.canary(6))
		c.verb = "PUT"
		return c
	}},
	"GET": {codes.Unimplemented, "METHOD_NOT_ALLOWED", 405, func(_ *testing.T, f wireForm) rawCall {
		return rawCall{"GET", authenticateCall + "?connect=v1&encoding=json&message=" + url.QueryEscape(`{"email":"canary"}`), http.Header{"Content-Type": {f.contentType}}, nil}
	}},
	"no such codec": {codes.Unimplemented, "UNSUPPORTED_MEDIA_TYPE", 415, func(_ *testing.T, f wireForm) rawCall {
		c := f.call(f.canary(6))
		prefix, _, _ := strings.Cut(f.contentType, "+")
		if f.protocol == "connect" {
			prefix = "application/"
		}
		c.header.Set("Content-Type", prefix+"+canary")
		return c
	}},
	"other charset": {codes.Unimplemented, "UNSUPPORTED_MEDIA_TYPE", 415, func(_ *testing.T, f wireForm) rawCall {
		c := f.call(f.canary(6))
		c.header.Set("Content-Type", f.contentType+"; charset=latin1")
		return c
	}},
	"no such compression": {codes.Unimplemented, "UNSUPPORTED_MEDIA_TYPE", 415, func(_ *testing.T, f wireForm) rawCall {
		c := f.call(f.canary(6))
		c.header.Set(f.encoding, "canary")
		return c
	}},
	"malformed timeout": {codes.InvalidArgument, "INVALID_REQUEST", 400, func(_ *testing.T, f wireForm) rawCall {
		c := f.call(f.canary(6))
		c.header.Set(f.timeout, "canary")
		return c
	}},
	"too many headers": {codes.InvalidArgument, "INVALID_REQUEST", 400, func(_ *testing.T, f wireForm) rawCall {
		c := f.call(f.canary(6))
		c.header["X-Canary"] = slices.Repeat([]string{"canary"}, 300)
		return c
	}},
	"too large": {codes.ResourceExhausted, "REQUEST_TOO_LARGE", 429, func(_ *testing.T, f wireForm) rawCall { return f.call(f.canary(most)) }},
	"far too large": {codes.ResourceExhausted, "REQUEST_TOO_LARGE", 429, func(_ *testing.T, f wireForm) rawCall {
		return f.call(f.canary(2 * most))
	}},
	"too large when unpacked": {codes.ResourceExhausted, "REQUEST_TOO_LARGE", 429, func(t *testing.T, f wireForm) rawCall {
		t.Helper()
		c := f.call(nil)
		c.header.Set(f.encoding, "gzip")
		c.body = f.message(1, zipped(t, f.canary(most)))
		return c
	}},
	"bomb": {codes.ResourceExhausted, "REQUEST_TOO_LARGE", 429, func(t *testing.T, f wireForm) rawCall {
		t.Helper()
		c := f.call(nil)
		c.header.Set(f.encoding, "gzip")
		c.body = f.message(1, zipped(t, f.canary(16*most)))
		return c
	}},
	"not what is declared": {codes.InvalidArgument, "INVALID_REQUEST", 400, func(_ *testing.T, f wireForm) rawCall {
		c := f.call(nil)
		c.header.Set(f.encoding, "gzip")
		c.body = f.message(1, f.canary(6))
		return c
	}},
	"cannot be decoded": {codes.InvalidArgument, "INVALID_REQUEST", 400, func(_ *testing.T, f wireForm) rawCall { return f.call([]byte("\xffcanary")) }},
	"wrong type": {codes.InvalidArgument, "INVALID_REQUEST", 400, func(_ *testing.T, f wireForm) rawCall {
		if strings.HasSuffix(f.contentType, "json") {
			return f.call([]byte(`{"email":["canary"]}`))
		}
		return f.call([]byte("\x0a\x7fcanary"))
	}},
}

// refusedByFraming are what protocols refuse that frame messages.
var refusedByFraming = map[string]refusedCall{
	"no message": {codes.InvalidArgument, "INVALID_REQUEST", 0, func(_ *testing.T, f wireForm) rawCall {
		c := f.call(nil)
		c.body = nil
		return c
	}},
	"part of a message": {codes.InvalidArgument, "INVALID_REQUEST", 0, func(_ *testing.T, f wireForm) rawCall {
		c := f.call(nil)
		c.body = framedMessage(0, f.canary(6))[:9]
		if strings.Contains(f.contentType, "text") {
			c.body = []byte(base64.StdEncoding.EncodeToString(c.body))
		}
		return c
	}},
	"part of a frame": {codes.InvalidArgument, "INVALID_REQUEST", 0, func(_ *testing.T, f wireForm) rawCall {
		c := f.call(nil)
		c.body = []byte("AAA=")
		return c
	}},
	"two messages": {codes.InvalidArgument, "INVALID_REQUEST", 0, func(_ *testing.T, f wireForm) rawCall {
		c := f.call(nil)
		c.body = slices.Repeat(framedMessage(0, f.canary(6)), 2)
		if strings.Contains(f.contentType, "text") {
			c.body = []byte(base64.StdEncoding.EncodeToString(c.body))
		}
		return c
	}},
	"compressed, but not declared": {codes.InvalidArgument, "INVALID_REQUEST", 0, func(t *testing.T, f wireForm) rawCall {
		t.Helper()
		c := f.call(nil)
		c.body = f.message(1, zipped(t, f.canary(6)))
		return c
	}},
	"unknown flags": {codes.InvalidArgument, "INVALID_REQUEST", 0, func(_ *testing.T, f wireForm) rawCall {
		c := f.call(nil)
		c.body = f.message(0x40, f.canary(6))
		return c
	}},
	"end of a stream": {codes.InvalidArgument, "INVALID_REQUEST", 0, func(_ *testing.T, f wireForm) rawCall {
		c := f.call(nil)
		c.body = f.message(0x80, []byte("canary: canary"))
		return c
	}},
}

// TestRefusedByTyped shows that a call which is refused by connect, or in front of it,
// is refused alike by all protocols of the HTTP port, leaves one access line, is
// counted, and that nothing of it is told.
func TestRefusedByTyped(t *testing.T) {
	t.Parallel()
	for _, form := range wireForms() {
		t.Run(form.name, func(t *testing.T) {
			t.Parallel()
			upstream := facadetest.NewRecorder(t, facadetest.Respond(200, nil, `{}`))
			reader := metric.NewManualReader()
			facade := facadetest.Start(t, upstream.URL, facadetest.Config{Meter: metric.NewMeterProvider(metric.WithReader(reader)), MaxRequestBytes: most})
			counted := map[string]int64{}
			for name, c := range refusedByTyped {
				c.check(t, facade, form, name, counted)
			}
			if form.protocol != "connect" {
				for name, c := range refusedByFraming {
					c.check(t, facade, form, name, counted)
				}
			}
			got := refusedCalls(t, reader, form.protocol)
			for reason, want := range counted {
				if got[reason] != want {
					t.Errorf("%d of %s are counted, want %d", got[reason], reason, want)
				}
			}
			if seen := upstream.Take(); len(seen) > 0 {
				t.Errorf("the upstream saw %+v", seen)
			}
			if strings.Contains(strings.ToLower(facade.Log.String()), "canary") {
				t.Errorf("the log is %s", facade.Log)
			}
		})
	}
}

func (c refusedCall) check(t *testing.T, facade *facadetest.Facade, form wireForm, name string, counted map[string]int64) {
	t.Helper()
	id := "id of " + name
	call := c.call(t, form)
	call.header.Set("X-Request-Id", id)
	call.header.Set("Traceparent", "00-"+refusedTrace+"-b7ad6b7169203331-01")
	response, body := call.do(t.Context(), t, facade, form.http2)
	wantStatus, protocol := c.status, form.protocol
	if call.verb != "POST" {
		protocol = "connect" // the others have no such verb
	}
	if protocol != "connect" {
		wantStatus = 200
	}
	if response.StatusCode != wantStatus {
		t.Errorf("%s: HTTP status %d, want %d", name, response.StatusCode, wantStatus)
	}
	s := typedError(t, response, body)
	if reason := apierror.ReasonName(apierror.Reason(s)); s.Code() != c.code || reason != c.reason || s.Message() == "" {
		t.Errorf("%s: refused with %s %s: %s", name, s.Code(), reason, s.Message())
	}
	if strings.Contains(strings.ToLower(s.String()), "canary") || strings.Contains(strings.ToLower(string(body)), "canary") {
		t.Errorf("%s: is told %s", name, s)
	}
	for _, words := range []string{"proto:", "EOF", "gzip:", "protocol error", "unmarshal"} {
		if strings.Contains(s.Message(), words) {
			t.Errorf("%s: a library's words are told: %s", name, s.Message())
		}
	}
	text := facade.Log.Await(t, id)
	var line struct {
		Msg, Protocol, Code, Reason, Peer, TraceID string
		Status                                     int `json:"http_status"`
	}
	if err := json.Unmarshal([]byte(strings.ReplaceAll(text, "trace_id", "traceid")), &line); err != nil {
		t.Fatal(err)
	}
	if line.Msg != "call" || line.Protocol != protocol || line.Code != c.code.String() || line.Reason != c.reason || line.Peer == "" || line.TraceID != refusedTrace {
		t.Errorf("%s: the access line is %s", name, text)
	}
	if strings.Count(facade.Log.String(), `"`+id+`"`) != 1 {
		t.Errorf("%s: the log is %s", name, facade.Log)
	}
	if protocol == form.protocol {
		counted[c.reason]++
	}
}
