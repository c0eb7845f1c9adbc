package wirejson_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

func TestUnknownMembersPassAndAreCounted(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"a":[`, 2500) + "0" + strings.Repeat(`]}`, 2500)
	for name, value := range map[string]string{
		"object":         `{"a":{"b":[{"c":null},{}]},"email":"x"}`,
		"null":           `null`,
		"large number":   `1e400`,
		"exact number":   `123456789012345678901234567890`,
		"negative zero":  `-0`,
		"5000 levels":    deep,
		"string":         `"\u0000\ud83d\ude00 \/"`,
		"spaced":         "[ 1 ,\n\t{ } ]",
		"true and false": `[true,false]`,
	} {
		for strictness := range strictnesses {
			t.Run(name+"/"+strictness, func(t *testing.T) {
				t.Parallel()
				text := `{"new":` + value + `,"email":"a@b.c","\u006eew \"2\"":1,"":{}}`
				got, result := mustDecode(t, &usersv1.AuthenticateRequest{}, text, strictnesses[strictness])
				sameMessage(t, got, &usersv1.AuthenticateRequest{Email: "a@b.c"})
				if want := (wirejson.Result{UnknownMembers: 3}); result != want {
					t.Errorf("told %+v, want %+v", result, want)
				}
			})
		}
	}
}

// TestDriftIsCountedEverywhere: in messages within messages and lists, not within what
// is unknown.
func TestDriftIsCountedEverywhere(t *testing.T) {
	t.Parallel()
	_, result := mustDecode(t, &usersv1.PhoneVerification{},
		`{"x":{"y":1},"session":{"x":1,"labels":{"x":"y"},"sessionType":"New"},"status":"Odd"}`, wirejson.Response)
	if want := (wirejson.Result{UnknownMembers: 2, UnknownWords: 2}); result != want {
		t.Errorf("told %+v, want %+v", result, want)
	}
	_, result = mustDecode(t, &usersv1.ErrorBody{}, `{"fields":[{"x":1},{"field":"f"},{"y":null}]}`, wirejson.Response)
	if want := (wirejson.Result{UnknownMembers: 2}); result != want {
		t.Errorf("told %+v, want %+v", result, want)
	}
}

// TestPathFieldsAreUnknown: a path field has no place in the body.
func TestPathFieldsAreUnknown(t *testing.T) {
	t.Parallel()
	got, result := mustDecode(t, &usersv1.CompletePhoneVerificationRequest{}, `{"id":"other","code":"1"}`, wirejson.Request)
	sameMessage(t, got, &usersv1.CompletePhoneVerificationRequest{Code: "1"})
	if result.UnknownMembers != 1 {
		t.Errorf("told %+v", result)
	}
	got.Id = "mine"
	if text := mustAppend(t, got); text != `{"code":"1"}` {
		t.Errorf("wrote %s", text)
	}
}

// TestProtoNamesAreUnknown: the upstream has camelCase only.
func TestProtoNamesAreUnknown(t *testing.T) {
	t.Parallel()
	got, _ := mustDecode(t, &usersv1.SignInWithGoogleRequest{}, `{"id_token":"x","IDTOKEN":"y"}`, wirejson.Request)
	if got.GetIdToken() != "" {
		t.Errorf("id_token was read")
	}
}

func TestUnknownWord(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"Robot", "user", "", "SESSION_TYPE_USER", "1", "Usér \\\" \u2028"} {
		got, result := mustDecode(t, &usersv1.Session{}, `{"sessionType":`+quote(t, word)+`}`, wirejson.Response)
		sameMessage(t, got, &usersv1.Session{})
		if want := (wirejson.Result{UnknownWords: 1}); result != want {
			t.Errorf("%q: told %+v", word, result)
		}
	}
	for text, want := range map[string]wirejson.Error{
		`{"channel":"Fax"}`:      {Field: "channel", Problem: `must be one of "PhoneCall", "SMS"`},
		`{"channel":""}`:         {Field: "channel", Problem: `must be one of "PhoneCall", "SMS"`},
		`{"channel":"sms"}`:      {Field: "channel", Problem: `must be one of "PhoneCall", "SMS"`},
		`{"channel":"s3cr3t"}`:   {Field: "channel", Problem: `must be one of "PhoneCall", "SMS"`},
		`{"channel":2}`:          {Field: "channel", Problem: "must be a string, not a number"},
		`{"channel":{"a":"b"}}`:  {Field: "channel", Problem: "must be a string, not an object"},
		`{"channel":["SMS"]}`:    {Field: "channel", Problem: "must be a string, not an array"},
		`{"channel":false}`:      {Field: "channel", Problem: "must be a string, not true or false"},
		`{"channel":"\u0053ms"}`: {Field: "channel", Problem: `must be one of "PhoneCall", "SMS"`},
	} {
		if got := refusal(t, &usersv1.BeginPhoneVerificationRequest{}, text, wirejson.Request); *got != want {
			t.Errorf("%s: got %+v, want %+v", text, *got, want)
		}
	}
}

// TestWordThatIsNoString: an enum member that is not a string breaks the contract, in
// a response too.
func TestWordThatIsNoString(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"1", "true", "{}", "[]", `["User"]`} {
		for name, strictness := range strictnesses {
			if got := refusal(t, &usersv1.Session{}, `{"sessionType":`+value+`}`, strictness); got.Field != "sessionType" {
				t.Errorf("%s in %s: %v", value, name, got)
			}
		}
	}
}

// TestEscapedWord: how a word is escaped does not matter.
func TestEscapedWord(t *testing.T) {
	t.Parallel()
	got, _ := mustDecode(t, &usersv1.BeginOtpVerificationRequest{}, `{"channel":"\u0053M\u0053"}`, wirejson.Request)
	sameMessage(t, got, &usersv1.BeginOtpVerificationRequest{Channel: usersv1.OtpChannel_OTP_CHANNEL_SMS.Enum()})
}

// TestUnsetWord: an enum that has no word can't be written.
func TestUnsetWord(t *testing.T) {
	t.Parallel()
	if got, want := mustAppend(t, &usersv1.AuthenticateResponse{}), `{}`; got != want {
		t.Errorf("wrote %s, want %s", got, want)
	}
	for _, message := range []proto.Message{
		&usersv1.BeginOtpVerificationRequest{Channel: usersv1.OtpChannel_OTP_CHANNEL_UNSPECIFIED.Enum()},
		&usersv1.BeginOtpVerificationRequest{Channel: usersv1.OtpChannel(99).Enum()},
		&usersv1.BeginPhoneVerificationRequest{Channel: usersv1.PhoneChannel(-1).Enum()},
	} {
		text, err := codecOf(t, message).append([]byte("x"), message)
		if e, ok := err.(*wirejson.Error); !ok || e.Field != "channel" || string(text) != "x" {
			t.Errorf("%v: wrote %s, error %v", message, text, err)
		}
	}
}
