package main

import (
	"strings"
	"testing"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
)

// get is a rule that binds to GET, with a response field.
func get(path, answer string) *annotations.HttpRule {
	return &annotations.HttpRule{Pattern: &annotations.HttpRule_Get{Get: path}, ResponseBody: answer}
}

// refusals are changes of the contract to what can't be described, and what the
// error then says.
var refusals = []struct {
	name   string
	change func(changed)
	want   string
}{
	{"no operation", func(c changed) {
		proto.ClearExtension(c.method("GetSession").GetOptions(), usersv1.E_Operation)
	}, "GetSession has no option wingspan.users.v1.operation"},
	{"other success status", func(c changed) {
		c.setOperation("GetSession", "getUsersSessionTokenId", 202)
	}, "success status 202"},
	{"operation named twice", func(c changed) {
		c.setOperation("GetSession", "postUsersSession", 200)
	}, "postUsersSession"},
	{"no rule", func(c changed) {
		proto.ClearExtension(c.method("GetSession").GetOptions(), annotations.E_Http)
	}, "GetSession has no google.api.http rule"},
	{"two bindings", func(c changed) {
		rule := get("/users/session/token/{id}", "session")
		rule.AdditionalBindings = []*annotations.HttpRule{get("/users/session/{id}", "session")}
		c.setRule("GetSession", rule)
	}, "additional bindings"},
	{"custom verb", func(c changed) {
		c.setRule("GetSession", &annotations.HttpRule{Pattern: &annotations.HttpRule_Custom{}})
	}, "verb"},
	{"path of many segments", func(c changed) {
		c.setRule("GetSession", get("/users/{id=token/**}", "session"))
	}, "more than plain segments"},
	{"unknown path variable", func(c changed) {
		c.setRule("GetSession", get("/users/session/token/{token}", "session"))
	}, "path variable token"},
	{"unknown answer field", func(c changed) {
		c.setRule("GetSession", get("/users/session/token/{id}", "sessions"))
	}, "response body field sessions"},
	{"body field that is no message", func(c changed) {
		c.setRule("UpdateApiSession", &annotations.HttpRule{
			Pattern: &annotations.HttpRule_Patch{Patch: "/users/session/api/{id}"}, Body: "id",
		})
	}, "body field id"},
	{"message in the query", func(c changed) {
		c.setRule("UpdateApiSession", get("/users/session/api/{id}/old", "api_session"))
	}, "field api_session is neither in the path nor in the body, and a query has no form for a message"},
	{"path bound twice", func(c changed) {
		c.setRule("GetSession", get("/users/session/api/{id}", "session"))
	}, "another RPC is bound to GET"},
	{"a stream", func(c changed) {
		c.method("ListApiSessions").ServerStreaming = proto.Bool(true)
	}, "stream"},
	{"enum value without a word", func(c changed) {
		proto.ClearExtension(c.enum("SessionType").GetValue()[2].GetOptions(), usersv1.E_WireWord)
	}, "SESSION_TYPE_API has no option wingspan.users.v1.wire_word"},
	{"kind without a JSON form", func(c changed) {
		c.message("Session").GetField()[0].Type = descriptorpb.FieldDescriptorProto_TYPE_BYTES.Enum()
	}, "Session.expiration: no JSON form for the kind bytes"},
	{"no error body", func(c changed) {
		c.message("ErrorBody").Name = proto.String("Failure")
	}, "wingspan.users.v1.ErrorBody"},
	{"no example", func(c changed) {
		proto.ClearExtension(c.message("CreateSessionRequest").GetOptions(), usersv1.E_Example)
	}, "CreateSessionRequest has no option wingspan.users.v1.example"},
	{"example that is not JSON", func(c changed) {
		proto.SetExtension(c.message("Session").GetOptions(), usersv1.E_Example, "{")
	}, "the example of wingspan.users.v1.Session is not JSON"},
	{"example of another shape", func(c changed) {
		proto.SetExtension(c.message("Session").GetOptions(), usersv1.E_Example, `{"sessionType": "SESSION_TYPE_API"}`)
	}, "validate the document"},
	{"words that no pattern refuses", func(c changed) {
		rules := &validate.FieldRules{Type: &validate.FieldRules_String_{String_: &validate.StringRules{NotIn: []string{"me"}}}}
		proto.SetExtension(c.message("GetSessionRequest").GetField()[0].GetOptions(), validate.E_Field, rules)
	}, `GetSessionRequest.id: no pattern refuses ["me"] alone`},
	{"message of a shared name", func(c changed) {
		c.method("BeginOtpVerification").OutputType = proto.String(".wingspan.users.v1.UpstreamError")
		c.message("BeginOtpVerificationResponse").Name = proto.String("UpstreamError")
		c.message("UpstreamError").Field = c.message("FieldError").GetField()
	}, "schema UpstreamError would be both"},
}

// A wrong document is worse than none, so generation must fail and say where.
func TestGenerationRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range refusals {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			request := contractRequest()
			test.change(changed{t, request})
			_, err := run(t, request)
			if err == nil {
				t.Fatal("the plugin wrote a document")
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %q does not say %q", err, test.want)
			}
		})
	}
}
