package wirejson_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	usersv1json "github.com/wingspan-grpc/session-facade/gen/wirejson/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

// TestWrongType: the error names the member and never its value, which may be a
// secret. What an upstream calls its labels is its own, too.
func TestWrongType(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		message  proto.Message
		text     string
		request  string
		response string // where it differs
	}{
		{&usersv1.Session{}, `"s3cr3t"`, "the body must be an object, not a string", ""},
		{&usersv1.Session{}, `[]`, "the body must be an object, not an array", ""},
		{&usersv1.Session{}, `1234`, "the body must be an object, not a number", ""},
		{&usersv1.Session{}, `true`, "the body must be an object, not true or false", ""},
		{&usersv1.Session{}, `{"token":1234}`, "token must be a string, not a number", ""},
		{&usersv1.Session{}, `{"token":false}`, "token must be a string, not true or false", ""},
		{&usersv1.Session{}, `{"\u0074oken":["s3cr3t"]}`, "token must be a string, not an array", ""},
		{&usersv1.ApiSession{}, `{"isUnlimitedExpiration":"true"}`, "isUnlimitedExpiration must be true or false, not a string", ""},
		{&usersv1.ApiSession{}, `{"isUnlimitedExpiration":1}`, "isUnlimitedExpiration must be true or false, not a number", ""},
		{&usersv1.ApiSession{}, `{"isUnlimitedExpiration":{}}`, "isUnlimitedExpiration must be true or false, not an object", ""},
		{&usersv1.Session{}, `{"labels":["s3cr3t"]}`, "labels must be an object, not an array", ""},
		{&usersv1.Session{}, `{"labels":"s3cr3t"}`, "labels must be an object, not a string", ""},
		{&usersv1.Session{}, `{"labels":{"a":12}}`, `labels["a"] must be a string, not a number`, `labels[*] must be a string, not a number`},
		{
			&usersv1.Session{}, `{"labels":{"b":"x","s \"3":{}}}`,
			`labels["s \"3"] must be a string, not an object`, `labels[*] must be a string, not an object`,
		},
		{&usersv1.PhoneVerification{}, `{"session":"s3cr3t"}`, "session must be an object, not a string", ""},
		{&usersv1.PhoneVerification{}, `{"session":[]}`, "session must be an object, not an array", ""},
		{&usersv1.PhoneVerification{}, `{"session":{"token":true}}`, "session.token must be a string, not true or false", ""},
		{
			&usersv1.PhoneVerification{}, `{"session":{"labels":{"a":[]}}}`,
			`session.labels["a"] must be a string, not an array`, "session.labels[*] must be a string, not an array",
		},
		{&usersv1.ErrorBody{}, `{"fields":{}}`, "fields must be an array, not an object", ""},
		{&usersv1.ErrorBody{}, `{"fields":[null]}`, "fields[0] must be an object, not null", ""},
		{&usersv1.ErrorBody{}, `{"fields":[{},{"field":{}}]}`, "fields[1].field must be a string, not an object", ""},
	} {
		for name, strictness := range strictnesses {
			want := c.request
			if strictness == wirejson.Response && c.response != "" {
				want = c.response
			}
			if got := refusal(t, c.message, c.text, strictness).Error(); got != want {
				t.Errorf("%s in %s: got %q, want %q", c.text, name, got, want)
			}
		}
	}
}

// TestSyntaxHasNoPath: where the text breaks off within a member, the text as a
// whole is at fault.
func TestSyntaxHasNoPath(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{"session":{"labels":{"a":tru`, `{"session":{"labels":{"a":"x",}}}`, `{"session":{"x":1,"x":1}}`, `{"session":{"labels":{"a":"x",1:2}}}`} {
		if got := refusal(t, &usersv1.PhoneVerification{}, text, wirejson.Request); got.Field != "" {
			t.Errorf("%s: %v", text, got)
		}
	}
}

// TestErrors_TellLongKeysInPart: a key may be as long as a body, and an error is sent to
// the caller twice over, with escapes in it.
func TestErrors_TellLongKeysInPart(t *testing.T) {
	t.Parallel()
	key := strings.Repeat("\x7f", 1<<20)
	decoded := refusal(t, &usersv1.Session{}, `{"labels":{"`+key+`":1}}`, wirejson.Request)
	_, encoded := usersv1json.ApiSessionUpdate.Append(nil, &usersv1.ApiSessionUpdate{Labels: map[string]string{key: "\xff"}})
	if encoded == nil {
		t.Fatal("a label that is not UTF-8 was written")
	}
	for _, err := range []error{decoded, encoded} {
		if said := err.Error(); len(said) > 1<<10 || !strings.HasPrefix(said, `labels["\x7f\x7f`) {
			t.Errorf("%d bytes: %.40s", len(said), said)
		}
	}
}
