// Package test holds what is tested of the facade as a whole, from outside.
package test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/wingspan-grpc/session-facade/test/facadetest"
	"github.com/wingspan-grpc/session-facade/test/httpclient"
)

// goldenCase is one call; see golden/README.md.
type goldenCase struct {
	Name    string            `json:"name"`
	Why     string            `json:"why"`
	Headers map[string]string `json:"headers"`
	REST    *wireRequest      `json:"rest"`
	GRPC    json.RawMessage   `json:"grpc"`
	Sees    *wireRequest      `json:"upstream_sees"`
	Answers struct {
		Status      int               `json:"status"`
		Headers     map[string]values `json:"headers"`
		Body        json.RawMessage   `json:"body"`
		RawBody     string            `json:"raw_body"`
		ContentType string            `json:"content_type"`
	} `json:"upstream_answers"`
	RESTGets struct {
		Status     int               `json:"status"`
		Headers    map[string]values `json:"headers"`
		Body       json.RawMessage   `json:"body"`
		BodyCode   string            `json:"body_code"`
		BodyFields []string          `json:"body_fields"`
	} `json:"rest_gets"`
	GRPCGets struct {
		Response json.RawMessage   `json:"response"`
		Headers  map[string]values `json:"headers"`
		Error    *grpcError        `json:"error"`
	} `json:"grpc_gets"`
}

type wireRequest struct {
	Method string          `json:"method"`
	Path   string          `json:"path"`
	Body   json.RawMessage `json:"body"`
}

// values is a header's values: a string, or an array of them.
type values []string

func (v *values) UnmarshalJSON(text []byte) error {
	if text[0] == '"' {
		*v = values{""}
		return json.Unmarshal(text, &(*v)[0])
	}
	return json.Unmarshal(text, (*[]string)(v))
}

// TestGolden runs the golden cases of every RPC by each protocol. An RPC without cases
// fails.
func TestGolden(t *testing.T) {
	t.Parallel()
	for i := range facadetest.Descriptor.Methods().Len() {
		method := facadetest.Descriptor.Methods().Get(i)
		t.Run(string(method.Name()), func(t *testing.T) {
			t.Parallel()
			upstream := facadetest.NewRecorder(t, nil)
			facade := facadetest.Start(t, upstream.URL, facadetest.Config{})
			conns := facade.TypedConns(t)
			for _, c := range readCases(t, string(method.Name())) {
				upstream.Answer(c.answer())
				if c.REST != nil {
					t.Run(c.Name+"/REST", func(t *testing.T) { c.runREST(t, facade, upstream) })
				}
				if c.GRPC != nil {
					for name, conn := range conns {
						t.Run(c.Name+"/"+name, func(t *testing.T) { c.runTyped(t, conn, upstream, method) })
					}
				}
			}
		})
	}
}

func readCases(t *testing.T, rpc string) []*goldenCase {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("golden", rpc+".json"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("TestGoldenFilesAreTheRPCs tells that there are none")
	}
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var cases []*goldenCase
	if err := decoder.Decode(&cases); err != nil {
		t.Fatalf("test/golden/%s.json: %v", rpc, err)
	}
	answered, failed := false, false
	for _, c := range cases {
		answered = answered || c.RESTGets.Status/100 == 2 && c.GRPC != nil
		failed = failed || c.GRPCGets.Error != nil && c.Sees != nil
	}
	if !answered || !failed {
		t.Fatalf("test/golden/%s.json: each RPC has a case that is answered and one that the upstream fails, by both protocols", rpc)
	}
	return cases
}

func (c *goldenCase) answer() http.HandlerFunc {
	header := http.Header{}
	for name, v := range c.Answers.Headers {
		header[http.CanonicalHeaderKey(name)] = v
	}
	if c.Answers.ContentType != "" {
		header.Set("Content-Type", c.Answers.ContentType)
	}
	if c.Answers.Status == 0 {
		c.Answers.Status = http.StatusTeapot // is not called
	}
	return facadetest.Respond(c.Answers.Status, header, string(c.Answers.Body)+c.Answers.RawBody)
}

// send makes the case's REST call.
func (c *goldenCase) send(t *testing.T, facade *facadetest.Facade) (*http.Response, []byte) {
	t.Helper()
	target, err := url.Parse(facade.REST)
	if err != nil {
		t.Fatal(err)
	}
	target.Opaque = c.REST.Path // as it is: net/url would respell it
	request := &http.Request{Method: c.REST.Method, URL: target, Header: http.Header{}}
	if c.REST.Body != nil {
		request.Body = io.NopCloser(bytes.NewReader(c.REST.Body))
		request.Header.Set("Content-Type", "application/json")
	}
	for name, value := range c.Headers {
		request.Header.Set(name, value)
	}
	response, err := httpclient.Shared.Transport.RoundTrip(request.WithContext(t.Context()))
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

func (c *goldenCase) runREST(t *testing.T, facade *facadetest.Facade, upstream *facadetest.Recorder) {
	t.Helper()
	response, body := c.send(t, facade)
	c.checkSeen(t, upstream)
	want := c.RESTGets
	if response.StatusCode != want.Status {
		t.Errorf("status %d, want %d", response.StatusCode, want.Status)
	}
	for name, v := range want.Headers {
		if diff := cmp.Diff([]string(v), response.Header.Values(name)); diff != "" {
			t.Errorf("header %s (-want +got):\n%s", name, diff)
		}
	}
	if want.BodyCode != "" {
		checkErrorBody(t, body, want.BodyCode, want.BodyFields)
		return
	}
	checkJSON(t, "body", want.Body, body)
	if (len(body) > 0) != (response.Header.Get("Content-Type") != "") {
		t.Errorf("content type %q with a body of %d bytes", response.Header.Get("Content-Type"), len(body))
	}
}

func (c *goldenCase) runTyped(t *testing.T, conn grpc.ClientConnInterface, upstream *facadetest.Recorder, method protoreflect.MethodDescriptor) {
	t.Helper()
	request := newMessage(t, method.Input(), c.GRPC)
	got := newMessage(t, method.Output(), nil)
	ctx := t.Context()
	for name, value := range c.Headers {
		ctx = metadata.AppendToOutgoingContext(ctx, strings.ToLower(name), value)
	}
	var header metadata.MD
	err := conn.Invoke(ctx, "/"+string(method.Parent().FullName())+"/"+string(method.Name()), request, got, grpc.Header(&header))
	c.checkSeen(t, upstream)
	want := c.GRPCGets
	for name, v := range want.Headers {
		if diff := cmp.Diff([]string(v), header.Get(name)); diff != "" {
			t.Errorf("metadata %s (-want +got):\n%s", name, diff)
		}
	}
	if want.Error != nil {
		want.Error.check(t, err)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(newMessage(t, method.Output(), want.Response), got, protocmp.Transform()); diff != "" {
		t.Errorf("response (-want +got):\n%s", diff)
	}
}

func newMessage(t *testing.T, desc protoreflect.MessageDescriptor, text []byte) proto.Message {
	t.Helper()
	messageType, err := protoregistry.GlobalTypes.FindMessageByName(desc.FullName())
	if err != nil {
		t.Fatal(err)
	}
	message := messageType.New().Interface()
	if text != nil {
		if err := protojson.Unmarshal(text, message); err != nil {
			t.Fatal(err)
		}
	}
	return message
}

func (c *goldenCase) checkSeen(t *testing.T, upstream *facadetest.Recorder) {
	t.Helper()
	seen := upstream.Take()
	if c.Sees == nil {
		if len(seen) != 0 {
			t.Errorf("the upstream was called: %s %s", seen[0].Method, seen[0].Path)
		}
		return
	}
	if len(seen) != 1 {
		t.Fatalf("the upstream saw %d requests, want 1", len(seen))
	}
	if seen[0].Method != c.Sees.Method || seen[0].Path != c.Sees.Path {
		t.Errorf("the upstream saw %s %s, want %s %s", seen[0].Method, seen[0].Path, c.Sees.Method, c.Sees.Path)
	}
	checkJSON(t, "the body that the upstream saw", c.Sees.Body, seen[0].Body)
	for name, value := range c.Headers {
		if got := seen[0].Header.Values(name); !slices.Equal(got, []string{value}) {
			t.Errorf("the upstream saw %s: %q, want %q", name, got, value)
		}
	}
	if agent := seen[0].Header.Get("User-Agent"); agent != facadetest.UserAgent {
		t.Errorf("the upstream saw User-Agent %q", agent)
	}
}
