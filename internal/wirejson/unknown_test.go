package wirejson_test

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

// listOf is a mutable list field of a message.
// decodeList reads a list into the only field of a message.
func decodeList(t *testing.T, message proto.Message, text string) error {
	t.Helper()
	m := message.ProtoReflect()
	return codecOf(t, message).DecodeList([]byte(text), m, m.Descriptor().Fields().Get(0), wirejson.Answer)
}

func listOf(message proto.Message, name protoreflect.Name) protoreflect.List {
	m := message.ProtoReflect()
	return m.Mutable(m.Descriptor().Fields().ByName(name)).List()
}

func TestUnknownMembersSurvive(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"a":[`, 2500) + "0" + strings.Repeat(`]}`, 2500)
	for name, value := range map[string]string{
		"object":         `{"a":{"b":[{"c":null},{}]},"email":"x"}`,
		"null":           `null`,
		"large number":   `1e400`,
		"exact number":   `123456789012345678901234567890`,
		"small number":   `-0.0000000000000000000000000000000000000000000001`,
		"number as is":   `1.10E+05`,
		"negative zero":  `-0`,
		"5000 levels":    deep,
		"string":         `"\u0000\ud83d\ude00 \/"`,
		"spaced":         "[ 1 ,\n\t{ } ]",
		"true and false": `[true,false]`,
	} {
		for strictness := range strictnesses {
			t.Run(name+"/"+strictness, func(t *testing.T) {
				t.Parallel()
				text := `{"email":"a@b.c","new":` + value + `,"\u006eew \"2\"":1,"":{}}`
				got := relay(t, &usersv1.AuthenticateRequest{}, text, strictnesses[strictness])
				sameJSON(t, got, text)
				if !strings.Contains(got, `"new":`+value) {
					t.Error("the value is spelled in another way")
				}
			})
		}
	}
}

// TestOmittedFieldsAreUnknown: a path field has no place in the body.
func TestOmittedFieldsAreUnknown(t *testing.T) {
	t.Parallel()
	codec := codecOf(t, &usersv1.CompletePhoneVerificationRequest{}, "id")
	got := &usersv1.CompletePhoneVerificationRequest{}
	if err := codec.Decode([]byte(`{"id":"other","code":"1"}`), got.ProtoReflect(), wirejson.Request); err != nil {
		t.Fatal(err)
	}
	if got.GetId() != "" || got.GetCode() != "1" {
		t.Errorf("read %v", got)
	}
	got.Id = "mine"
	text, err := codec.Append(nil, got.ProtoReflect())
	if err != nil {
		t.Fatal(err)
	}
	sameJSON(t, string(text), `{"id":"other","code":"1"}`)
}

// TestProtoNamesAreUnknown: the wire has camelCase only.
func TestProtoNamesAreUnknown(t *testing.T) {
	t.Parallel()
	got := mustDecode(t, &usersv1.SignInWithGoogleRequest{}, `{"id_token":"x","IDTOKEN":"y"}`, wirejson.Request)
	if got.GetIdToken() != "" {
		t.Errorf("id_token was read")
	}
}

func TestUnknownWord(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"Robot", "user", "", "SESSION_TYPE_USER", "1", "Usér \\\" \u2028"} {
		text := `{"sessionType":` + quote(t, word) + `}`
		got := mustDecode(t, &usersv1.Session{}, text, wirejson.Answer)
		if got.GetSessionType() != usersv1.SessionType_SESSION_TYPE_UNSPECIFIED {
			t.Errorf("%q reads as %v", word, got.GetSessionType())
		}
		sameJSON(t, mustAppend(t, got), text)
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

// TestWordThatIsNoString: an enum member that is not a string breaks the contract,
// in an answer too.
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
	got := mustDecode(t, &usersv1.BeginOtpVerificationRequest{}, `{"channel":"\u0053M\u0053"}`, wirejson.Request)
	sameMessage(t, got, &usersv1.BeginOtpVerificationRequest{Channel: usersv1.OtpChannel_OTP_CHANNEL_SMS.Enum()})
}

// TestUnsetWord: an enum that has no word cannot be written.
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
		text, err := codecOf(t, message).Append([]byte("x"), message.ProtoReflect())
		if e, ok := err.(*wirejson.Error); !ok || e.Field != "channel" || string(text) != "x" {
			t.Errorf("%v: wrote %s, error %v", message, text, err)
		}
	}
}

// TestForeignUnknownFields: fields of a newer .proto neither pass for what the
// JSON left, nor are they lost to it.
func TestForeignUnknownFields(t *testing.T) {
	t.Parallel()
	var foreign []byte
	for _, content := range []string{"null", "", `"email":"forged"`, `"email"`} {
		foreign = protowire.AppendTag(foreign, 1000, protowire.BytesType)
		foreign = protowire.AppendBytes(foreign, []byte(content))
	}
	foreign = protowire.AppendTag(foreign, 1001, protowire.VarintType)
	foreign = protowire.AppendVarint(foreign, 7)
	message := &usersv1.AuthenticateRequest{Email: "a@b.c"}
	message.ProtoReflect().SetUnknown(foreign)
	if got, want := mustAppend(t, message), `{"email":"a@b.c"}`; got != want {
		t.Errorf("wrote %s, want %s", got, want)
	}
	if wirejson.IsNull(message.ProtoReflect()) || wirejson.IsAbsent(message.ProtoReflect()) {
		t.Error("stands for null or nothing")
	}
	codec := codecOf(t, message)
	if err := codec.Decode([]byte(`{"new":1}`), message.ProtoReflect(), wirejson.Answer); err != nil {
		t.Fatal(err)
	}
	wirejson.MarkAbsent(message.ProtoReflect())
	if !wirejson.IsAbsent(message.ProtoReflect()) {
		t.Error("is not absent")
	}
	wirejson.Strip(message.ProtoReflect())
	if got := message.ProtoReflect().GetUnknown(); !slices.Equal(got, foreign) {
		t.Errorf("unknown fields are %x, want %x", got, foreign)
	}
}
