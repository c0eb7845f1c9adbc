package seed_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/wingspan-grpc/session-facade/internal/sandbox/seed"
)

// full has each member that there is.
const full = `{
	"now": "2031-05-06T07:08:09Z",
	"users": [{
		"userId": "user-ada", "email": "ada@example.com", "password": "analytical-engine", "googleIdToken": "google", "administrator": true,
		"subscriptionGrants": [{"_id": "1", "grantorId": "2", "memberId": "3", "package": "Professional", "packageTier": "Premium", "status": "Active", "subscriptionGrantId": "4"}],
		"singleSignOn": {"code": "S", "of": "ada@example.com", "expiration": "2031-05-06T07:18:09Z"},
		"emailVerification": {"code": "E", "of": "ada@example.com", "expiration": "2031-05-06T07:18:09Z"},
		"phoneVerification": {"code": "P", "of": "+1 555 0100", "expiration": "2031-05-06T07:18:09Z"}
	}],
	"sessions": [
		{"token": "token-1", "userId": "user-ada", "sessionType": "User", "expiration": "2031-05-07T07:08:09Z", "pending": true, "otpExpiration": "2031-05-06T08:00:00Z",
			"oneTimePassword": {"code": "123456", "of": "ada@example.com", "expiration": "2031-05-06T07:18:09Z", "wrongTries": 2}},
		{"token": "token-2", "userId": "user-ada", "sessionType": "API", "expiration": "2031-05-07T07:08:09Z", "labels": {"team": "payroll"}, "sessionId": "id", "isUnlimitedExpiration": true}
	],
	"messages": [{"id": 7, "time": "2031-05-06T07:08:09Z", "userId": "user-ada", "kind": "OneTimePassword", "channel": "SMS", "to": "ada@example.com", "code": "123456"}]
}`

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(seed.Schema))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("schema.json", document); err != nil {
		t.Fatal(err)
	}
	return compiler.MustCompile("schema.json")
}

func conforms(t *testing.T, schema *jsonschema.Schema, text string) error {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(value)
}

// TestSchema_DescribesAState: it has each member that is read and written, and no other.
func TestSchema_DescribesAState(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"the default": string(seed.Default), "one with all": full} {
		state, err := seed.Decode([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		written, err := json.Marshal(state)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{text, string(written)} {
			if err := conforms(t, schema(t), text); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	var described struct {
		Defs map[string]struct{ Properties map[string]any } `json:"$defs"`
	}
	var whole map[string]any
	if err := json.Unmarshal(seed.Schema, &described); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(full), &whole); err != nil {
		t.Fatal(err)
	}
	user, sessions := whole["users"].([]any)[0].(map[string]any), whole["sessions"].([]any)
	session := maps.Clone(sessions[0].(map[string]any))
	maps.Copy(session, sessions[1].(map[string]any))
	for name, value := range map[string]any{"State": whole, "User": user, "Session": session,
		"Code": session["oneTimePassword"], "Message": whole["messages"].([]any)[0]} {
		want := slices.Sorted(maps.Keys(value.(map[string]any)))
		if diff := cmp.Diff(want, slices.Sorted(maps.Keys(described.Defs[name].Properties))); diff != "" {
			t.Errorf("%s (-used +described):\n%s", name, diff)
		}
	}
}

// TestDecode_NamesTheMember shows what is said of what is wrong. shape tells whether the
// schema sees it too.
func TestDecode_NamesTheMember(t *testing.T) {
	t.Parallel()
	user := func(more string) string { return `{"users":[{"userId":"a","email":"a@example.com"` + more + `}]}` }
	session := func(more string) string {
		return `{"users":[{"userId":"a","email":"a@example.com"}],"sessions":[{"token":"t","userId":"a"` + more + `}]}`
	}
	many := func(n int, element string) string { return strings.Repeat(element+",", n-1) + element }
	for text, want := range map[string]struct {
		said  string
		shape bool
	}{
		`{}`:                              {"users is required", true},
		`{"users":[],"user":[]}`:          {"user is unknown", true},
		`{"users":[],"users":[]}`:         {"users is there twice", false},
		`{"users":{}}`:                    {"users must be a list", true},
		`{"users":[null]}`:                {"users[0] must be an object", true},
		`{"users":[{"userId":"a"}]}`:      {"users[0].email must be an email address", true},
		`{"users":[{"email":"a@b.c"}]}`:   {"users[0].userId must be 1 to 256 of", false},
		user(`,"pasword":"x"`):            {"users[0].pasword is unknown", true},
		user(`,"\u001b[31m":"x"`):         {"users[0].?[31m is unknown", true},
		user(`,"administrator":"yes"`):    {"users[0].administrator must be true or false", true},
		user(`,"password":"a\u001b[31m"`): {"users[0].password must be at most 256 printable", false},
		user(`,"password":"` + strings.Repeat("a", 257) + `"`):                                                     {"users[0].password must be at most 256 printable", true},
		user(`,"subscriptionGrants":[{"memberId":1}]`):                                                             {"users[0].subscriptionGrants[0].memberId must be", false},
		user(`,"subscriptionGrants":[null]`):                                                                       {"users[0].subscriptionGrants[0] must be an object", true},
		user(`,"subscriptionGrants":[` + many(21, `{}`) + `]`):                                                     {"users[0].subscriptionGrants has more than 20", true},
		user(`,"singleSignOn":{"code":"","of":"","expiration":"2031-05-06T07:08:09Z"}`):                            {"users[0].singleSignOn.code must be 1 to 256 bytes", true},
		user(`,"emailVerification":{"code":"1","of":"x\u001b@","expiration":"2031-05-06T07:08:09Z"}`):              {"users[0].emailVerification.of must be an email", false},
		user(`},{"userId":"a","email":"b@example.com"`):                                                            {"users[1].userId is another user's", false},
		user(`},{"userId":"b","email":"A@example.com"`):                                                            {"users[1].email is another user's", false},
		`{"users":[` + many(1001, `{}`) + `]}`:                                                                     {"users has 1001 elements; 1000 are allowed", true},
		session(`,"userId":"b"`):                                                                                   {"sessions[0].userId is there twice", false},
		`{"users":[],"sessions":[{"token":"t","userId":"a"}]}`:                                                     {"sessions[0].userId is no user's", false},
		session(`},{"token":"t","userId":"a"`):                                                                     {"sessions[1].token is another session's", false},
		`{"users":[],"sessions":[{"token":"a b","userId":"a"}]}`:                                                   {"sessions[0].token must be 1 to 256 of", true},
		session(`,"expiration":"tomorrow"`):                                                                        {`sessions[0].expiration must be a time such as`, true},
		session(`,"sessionType":"Api"`):                                                                            {"sessions[0].sessionType must be User or API", true},
		session(`,"sessionType":"API"`):                                                                            {"sessions[0].sessionId must be 1 to 256 of", false},
		session(`,"sessionType":"API","sessionId":"i","pending":true`):                                             {"sessions[0].sessionType is API, which", false},
		session(`,"sessionId":"i"`):                                                                                {"sessions[0].sessionType must be API, to have", false},
		session(`,"labels":{"a":1}`):                                                                               {"sessions[0].labels.a must be a string", true},
		session(`,"labels":{"a":"` + strings.Repeat("x", seed.MaxLabelBytes) + `"}`):                               {"sessions[0].labels makes more than", false},
		`{"users":[],"messages":[{"id":0,"time":"2031-05-06T07:08:09Z","userId":"","kind":"","to":"","code":""}]}`: {"messages[0].id must be greater", true},
		`{"users":[],"messages":[{"id":"x"}]}`:                                                                     {"messages[0].id must be a whole number", true},
		`{"users":[],"now":"1999-12-31T23:59:59Z"}`:                                                                {"now must be from 2000-01-01 to 2200-01-01", false},
		`{"users":[{"userId":"a","email":"a@b.c"}}`:                                                                {"the JSON is malformed at byte 40", false},
		``:                                    {"the JSON is malformed at byte 0", false},
		`[]`:                                  {"the JSON must be an object", true},
		`{"users":[]} {}`:                     {"the JSON is malformed at byte 13", false},
		"{\"users\":[{\"userId\":\"\xff\"}]}": {"the JSON is malformed at byte ", false},
		strings.Repeat(" ", seed.MaxBytes+1):  {"the JSON is longer than 67108864 bytes", false},
		strings.Repeat("[", 20_000):           {"", false},
		`{"users":[],"` + strings.Repeat("n", 9999) + `":1}`: {`"nnnnn`, true},
	} {
		name := fmt.Sprintf("%.60q", text)
		_, err := seed.Decode([]byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), want.said) || len(err.Error()) > 500 {
			t.Errorf("%s: %.500v, want %s", name, err, want.said)
		}
		if want.shape && conforms(t, schema(t), text) == nil {
			t.Errorf("%s conforms to the schema", name)
		}
	}
}
