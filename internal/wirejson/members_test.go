package wirejson_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

// enumMembers are the members of all shapes that hold an enum's word.
var enumMembers = []string{"sessionType", "authenticationStrategy", "status", "package", "packageTier", "channel"}

// members are the shape's members with their JSON text.
func (s shape) members(tb testing.TB) map[string]json.RawMessage {
	tb.Helper()
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(s.text), &members); err != nil {
		tb.Fatal(err)
	}
	return members
}

// zero is the JSON of an empty message.
func (s shape) zero(tb testing.TB) string {
	tb.Helper()
	zero := map[string]json.RawMessage{}
	for name, value := range s.members(tb) {
		if slices.Contains(s.required, name) && !slices.Contains(enumMembers, name) {
			zero[name] = emptyLike(value)
		}
	}
	return object(tb, zero)
}

// emptyLike is the emptiest value of the same JSON type.
func emptyLike(value json.RawMessage) json.RawMessage {
	switch value[0] {
	case '"':
		return json.RawMessage(`""`)
	case '{':
		return json.RawMessage(`{}`)
	case '[':
		return json.RawMessage(`[]`)
	default:
		return json.RawMessage(`false`)
	}
}

func object(tb testing.TB, members map[string]json.RawMessage) string {
	tb.Helper()
	text, err := json.Marshal(members)
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

// TestEveryMemberSurvives: a member of any shape that is absent, null or empty is
// that still when it has been read and written again.
func TestEveryMemberSurvives(t *testing.T) {
	t.Parallel()
	for _, s := range shapes() {
		codec := codecOf(t, s.message, s.omit...)
		for name, value := range s.members(t) {
			for variant, text := range s.variants(t, name, value) {
				t.Run(s.name()+"/"+name+"/"+variant, func(t *testing.T) {
					t.Parallel()
					message := s.message.ProtoReflect().New()
					if err := codec.Decode([]byte(text), message, s.strictness); err != nil {
						t.Fatal(err)
					}
					got, err := codec.Append(nil, message)
					if err != nil {
						t.Fatal(err)
					}
					sameJSON(t, string(got), text)
				})
			}
		}
	}
}

// variants spells the shape with one member in other ways.
func (s shape) variants(tb testing.TB, name string, value json.RawMessage) map[string]string {
	tb.Helper()
	with := func(value json.RawMessage) string {
		members := s.members(tb)
		members[name] = value
		return object(tb, members)
	}
	absent := s.members(tb)
	delete(absent, name)
	variants := map[string]string{
		"value":       s.text,
		"absent":      object(tb, absent),
		"null":        with(json.RawMessage("null")),
		"only":        object(tb, map[string]json.RawMessage{name: value}),
		"only, null":  object(tb, map[string]json.RawMessage{name: json.RawMessage("null")}),
		"nothing":     "{}",
		"also others": `{"new":{"a":[1,null]},` + s.text[1:],
	}
	isWord := slices.Contains(enumMembers, name)
	if !isWord || s.strictness == wirejson.Answer {
		variants["empty"] = with(emptyLike(value))
	}
	if isWord && s.strictness == wirejson.Answer {
		variants["new word"] = with(json.RawMessage(`"Brand \"new\""`))
	}
	return variants
}

// TestNullEmptyAndAbsent restates by hand what survives, for each kind of member.
func TestNullEmptyAndAbsent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		message proto.Message
		text    string
	}{
		{"optional string", &usersv1.ApiSessionUpdate{}, `{"expiration":""}`},
		{"optional string null", &usersv1.ApiSessionUpdate{}, `{"expiration":null}`},
		{"optional bool", &usersv1.ApiSessionUpdate{}, `{"isUnlimitedExpiration":false}`},
		{"optional bool null", &usersv1.ApiSessionUpdate{}, `{"isUnlimitedExpiration":null}`},
		{"map", &usersv1.ApiSessionUpdate{}, `{"labels":{"":""}}`},
		{"map null", &usersv1.ApiSessionUpdate{}, `{"labels":null}`},
		{"map empty", &usersv1.ApiSessionUpdate{}, `{"labels":{}}`},
		{"nothing", &usersv1.ApiSessionUpdate{}, `{}`},
		{"optional enum null", &usersv1.BeginOtpVerificationRequest{}, `{"channel":null}`},
		{"required string null", &usersv1.AuthenticateRequest{}, `{"email":null}`},
		{"required string absent", &usersv1.AuthenticateRequest{}, `{}`},
		{"required string empty", &usersv1.AuthenticateRequest{}, `{"email":""}`},
		{"message null", &usersv1.PhoneVerification{}, `{"session":null}`},
		{"message empty", &usersv1.PhoneVerification{}, `{"session":{}}`},
		{"list null", &usersv1.ErrorBody{}, `{"fields":null}`},
		{"list empty", &usersv1.ErrorBody{}, `{"fields":[]}`},
		{"list of empty", &usersv1.ErrorBody{}, `{"fields":[{},{"field":null}]}`},
		{"within a message", &usersv1.PhoneVerification{}, `{"session":{"labels":{},"token":null,"x":1}}`},
	} {
		for name, strictness := range strictnesses {
			t.Run(c.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				sameJSON(t, relay(t, c.message, c.text, strictness), c.text)
			})
		}
	}
}

func TestReadAsUnsetWhereNull(t *testing.T) {
	t.Parallel()
	got := mustDecode(t, &usersv1.ApiSession{}, `{"sessionId":null,"isUnlimitedExpiration":null,"sessionType":null,"token":null,"labels":null}`, wirejson.Answer)
	wirejson.Strip(got.ProtoReflect())
	sameMessage(t, got, &usersv1.ApiSession{})
}

// TestNullLabel: an answer's is relayed, a request's is refused.
func TestNullLabel(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"labels":{"k":null}}`,
		`{"labels":{"b":"1","k":null,"a":"2","é\n":null}}`,
	} {
		sameJSON(t, relay(t, &usersv1.Session{}, text, wirejson.Answer), text)
	}
	got := mustDecode(t, &usersv1.Session{}, `{"labels":{"k":null,"l":"x"}}`, wirejson.Answer)
	if want := map[string]string{"l": "x"}; !maps.Equal(got.GetLabels(), want) {
		t.Errorf("labels are %v, want %v", got.GetLabels(), want)
	}
	refused := refusal(t, &usersv1.ApiSessionUpdate{}, `{"labels":{"k":null}}`, wirejson.Request)
	if want := (wirejson.Error{Field: `labels["k"]`, Problem: "must be a string, not null"}); *refused != want {
		t.Errorf("got %+v, want %+v", *refused, want)
	}
}

func TestMapsAreWrittenInOrderOfKeys(t *testing.T) {
	t.Parallel()
	message := &usersv1.ApiSessionUpdate{Labels: map[string]string{"b": "2", "é": "4", "a": "1", "c": "3", "\u2028": "5"}}
	want := `{"labels":{"a":"1","b":"2","c":"3","é":"4","` + "\u2028" + `":"5"}}`
	for range 20 {
		if got := mustAppend(t, message); got != want {
			t.Fatalf("wrote %s, want %s", got, want)
		}
	}
}

func TestMemberIsNull(t *testing.T) {
	t.Parallel()
	got := mustDecode(t, &usersv1.ApiSessionUpdate{}, `{"expiration":null,"labels":{}}`, wirejson.Request).ProtoReflect()
	for name, want := range map[string]bool{"expiration": true, "is_unlimited_expiration": false, "labels": false} {
		field := got.Descriptor().Fields().ByTextName(name)
		if wirejson.MemberIsNull(got, field) != want {
			t.Errorf("MemberIsNull(%s) is %t", name, !want)
		}
	}
}

// TestLists: two operations answer an array.
func TestLists(t *testing.T) {
	t.Parallel()
	codec := codecOf(t, &usersv1.SubscriptionGrant{})
	for _, text := range []string{`[]`, `[{}]`, `[{"_id":"1"},{"_id":null,"x":[]},{"status":"New"}]`} {
		response := &usersv1.ListGrantedSubscriberSubscriptionGrantsResponse{}
		if err := decodeList(t, response, text); err != nil {
			t.Fatal(err)
		}
		got, err := codec.AppendList([]byte(">"), listOf(response, "subscription_grants"))
		if err != nil {
			t.Fatal(err)
		}
		sameJSON(t, string(got[1:]), text)
	}
}
