package wirejson_test

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

var duplicates = []struct {
	name    string
	message proto.Message
	text    string
	same    string // what a response says, with the last of each name
}{
	{"string", &usersv1.Session{}, `{"token":"a","token":"b"}`, `{"token":"b"}`},
	{"equal", &usersv1.Session{}, `{"token":"a","token":"a"}`, `{"token":"a"}`},
	{"escaped", &usersv1.Session{}, `{"token":"a","\u0074oken":"b"}`, `{"token":"b"}`},
	{"value then null", &usersv1.Session{}, `{"token":"a","token":null}`, `{"token":null}`},
	{"null then value", &usersv1.Session{}, `{"token":null,"token":"b"}`, `{"token":"b"}`},
	{"required", &usersv1.Session{}, `{"expiration":null,"expiration":"b","expiration":""}`, `{"expiration":""}`},
	{"word then new word", &usersv1.Session{}, `{"sessionType":"User","sessionType":"New"}`, `{"sessionType":"New"}`},
	{"new word then word", &usersv1.Session{}, `{"sessionType":"New","sessionType":"User"}`, `{"sessionType":"User"}`},
	{"map", &usersv1.Session{}, `{"labels":{"a":"1"},"labels":{"b":"2"}}`, `{"labels":{"b":"2"}}`},
	{"map then empty", &usersv1.Session{}, `{"labels":{"a":"1"},"labels":{}}`, `{"labels":{}}`},
	{"odd map then map", &usersv1.Session{}, `{"labels":{"a":null},"labels":{"b":"2"}}`, `{"labels":{"b":"2"}}`},
	{"label", &usersv1.Session{}, `{"labels":{"a":"1","a":"2"}}`, `{"labels":{"a":"2"}}`},
	{"label then null", &usersv1.Session{}, `{"labels":{"a":"1","b":"x","a":null}}`, `{"labels":{"a":null,"b":"x"}}`},
	{"null label then value", &usersv1.Session{}, `{"labels":{"a":null,"a":"2"}}`, `{"labels":{"a":"2"}}`},
	{"null label twice", &usersv1.Session{}, `{"labels":{"a":null,"b":null,"a":null}}`, `{"labels":{"a":null,"b":null}}`},
	{"unknown", &usersv1.Session{}, `{"new":1,"new":2}`, `{"new":2}`},
	{"within unknown", &usersv1.Session{}, `{"new":[{"a":1,"a":2}]}`, `{"new":[{"a":2}]}`},
	{"message", &usersv1.PhoneVerification{}, `{"session":{"token":"a","x":1},"session":{"userId":"u"}}`, `{"session":{"userId":"u"}}`},
	{"within message", &usersv1.PhoneVerification{}, `{"session":{"token":"a","token":"b"}}`, `{"session":{"token":"b"}}`},
	{"list", &usersv1.ErrorBody{}, `{"fields":[{}],"fields":[]}`, `{"fields":[]}`},
	{"within list", &usersv1.ErrorBody{}, `{"fields":[{"field":"a","field":"b"}]}`, `{"fields":[{"field":"b"}]}`},
}

// TestDuplicateInResponse: the last one counts, as in the vendor's own client.
func TestDuplicateInResponse(t *testing.T) {
	t.Parallel()
	for _, c := range duplicates {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, _ := mustDecode(t, c.message, c.text, wirejson.Response)
			want, _ := mustDecode(t, c.message, c.same, wirejson.Response)
			sameMessage(t, got, want)
		})
	}
}

// otherFaults are those of the duplicates that a request has another fault in, in front.
var otherFaults = []string{"new word then word", "odd map then map", "null label then value", "null label twice"}

// TestDuplicateInRequest: a caller's mistake, wherever it is.
func TestDuplicateInRequest(t *testing.T) {
	t.Parallel()
	for _, c := range duplicates {
		got := refusal(t, c.message, c.text, wirejson.Request)
		if want := (wirejson.Error{Problem: "has a member twice in one object"}); *got != want && !slices.Contains(otherFaults, c.name) {
			t.Errorf("%s: got %+v, want %+v", c.name, *got, want)
		}
	}
}
