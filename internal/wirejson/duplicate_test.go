package wirejson_test

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

var duplicates = []struct {
	name    string
	message proto.Message
	text    string
	same    string // what an answer says, with the last of each name
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

// TestDuplicateInAnswer: the last one wins, as in the vendor's own client, and
// for a caller who has a stricter reader it is the only one.
func TestDuplicateInAnswer(t *testing.T) {
	t.Parallel()
	for _, c := range duplicates {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := mustDecode(t, c.message, c.text, wirejson.Answer)
			if c.name == "unknown" || c.name == "within unknown" {
				sameJSON(t, canonical(t, mustAppend(t, got)), c.same) // it is relayed as it came
				return
			}
			sameJSON(t, mustAppend(t, got), c.same)
			sameMessage(t, got, mustDecode(t, c.message, c.same, wirejson.Answer))
		})
	}
}

// TestDuplicateInRequest: a caller's mistake, wherever it is.
func TestDuplicateInRequest(t *testing.T) {
	t.Parallel()
	for _, c := range duplicates {
		got := refusal(t, c.message, c.text, wirejson.Request)
		if want := (wirejson.Error{Problem: "has a member twice in one object"}); *got != want {
			t.Errorf("%s: got %+v, want %+v", c.name, *got, want)
		}
	}
}

// TestManyDuplicatesAreReadInTime: the time is a few milliseconds where it grows
// with the length of the text, and a minute where it grows with its square.
func TestManyDuplicatesAreReadInTime(t *testing.T) {
	t.Parallel()
	const n = 60_000
	text := "{" + strings.Repeat(`"a":0,`, n) + strings.Repeat(`"token":null,`, n) + `"token":""}`
	start := time.Now()
	mustDecode(t, &usersv1.Session{}, text, wirejson.Answer)
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("took %v", took)
	}
}
