package wirejson_test

import (
	"encoding/json"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	usersv1json "github.com/wingspan-grpc/session-facade/gen/wirejson/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

func quote(tb testing.TB, value string) string {
	tb.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

// TestStrings: a string means the same in the message and on either side of it.
func TestStrings(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`""`:                         "",
		`"(410) 435-0691 x609"`:      "(410) 435-0691 x609",
		`"2022-09-03T19:46:40.748Z"`: "2022-09-03T19:46:40.748Z",
		`"Zoë 😀 日本"`:                 "Zoë 😀 日本",
		`"\ud83d\ude00"`:             "😀",
		`"\uD83D\uDE00x"`:            "😀x",
		`"\u0000"`:                   "\x00",
		`"a\u0000b"`:                 "a\x00b",
		"\"\u2028\u2029\"":           "\u2028\u2029",
		`"\u2028"`:                   "\u2028",
		`"\"\\\/\b\f\n\r\t"`:         "\"\\/\b\f\n\r\t",
		`"<&>'"`:                     "<&>'",
		"\"\x7f\ufeff\ufffd\"":       "\x7f\ufeff\ufffd",
		`"null"`:                     "null",
	} {
		for name, strictness := range strictnesses {
			got, _ := mustDecode(t, &usersv1.CreateSessionRequest{}, `{"password":`+text+`}`, strictness)
			sameMessage(t, got, &usersv1.CreateSessionRequest{Password: proto.String(want)})
			if got, want := canonical(t, mustAppend(t, got)), `{"password":`+quote(t, want)+`}`; got != canonical(t, want) {
				t.Errorf("%s: wrote %s, want %s", name, got, want)
			}
			update, _ := mustDecode(t, &usersv1.ApiSessionUpdate{}, `{"labels":{`+text+`:`+text+`}}`, strictness)
			sameMessage(t, update, &usersv1.ApiSessionUpdate{Labels: map[string]string{want: want}})
		}
	}
}

func TestEscapedMemberNames(t *testing.T) {
	t.Parallel()
	for name, strictness := range strictnesses {
		got, _ := mustDecode(t, &usersv1.CreateSessionRequest{}, `{"\u0065mail":"a","pass\u0077ord":null,"\u006eew":1}`, strictness)
		if got.GetEmail() != "a" {
			t.Errorf("%s: email is %q", name, got.GetEmail())
		}
	}
}

// TestNotJSON: a text that is not one JSON value is refused as a whole, and none
// of it is told.
func TestNotJSON(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, problem string }{
		{"", "is not JSON: it ends too early"},
		{" \n", "is not JSON: it ends too early"},
		{"{}{}", "goes on after its JSON value"},
		{"{} s3cr3t", "goes on after its JSON value"},
		{"{},", "goes on after its JSON value"},
		{"null null", "goes on after its JSON value"},
		{"{}\x00", "goes on after its JSON value"},
		{"\ufeff\ufeff{}", "is not JSON at byte 3"},
		{"\ufeff", "is not JSON: it ends too early"},
		{"{}\ufeff", "goes on after its JSON value"},
		{"s3cr3t", "is not JSON at byte 0"},
		{"<html>s3cr3t</html>", "is not JSON at byte 0"},
		{`{s3cr3t}`, "is not JSON at byte 1"},
		{`{'email':"s3cr3t"}`, "is not JSON at byte 1"},
		{`{"email" "s3cr3t"}`, "is not JSON at byte"},
		{`{"email":"s3cr3t",}`, "is not JSON at byte"},
		{`{,}`, "is not JSON at byte"},
		{`{"email":"s3cr3t\x"}`, "is not JSON at byte"},
		{"{\"email\":\"s3cr3t\n\"}", "is not JSON at byte"},
		{`{"email":nul}`, "is not JSON at byte"},
		{`{"email":NaN}`, "is not JSON at byte"},
		{`{"new":01}`, "is not JSON at byte"},
		{`{"new":+1}`, "is not JSON at byte"},
		{`{"new":[1,]}`, "is not JSON at byte"},
		{`{"new":[1}}`, "is not JSON at byte"},
		{"{\"email\":\"\xff\"}", "is not JSON: it is not UTF-8"},
		{"{\"email\":\"\xc0\x80\"}", "is not JSON: it is not UTF-8"},
		{"{\"email\":\"\xed\xa0\x80\"}", "is not JSON: it is not UTF-8"},
		{"{\"new\":\"\xff\"}", "is not JSON: it is not UTF-8"},
		{"{\"\xff\":1}", "is not JSON: it is not UTF-8"},
		{`{"new":` + strings.Repeat("[", 20000), "is not JSON"},
	} {
		for name, strictness := range strictnesses {
			got := refusal(t, &usersv1.CreateSessionRequest{}, c.text, strictness)
			if got.Field != "" || !strings.HasPrefix(got.Problem, c.problem) {
				t.Errorf("%.40q in %s: got %+v, want %q", c.text, name, *got, c.problem)
			}
			if want := "the body " + got.Problem; got.Error() != want || strings.Contains(want, "s3cr3t") {
				t.Errorf("%.40q in %s: %v", c.text, name, got)
			}
		}
	}
}

func TestNotAList(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]wirejson.Error{
		``:                       {Problem: "is not JSON: it ends too early"},
		`{}`:                     {Problem: "must be an array, not an object"},
		`null`:                   {Problem: "must be an array, not null"},
		`[null]`:                 {Field: "[0]", Problem: "must be an object, not null"},
		`[{},[]]`:                {Field: "[1]", Problem: "must be an object, not an array"},
		`[{},{"sessionId":1}]`:   {Field: "[1].sessionId", Problem: "must be a string, not a number"},
		`[{"labels":{"k":[]}}]`:  {Field: "[0].labels[*]", Problem: "must be a string, not an array"},
		`[{}`:                    {Problem: "is not JSON: it ends too early"},
		`[{}] {}`:                {Problem: "goes on after its JSON value"},
		`[{},]`:                  {Problem: "is not JSON at byte 3"},
		`[{}{}]`:                 {Problem: "is not JSON at byte 3"},
		`[{"sessionId":"x"},{"]`: {Problem: "is not JSON: it ends too early"},
	} {
		var list []*usersv1.ApiSession
		_, err := wirejson.ListCodec(usersv1json.ApiSession).Decode([]byte(text), wirejson.Response, &list)
		if got, ok := err.(*wirejson.Error); !ok || *got != want {
			t.Errorf("%s: got %v, want %+v", text, err, want)
		}
		_, err = wirejson.ListCodec(usersv1json.ApiSession).Check([]byte(text))
		if got, ok := err.(*wirejson.Error); !ok || *got != want {
			t.Errorf("%s, checked: got %v, want %+v", text, err, want)
		}
	}
}

// TestCutOff: a text that ends anywhere but at its end is refused.
func TestCutOff(t *testing.T) {
	t.Parallel()
	text := `{"phone":"\u00e9\n","new":[1.5e3,{"a":null}],"session":{"labels":{"a":"😀"},"sessionType":"API"},"status":"Odd","userId":null}`
	for name, strictness := range strictnesses {
		for end := range len(text) {
			got := refusal(t, &usersv1.PhoneVerification{}, text[:end], strictness)
			if name == "response" && (got.Field != "" || !strings.HasPrefix(got.Problem, "is not JSON")) {
				t.Errorf("%s: %v", text[:end], got)
			}
		}
	}
	mustDecode(t, &usersv1.PhoneVerification{}, text, wirejson.Response)
}

func TestWhitespaceAround(t *testing.T) {
	t.Parallel()
	got, _ := mustDecode(t, &usersv1.AuthenticateRequest{}, " \r\n\t{ \"email\" :\n\"a\" }\n ", wirejson.Request)
	sameMessage(t, got, &usersv1.AuthenticateRequest{Email: "a"})
}

// TestInvalidUTF8IsNotWritten: a message can hold what JSON cannot.
func TestInvalidUTF8IsNotWritten(t *testing.T) {
	t.Parallel()
	for want, message := range map[string]proto.Message{
		"email is not valid UTF-8":                 &usersv1.AuthenticateRequest{Email: "\xff"},
		`labels["k"] is not valid UTF-8`:           &usersv1.ApiSessionUpdate{Labels: map[string]string{"k": "\xff"}},
		"labels has a key that is not valid UTF-8": &usersv1.ApiSessionUpdate{Labels: map[string]string{"\xff": "k"}},
		"session.token is not valid UTF-8":         &usersv1.PhoneVerification{Session: &usersv1.Session{Token: proto.String("\xff")}},
		"fields[1].description is not valid UTF-8": &usersv1.ErrorBody{Fields: []*usersv1.FieldError{{}, {Description: "\xff"}}},
	} {
		text, err := codecOf(t, message).append([]byte("x"), message)
		if _, ok := err.(*wirejson.Error); !ok || err.Error() != want || string(text) != "x" {
			t.Errorf("wrote %q, error %v, want %s", text, err, want)
		}
	}
	_, err := wirejson.ListCodec(usersv1json.ApiSession).Append(nil, &[]*usersv1.ApiSession{{}, {SessionId: "\xff"}, {SessionId: "\xfe"}})
	if e, ok := err.(*wirejson.Error); !ok || e.Field != "[1].sessionId" {
		t.Errorf("got error %v", err)
	}
}

// TestHalfACharacter: JavaScript writes half of a surrogate pair as an escape. It is
// U+FFFD in the message.
func TestHalfACharacter(t *testing.T) {
	t.Parallel()
	for name, strictness := range strictnesses {
		for text, want := range map[string]*usersv1.CreateApiSessionRequest{
			`{"expiration":"\ud800 a"}`:                  {Expiration: proto.String("\uFFFD a")},
			`{"expiration":"\udc00\ud800"}`:              {Expiration: proto.String("\uFFFD\uFFFD")},
			`{"new":"\ud83d"}`:                           {},
			`{"\ud800":1}`:                               {},
			`{"labels":{"a":"\ud83d","\udc00":"y"}}`:     {Labels: map[string]string{"a": "\uFFFD", "\uFFFD": "y"}},
			`{"labels":{"\ud83d\ude00":"\uD83D\uDE00"}}`: {Labels: map[string]string{"😀": "😀"}},
		} {
			got, _, err := decode(t, want, text, strictness)
			if err != nil {
				t.Errorf("%s in %s: %v", text, name, err)
			}
			sameMessage(t, got, want)
		}
	}
}

// TestByteOrderMark: one in front is no part of the text.
func TestByteOrderMark(t *testing.T) {
	t.Parallel()
	got, _ := mustDecode(t, &usersv1.AuthenticateRequest{}, "\ufeff {\"email\":\"a\"}", wirejson.Request)
	sameMessage(t, got, &usersv1.AuthenticateRequest{Email: "a"})
	if text := wirejson.TrimBOM([]byte("\ufeff\ufeff{}")); string(text) != "\ufeff{}" {
		t.Errorf("left %q", text)
	}
}

// TestTooDeep: nesting is bounded, whatever is nested.
func TestTooDeep(t *testing.T) {
	t.Parallel()
	for name, strictness := range strictnesses {
		for _, open := range []string{`[`, `{"a":`, `[{"a":`} {
			text := `{"new":` + strings.Repeat(open, 20_000)
			if got := refusal(t, &usersv1.Session{}, text, strictness); !strings.HasPrefix(got.Problem, "is not JSON at byte") {
				t.Errorf("%s in %s: %v", open, name, got)
			}
		}
	}
}
