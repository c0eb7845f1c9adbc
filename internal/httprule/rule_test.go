package httprule_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
)

// messages are what the services of these tests take and give.
const messages = `
	message_type { name: "Empty" }
	message_type { name: "Id" ` + id + ` }
	message_type { name: "IdBody" ` + id + ` field { number: 2 name: "body" type: TYPE_MESSAGE type_name: ".x.Id" label: LABEL_OPTIONAL } }
	message_type { name: "IdBodyMask" ` + id + `
		field { number: 2 name: "body" type: TYPE_MESSAGE type_name: ".x.Id" label: LABEL_OPTIONAL }
		field { number: 3 name: "mask" type: TYPE_MESSAGE type_name: ".google.protobuf.FieldMask" label: LABEL_OPTIONAL } }
	message_type { name: "IdText" ` + id + ` field { number: 2 name: "text" type: TYPE_STRING label: LABEL_OPTIONAL } }
	message_type { name: "IdList" ` + id + ` field { number: 2 name: "list" type: TYPE_MESSAGE type_name: ".x.Id" label: LABEL_REPEATED } }
	message_type { name: "List" field { number: 1 name: "list" type: TYPE_MESSAGE type_name: ".x.Id" label: LABEL_REPEATED } }
	message_type { name: "Texts" field { number: 1 name: "id" type: TYPE_STRING label: LABEL_REPEATED } }
	message_type { name: "Odd" field { number: 1 name: "raw" type: TYPE_BYTES label: LABEL_OPTIONAL } }
	message_type { name: "Choice" oneof_decl { name: "which" }
		field { number: 1 name: "one" type: TYPE_STRING label: LABEL_OPTIONAL oneof_index: 0 } }
	enum_type { name: "Word" value { name: "A" number: 0 } value { name: "B" number: 1 } }
	message_type { name: "Wordless" field { number: 1 name: "word" type: TYPE_ENUM type_name: ".x.Word" label: LABEL_OPTIONAL } }
	message_type { name: "Number" field { number: 1 name: "id" type: TYPE_INT32 label: LABEL_OPTIONAL } }
	message_type { name: "Optional"
		field { number: 1 name: "id" type: TYPE_STRING label: LABEL_OPTIONAL proto3_optional: true oneof_index: 0 }
		oneof_decl { name: "_id" } }
	message_type { name: "Map"
		field { number: 1 name: "m" type: TYPE_MESSAGE type_name: ".x.Map.MEntry" label: LABEL_REPEATED }
		nested_type { name: "MEntry" options { map_entry: true }
			field { number: 1 name: "key" type: TYPE_STRING label: LABEL_OPTIONAL }
			field { number: 2 name: "value" type: TYPE_STRING label: LABEL_OPTIONAL } } }
	message_type { name: "Answer" field { number: 1 name: "it" type: TYPE_MESSAGE type_name: ".x.Id" label: LABEL_OPTIONAL } }
	message_type { name: "TwoResponses"
		field { number: 1 name: "it" type: TYPE_MESSAGE type_name: ".x.Id" label: LABEL_OPTIONAL }
		field { number: 2 name: "more" type: TYPE_STRING label: LABEL_OPTIONAL } }`

const id = `field { number: 1 name: "id" type: TYPE_STRING label: LABEL_OPTIONAL }`

const (
	ok200 = ` [wingspan.users.v1.operation] { name: "op" success_status: 200 }`
	ok204 = ` [wingspan.users.v1.operation] { name: "op" success_status: 204 }`
	level = ` idempotency_level: IDEMPOTENT`
	rest  = ok200 + level
)

// method is a method as Protobuf text.
func method(name, input, output, options string) string {
	return fmt.Sprintf(`method { name: %q input_type: ".x.%s" output_type: ".x.%s" options { %s } }`, name, input, output, options)
}

// http is the option google.api.http.
func http(rule string) string { return ` [google.api.http] { ` + rule + ` }` }

// serviceOf makes the descriptor of a service S.
func serviceOf(tb testing.TB, methods ...string) protoreflect.ServiceDescriptor {
	tb.Helper()
	text := fmt.Sprintf(`syntax: "proto3" name: "x.proto" package: "x" dependency: [%q, %q, %q] %s service { name: "S" %s }`,
		annotations.File_google_api_annotations_proto.Path(), usersv1.File_wingspan_users_v1_options_proto.Path(),
		fieldmaskpb.File_google_protobuf_field_mask_proto.Path(), messages, strings.Join(methods, " "))
	file := &descriptorpb.FileDescriptorProto{}
	if err := prototext.Unmarshal([]byte(text), file); err != nil {
		tb.Fatal(err)
	}
	desc, err := protodesc.NewFile(file, protoregistry.GlobalFiles)
	if err != nil {
		tb.Fatal(err)
	}
	return desc.Services().Get(0)
}

func TestBadRulesAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ input, output, options, want string }{
		"no options":          {"Empty", "Empty", ``, "has no google.api.http rule"},
		"no http rule":        {"Empty", "Empty", rest, "has no google.api.http rule"},
		"no verb":             {"Empty", "Empty", http(``) + rest, "has no verb"},
		"custom verb":         {"Empty", "Empty", http(`custom { kind: "HEAD" path: "/a" }`) + rest, "has no verb, or a custom one"},
		"additional_bindings": {"Empty", "Empty", http(`get: "/a" additional_bindings { get: "/b" }`) + rest, "has additional_bindings"},
		"no operation":        {"Empty", "Empty", http(`get: "/a"`) + level, "has no operation option"},
		"no level":            {"Empty", "Empty", http(`get: "/a"`) + ok200, "has no idempotency_level"},
		"status 201":          {"Empty", "Empty", http(`get: "/a"`) + level + strings.Replace(ok200, "200", "201", 1), "success_status is 201"},
		"no status":           {"Empty", "Empty", http(`get: "/a"`) + level + ` [wingspan.users.v1.operation] { name: "op" }`, "success_status is 0"},
		"no slash":            {"Empty", "Empty", http(`get: "a"`) + rest, `path "a" does not begin with a slash`},
		"no path":             {"Empty", "Empty", http(`get: ""`) + rest, `path "" does not begin with a slash`},
		"no segment":          {"Empty", "Empty", http(`get: "/"`) + rest, `segment "" is not a plain word`},
		"trailing slash":      {"Empty", "Empty", http(`get: "/a/"`) + rest, `segment "" is not a plain word`},
		"dot segments":        {"Empty", "Empty", http(`get: "/a/../b"`) + rest, `segment ".." is not a plain word`},
		"*":                   {"Empty", "Empty", http(`get: "/a/*"`) + rest, `segment "*" is not a plain word`},
		"**":                  {"Empty", "Empty", http(`get: "/a/**"`) + rest, `segment "**" is not a plain word`},
		"{id=*}":              {"Id", "Empty", http(`get: "/a/{id=*}"`) + rest, `segment "{id=*}" names no field of Id`},
		"{id=**}":             {"Id", "Empty", http(`get: "/a/{id=b/**}"`) + rest, `segment "{id=b" names no field of Id`},
		"custom method":       {"Id", "Empty", http(`get: "/a/{id}:do"`) + rest, `segment "{id}:do" names no field of Id`},
		"verb after word":     {"Empty", "Empty", http(`get: "/a:do"`) + rest, `segment "a:do" is not a plain word`},
		"escaped word":        {"Empty", "Empty", http(`get: "/a%20b"`) + rest, `segment "a%20b" is not a plain word`},
		"field after word":    {"Id", "Empty", http(`get: "/a-{id}"`) + rest, `segment "a-{id}" is not a plain word`},
		"nested field":        {"IdBody", "Empty", http(`post: "/a/{body.id}" body: "*"`) + rest, `segment "{body.id}" names no field of IdBody`},
		"unknown field":       {"Id", "Empty", http(`get: "/a/{ident}"`) + rest, `segment "{ident}" names no field of Id`},
		"no field":            {"Id", "Empty", http(`get: "/a/{}"`) + rest, `segment "{}" names no field of Id`},
		"open brace":          {"Id", "Empty", http(`get: "/a/{id"`) + rest, `segment "{id" names no field of Id`},
		"number in path":      {"Number", "Empty", http(`get: "/a/{id}"`) + rest, "field id is not a plain string"},
		"list in path":        {"Texts", "Empty", http(`get: "/a/{id}"`) + rest, "field id is not a plain string"},
		"optional in path":    {"Optional", "Empty", http(`get: "/a/{id}"`) + rest, "field id is not a plain string"},
		"body of GET":         {"Id", "Empty", http(`get: "/a" body: "*"`) + rest, "GET has a body"},
		"body of DELETE":      {"Id", "Empty", http(`delete: "/a/{id}" body: "*"`) + rest, "DELETE has a body"},
		"scalar body":         {"IdText", "Empty", http(`post: "/a/{id}" body: "text"`) + rest, `body "text" is not a message field of IdText`},
		"list body":           {"IdList", "Empty", http(`post: "/a/{id}" body: "list"`) + rest, `body "list" is not a message field of IdList`},
		"map body":            {"Map", "Empty", http(`post: "/a" body: "m"`) + rest, `body "m" is not a message field of Map`},
		"unknown body":        {"Id", "Empty", http(`post: "/a/{id}" body: "b"`) + rest, `body "b" is not a message field of Id`},
		"mask without body":   {"IdBodyMask", "Empty", http(`get: "/a/{id}"`) + rest, "field body is neither in the path nor in the body: a query has no form for a message"},
		"map in query":        {"Map", "Empty", http(`get: "/a"`) + rest, "field m is neither in the path nor in the body: a query has no form for a message"},
		"bytes in query":      {"Odd", "Empty", http(`get: "/a"`) + rest, "field raw is neither in the path nor in the body: a query has no form for a bytes"},
		"oneof in query":      {"Choice", "Empty", http(`get: "/a"`) + rest, "field one is neither in the path nor in the body: a query has no form for a oneof"},
		"enum in query":       {"Wordless", "Empty", http(`get: "/a"`) + rest, "a query would spell x.B by its wire_word, which it has not"},
		"query in path":       {"Id", "Empty", http(`get: "/a?id={id}"`) + rest, `segment "a?id={id}" is not a plain word`},
		"unknown answer":      {"Empty", "Answer", http(`get: "/a" response_body: "x"`) + rest, `response_body "x" is not a message or list field of Answer`},
		"nested answer":       {"Empty", "Answer", http(`get: "/a" response_body: "it.id"`) + rest, `response_body "it.id" is not`},
		"scalar answer":       {"Empty", "Id", http(`get: "/a" response_body: "id"`) + rest, `response_body "id" is not a message or list field of Id`},
		"list of scalars":     {"Empty", "Texts", http(`get: "/a" response_body: "id"`) + rest, `response_body "id" is not a message or list field of Texts`},
		"map answer":          {"Empty", "Map", http(`get: "/a" response_body: "m"`) + rest, `response_body "m" is not a message or list field of Map`},
		"more than answer":    {"Empty", "TwoResponses", http(`get: "/a" response_body: "it"`) + rest, `TwoResponses has fields beside "it"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			good := method("Good", "Id", "Empty", http(`get: "/good/{id}"`)+rest)
			rules, err := httprule.Service(serviceOf(t, method("Bad", c.input, c.output, c.options), good))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got error %v, want %q", err, c.want)
			}
			if !strings.Contains(err.Error(), "x.S.Bad: ") || strings.Contains(err.Error(), "Good") {
				t.Errorf("the error does not name the RPC: %v", err)
			}
			if len(rules) != 1 || rules[0].Template != "/good/{id}" {
				t.Errorf("rules: %v", rules)
			}
		})
	}
}

func TestStreamingIsRefused(t *testing.T) {
	t.Parallel()
	unary := method("Bad", "Empty", "Empty", http(`get: "/a"`)+rest)
	for _, side := range []string{"client_streaming", "server_streaming"} {
		streaming := strings.Replace(unary, "options", side+": true options", 1)
		_, err := httprule.Service(serviceOf(t, streaming))
		if want := "x.S.Bad: is streaming, which REST is not"; err == nil || err.Error() != want {
			t.Errorf("%s: got error %v, want %s", side, err, want)
		}
	}
}

func TestEveryBadRuleIsNamed(t *testing.T) {
	t.Parallel()
	_, err := httprule.Service(serviceOf(t, method("One", "Empty", "Empty", rest), method("Two", "Id", "Empty", http(`get: "a"`)+rest)))
	if err == nil || !strings.Contains(err.Error(), "x.S.One: ") || !strings.Contains(err.Error(), "x.S.Two: ") {
		t.Errorf("got error %v", err)
	}
}

// TestGoodRules: what the contract has no case of.
func TestGoodRules(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		input, output, options string
		want                   binding
	}{
		"put":             {"IdBody", "Answer", http(`put: "/a/{id}" body: "body" response_body: "it"`) + rest, binding{"PUT", "/a/{id}", "", "body", "it", false}},
		"mask":            {"IdBodyMask", "Empty", http(`patch: "/{id}" body: "body"`) + level + ok204, binding{"PATCH", "/{id}", "", "body", "", true}},
		"list":            {"Empty", "List", http(`get: "/a.b/c-d_e~" response_body: "list"`) + rest, binding{"GET", "/a.b/c-d_e~", "", "", "list", false}},
		"query":           {"IdText", "Empty", http(`get: "/{id}"`) + rest, binding{"GET", "/{id}", "text", "", "*", false}},
		"all in query":    {"IdText", "Empty", http(`delete: "/a"`) + rest, binding{"DELETE", "/a", "id text", "", "*", false}},
		"query by body":   {"IdBody", "Empty", http(`put: "/a" body: "body"`) + rest, binding{"PUT", "/a", "id", "body", "*", false}},
		"POST of nothing": {"Empty", "Empty", http(`post: "/a"`) + rest, binding{"POST", "/a", "", "", "*", false}},
	} {
		rules, err := httprule.Service(serviceOf(t, method("M", c.input, c.output, c.options)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if got := bindingOf(rules[0]); got != c.want || rules[0].FullMethod != "/x.S/M" {
			t.Errorf("%s: got %+v of %s, want %+v", name, got, rules[0].FullMethod, c.want)
		}
	}
}

func TestNoTwoRPCsAreOneCall(t *testing.T) {
	t.Parallel()
	rules, err := httprule.Service(serviceOf(t,
		method("One", "Id", "Empty", http(`get: "/a/{id}"`)+rest),
		method("Two", "Id", "Empty", http(`delete: "/a/{id}"`)+rest),
		method("Three", "Id", "Empty", http(`get: "/a/{id}"`)+rest)))
	if err != nil {
		t.Fatal(err)
	}
	_, err = httprule.NewRouter(rules)
	if want := "/x.S/One and /x.S/Three are both GET /a/{id}"; err == nil || err.Error() != want {
		t.Errorf("got error %v, want %s", err, want)
	}
	if _, err := httprule.NewRouter(rules[:2]); err != nil {
		t.Error(err)
	}
	rules, err = httprule.Service(serviceOf(t,
		method("One", "Id", "Empty", http(`get: "/a/{id}"`)+rest),
		method("Two", "IdText", "Empty", http(`put: "/a/{text}"`)+rest)))
	if err != nil {
		t.Fatal(err)
	}
	_, err = httprule.NewRouter(rules)
	if want := "/x.S/One and /x.S/Two name the fields of one path differently: /a/{id}, /a/{text}"; err == nil || err.Error() != want {
		t.Errorf("got error %v, want %s", err, want)
	}
}

// TestMatch_PlainWordsComeFirst whatever the order of the RPCs.
func TestMatch_PlainWordsComeFirst(t *testing.T) {
	t.Parallel()
	rules, err := httprule.Service(serviceOf(t,
		method("Field", "Id", "Empty", http(`get: "/a/{id}"`)+rest),
		method("Word", "Empty", "Empty", http(`get: "/a/b"`)+rest)))
	if err != nil {
		t.Fatal(err)
	}
	router, err := httprule.NewRouter(rules)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"/a/b": "Word", "/a/%62": "Word", "/a/c": "Field"} {
		if found, _, err := router.Match(path); err != nil || string(found[0].Method.Name()) != want {
			t.Errorf("%s: got %v, %v, want %s", path, found, err, want)
		}
	}
}
