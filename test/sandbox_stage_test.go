package test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	usersv1json "github.com/wingspan-grpc/session-facade/gen/wirejson/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/internal/sandbox"
	"github.com/wingspan-grpc/session-facade/internal/sandbox/seed"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

// protocolCall makes the call of a rule, whose path has these values, at a facade.
type protocolCall func(t *testing.T, facade *facadetest.Facade, rule *httprule.Rule, path []string, c restCall) *reply

// stage is a facade in front of a sandbox, of which calls go by one protocol.
type stage struct {
	facade *facadetest.Facade
	router *httprule.Router
	invoke protocolCall
	codes  *facadetest.Log // what the sandbox prints
	passed atomic.Int64    // time, in nanoseconds
}

// reply is what a call brought. Both ports tell the same of it.
type reply struct {
	status int
	body   []byte // of a success
	why    string // of an error: its words
	code   string // of an error, at the gRPC port
}

func newStage(t *testing.T, call protocolCall) *stage {
	t.Helper()
	s := &stage{invoke: call, codes: &facadetest.Log{}}
	began := time.Date(2031, 5, 6, 7, 8, 9, 123e6, time.UTC)
	box, err := sandbox.New(s.codes, func() time.Time { return began.Add(time.Duration(s.passed.Load())) }, seed.Default)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(box)
	t.Cleanup(server.Close)
	s.facade = facadetest.Start(t, server.URL, facadetest.Config{})
	rules, err := httprule.Service(facadetest.Descriptor)
	if err != nil {
		t.Fatal(err)
	}
	if s.router, err = httprule.NewRouter(rules); err != nil {
		t.Fatal(err)
	}
	return s
}

// call makes a call with a bearer token, if there is one, and headers in pairs.
func (s *stage) call(t *testing.T, token, verb, path, body string, header ...string) *reply {
	t.Helper()
	c := restCall{method: verb, path: path, header: jsonHeader(header...), body: body}
	if token != "" {
		c.header.Set("Authorization", "Bearer "+token)
	}
	templated, _, _ := strings.Cut(path, "?")
	rules, values, err := s.router.Match(templated)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	for _, rule := range rules {
		if rule.Verb == verb {
			return s.invoke(t, s.facade, rule, values, c)
		}
	}
	t.Fatalf("no operation is %s %s", verb, path)
	return nil
}

// throughREST makes a call as it is.
func throughREST(t *testing.T, facade *facadetest.Facade, _ *httprule.Rule, _ []string, c restCall) *reply {
	t.Helper()
	response, body := c.do(t, facade.REST)
	r := &reply{status: response.StatusCode, body: []byte(body)}
	if r.status/100 != 2 {
		var words struct{ Message, Error string }
		if err := json.Unmarshal(r.body, &words); err != nil {
			t.Fatalf("the error is not JSON: %q", body)
		}
		r.why = words.Message + words.Error
	}
	return r
}

// throughGRPC makes the RPC that a call stands for, and JSON of what it brings.
func throughGRPC(t *testing.T, facade *facadetest.Facade, rule *httprule.Rule, path []string, c restCall) *reply {
	t.Helper()
	request := newMessage(t, rule.Method.Input(), nil)
	fillBody(t, rule, request.ProtoReflect(), []byte(c.body))
	for i, field := range rule.PathFields() {
		request.ProtoReflect().Set(field, protoreflect.ValueOfString(path[i]))
	}
	ctx := t.Context()
	for name, values := range c.header {
		if name != "Content-Type" {
			ctx = metadata.AppendToOutgoingContext(ctx, strings.ToLower(name), values[0])
		}
	}
	response := newMessage(t, rule.Method.Output(), nil)
	if err := facade.Conn.Invoke(ctx, rule.FullMethod, request, response); err != nil {
		return failedRPC(t, status.Convert(err))
	}
	r := &reply{status: http.StatusOK, body: answerJSON(t, rule, response.ProtoReflect())}
	if len(r.body) == 0 {
		r.status = http.StatusNoContent
	}
	return r
}

// fillBody makes a request message of a JSON body. What is null there is unset
// and named by the mask, which then names all the members.
func fillBody(t *testing.T, rule *httprule.Rule, request protoreflect.Message, text []byte) {
	t.Helper()
	if len(text) == 0 {
		return
	}
	if _, err := usersv1json.Methods[rule.FullMethod].Request.Decode(text, request.Interface()); err != nil {
		t.Fatal(err)
	}
	if rule.MaskField == nil {
		return
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		t.Fatal(err)
	}
	mask, masked := &fieldmaskpb.FieldMask{}, false
	for i := range rule.BodyField.Message().Fields().Len() {
		field := rule.BodyField.Message().Fields().Get(i)
		null := string(members[field.JSONName()]) == "null"
		if masked = masked || null; null || request.Get(rule.BodyField).Message().Has(field) {
			mask.Paths = append(mask.Paths, string(field.Name()))
		}
	}
	if masked {
		request.Set(rule.MaskField, protoreflect.ValueOfMessage(mask.ProtoReflect()))
	}
}

func answerJSON(t *testing.T, rule *httprule.Rule, response protoreflect.Message) []byte {
	t.Helper()
	body := usersv1json.Methods[rule.FullMethod].Response
	if body == nil {
		return nil
	}
	text, err := body.Append(nil, response.Interface())
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func failedRPC(t *testing.T, s *status.Status) *reply {
	t.Helper()
	for _, detail := range s.Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			httpStatus, err := strconv.Atoi(info.GetMetadata()["http_status"])
			if err != nil {
				t.Fatalf("the error tells no HTTP status: %v", s)
			}
			return &reply{status: httpStatus, why: s.Message(), code: codeName(s)}
		}
	}
	t.Fatalf("the error has no ErrorInfo: %v", s)
	return nil
}

// want checks a success: its status and, unless it is empty, its body.
func (r *reply) want(t *testing.T, status int, body string) *reply {
	t.Helper()
	if r.status != status {
		t.Fatalf("status %d (%s %s), want %d", r.status, r.code, r.why, status)
	}
	if body != "" {
		checkJSON(t, "the response", []byte(body), r.body)
	}
	if status == http.StatusNoContent && len(r.body) > 0 {
		t.Errorf("204 with body %q", r.body)
	}
	return r
}

// wantError checks an error: its status, its words, and its code if it has one.
func (r *reply) wantError(t *testing.T, status int, code, why string) {
	t.Helper()
	want := &reply{status: status, why: why, code: code}
	got := &reply{status: r.status, why: r.why, code: r.code}
	if got.code == "" {
		got.code = code // REST has none
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(reply{})); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
}

// text is a member that must be a string and not empty.
func (r *reply) text(t *testing.T, member string) string {
	t.Helper()
	var members map[string]any
	if err := json.Unmarshal(r.body, &members); err != nil {
		t.Fatalf("%v: %q", err, r.body)
	}
	text, _ := members[member].(string)
	if text == "" {
		t.Fatalf("%s is missing in %s", member, r.body)
	}
	return text
}

// code is the code in the last line that the sandbox printed.
func (s *stage) code(t *testing.T, prefix string) string {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(s.codes.String(), "\n"), "\n")
	code, ok := strings.CutPrefix(lines[len(lines)-1], "sandbox: "+prefix+": ")
	if !ok || code == "" {
		t.Fatalf("the last line is %q, want %q and a code", lines[len(lines)-1], prefix)
	}
	return code
}
