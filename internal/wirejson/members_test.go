package wirejson_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	usersv1json "github.com/wingspan-grpc/session-facade/gen/wirejson/wingspan/users/v1"
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

// with is the shape's text with another value of one member; without it where value
// is nil.
func (s shape) with(tb testing.TB, name string, value json.RawMessage) string {
	tb.Helper()
	members := s.members(tb)
	members[name] = value
	if value == nil {
		delete(members, name)
	}
	text, err := json.Marshal(members)
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
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
	text, err := json.Marshal(zero)
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
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

// canonical spells a JSON value in one way. It is the standard library's: of members
// that occur twice the last counts, and numbers keep their digits.
func canonical(tb testing.TB, text string) string {
	tb.Helper()
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		tb.Fatalf("%q is not JSON: %v", text, err)
	}
	spelled, err := json.Marshal(value)
	if err != nil {
		tb.Fatal(err)
	}
	return string(spelled)
}

// TestNullIsAbsent: for each member of each shape, and it changes no other member.
func TestNullIsAbsent(t *testing.T) {
	t.Parallel()
	for _, s := range shapes() {
		for name := range s.members(t) {
			t.Run(s.name()+"/"+name, func(t *testing.T) {
				t.Parallel()
				null, result := mustDecode(t, s.message, s.with(t, name, json.RawMessage("null")), s.strictness)
				absent, _ := mustDecode(t, s.message, s.with(t, name, nil), s.strictness)
				sameMessage(t, null, absent)
				if proto.Equal(absent, s.message) || result != (wirejson.Result{}) {
					t.Errorf("the member was not read, or %+v is told", result)
				}
			})
		}
	}
}

// TestEmptyIsNotAbsent: an empty value of a field with presence is set.
func TestEmptyIsNotAbsent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want proto.Message
	}{
		{`{"expiration":""}`, &usersv1.ApiSessionUpdate{Expiration: proto.String("")}},
		{`{"isUnlimitedExpiration":false}`, &usersv1.ApiSessionUpdate{IsUnlimitedExpiration: proto.Bool(false)}},
		{`{"labels":{"":""}}`, &usersv1.ApiSessionUpdate{Labels: map[string]string{"": ""}}},
		{`{"labels":{}}`, &usersv1.ApiSessionUpdate{}},
		{`{"session":{}}`, &usersv1.PhoneVerification{Session: &usersv1.Session{}}},
		{`{"fields":[]}`, &usersv1.ErrorBody{}},
		{`{"fields":[{},{"field":null}]}`, &usersv1.ErrorBody{Fields: []*usersv1.FieldError{{}, {}}}},
	} {
		for name, strictness := range strictnesses {
			t.Run(c.text+"/"+name, func(t *testing.T) {
				t.Parallel()
				got, _ := mustDecode(t, c.want, c.text, strictness)
				sameMessage(t, got, c.want)
			})
		}
	}
}

// TestNullLabel: a response's is absent, a request's is refused.
func TestNullLabel(t *testing.T) {
	t.Parallel()
	got, _ := mustDecode(t, &usersv1.Session{}, `{"labels":{"k":null,"l":"x"}}`, wirejson.Response)
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

// TestLists: two operations answer an array.
func TestLists(t *testing.T) {
	t.Parallel()
	active := usersv1.SubscriptionGrantStatus_SUBSCRIPTION_GRANT_STATUS_ACTIVE
	for text, want := range map[string][]*usersv1.SubscriptionGrant{
		`[]`:   nil,
		`[{}]`: {{}},
		`[{"_id":"1"},{"_id":null,"x":[]},{"status":"Active"}]`: {{Id: "1"}, {}, {Status: active}},
	} {
		var got []*usersv1.SubscriptionGrant
		_, err := wirejson.ListCodec(usersv1json.SubscriptionGrant).Decode([]byte(text), wirejson.Response, &got)
		if err != nil {
			t.Fatal(err)
		}
		sameMessage(t, &usersv1.ListGrantedSubscriberSubscriptionGrantsResponse{SubscriptionGrants: got},
			&usersv1.ListGrantedSubscriberSubscriptionGrantsResponse{SubscriptionGrants: want})
	}
	written, err := wirejson.ListCodec(usersv1json.ApiSession).Append([]byte(">"), &[]*usersv1.ApiSession{{SessionId: "a"}, {SessionId: "b"}})
	want := `>[{"sessionId":"a","expiration":"","isUnlimitedExpiration":false},{"sessionId":"b","expiration":"","isUnlimitedExpiration":false}]`
	if err != nil || string(written) != want {
		t.Errorf("wrote %s, %v, want %s", written, err, want)
	}
}
