package wirejson_test

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

// TestWholeMessage: a body that is absent, null, empty or has something are four
// different things.
func TestWholeMessage(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "null", "{}", `{"labels":{}}`} {
		message := (&usersv1.ApiSessionUpdate{}).ProtoReflect()
		if text == "" {
			wirejson.MarkAbsent(message)
		} else if err := codecOf(t, &usersv1.ApiSessionUpdate{}).Decode([]byte(text), message, wirejson.Request); err != nil {
			t.Fatal(err)
		}
		if wirejson.IsAbsent(message) != (text == "") || wirejson.IsNull(message) != (text == "null") {
			t.Errorf("%q: absent %t, null %t", text, wirejson.IsAbsent(message), wirejson.IsNull(message))
		}
		if got := mustAppend(t, message.Interface()); got != text {
			t.Errorf("%q became %q", text, got)
		}
		if copied := proto.Clone(message.Interface()); mustAppend(t, copied) != text {
			t.Errorf("%q is lost in a copy", text)
		}
		wirejson.Strip(message)
		sameMessage(t, message.Interface(), &usersv1.ApiSessionUpdate{})
	}
}

// TestNullBody: a request that needs members cannot be null; an answer can.
func TestNullBody(t *testing.T) {
	t.Parallel()
	got := refusal(t, &usersv1.AuthenticateRequest{}, "null", wirejson.Request)
	if want := (wirejson.Error{Problem: "must be an object, not null"}); *got != want {
		t.Errorf("got %+v, want %+v", *got, want)
	}
	answer := mustDecode(t, &usersv1.Session{}, " null ", wirejson.Answer)
	if !wirejson.IsNull(answer.ProtoReflect()) || mustAppend(t, answer) != "null" {
		t.Error("null is lost")
	}
	_ = refusal(t, &usersv1.Session{}, "null {}", wirejson.Answer)
	_ = refusal(t, &usersv1.Session{}, "nul", wirejson.Answer)
}

// TestNullWithin: a message that stands for null is written as one wherever it is.
func TestNullWithin(t *testing.T) {
	t.Parallel()
	response := &usersv1.PhoneVerification{Session: mustDecode(t, &usersv1.Session{}, "null", wirejson.Answer)}
	sameJSON(t, mustAppend(t, response), `{"phone":"","session":null,"userId":""}`)
	wirejson.Strip(response.ProtoReflect())
	if response.Session != nil {
		t.Error("what stood for null is still set")
	}
	sameJSON(t, mustAppend(t, response), `{"phone":"","userId":""}`)
}

// TestAppendFields: what a mask names is sent, as null where it is not set.
func TestAppendFields(t *testing.T) {
	t.Parallel()
	full := &usersv1.ApiSessionUpdate{
		Expiration: proto.String(""), IsUnlimitedExpiration: proto.Bool(false), Labels: map[string]string{"k": "v"},
	}
	for _, c := range []struct {
		message proto.Message
		fields  []protoreflect.Name
		want    string
	}{
		{full, nil, `{}`},
		{full, []protoreflect.Name{"labels"}, `{"labels":{"k":"v"}}`},
		{full, []protoreflect.Name{"labels", "expiration"}, `{"expiration":"","labels":{"k":"v"}}`},
		{full, []protoreflect.Name{"labels", "labels"}, `{"labels":{"k":"v"}}`},
		{full, []protoreflect.Name{"is_unlimited_expiration"}, `{"isUnlimitedExpiration":false}`},
		{&usersv1.ApiSessionUpdate{}, nil, `{}`},
		{&usersv1.ApiSessionUpdate{}, []protoreflect.Name{"is_unlimited_expiration"}, `{"isUnlimitedExpiration":null}`},
		{
			&usersv1.ApiSessionUpdate{Labels: map[string]string{}},
			[]protoreflect.Name{"expiration", "is_unlimited_expiration", "labels"},
			`{"expiration":null,"isUnlimitedExpiration":null,"labels":null}`,
		},
		{&usersv1.Session{}, []protoreflect.Name{"expiration", "token", "session_type"}, `{"expiration":"","token":null}`},
		{&usersv1.PhoneVerification{}, []protoreflect.Name{"session"}, `{"session":null}`},
		{&usersv1.PhoneVerification{Session: &usersv1.Session{}}, []protoreflect.Name{"session"}, `{"session":{"expiration":""}}`},
		{&usersv1.ErrorBody{}, []protoreflect.Name{"fields"}, `{"fields":null}`},
	} {
		got, err := codecOf(t, c.message).AppendFields([]byte(">"), c.message.ProtoReflect(), fieldsOf(c.message, c.fields))
		if err != nil || string(got) != ">"+c.want {
			t.Errorf("%v of %v: got %s, %v, want %s", c.fields, c.message, got, err, c.want)
		}
	}
	bad := &usersv1.ApiSessionUpdate{Expiration: proto.String("\xff")}
	got, err := codecOf(t, bad).AppendFields([]byte(">"), bad.ProtoReflect(), fieldsOf(bad, []protoreflect.Name{"expiration"}))
	if e, ok := err.(*wirejson.Error); !ok || e.Field != "expiration" || string(got) != ">" {
		t.Errorf("got %q, %v", got, err)
	}
}

func fieldsOf(message proto.Message, names []protoreflect.Name) []protoreflect.FieldDescriptor {
	var fields []protoreflect.FieldDescriptor
	for _, name := range names {
		fields = append(fields, message.ProtoReflect().Descriptor().Fields().ByName(name))
	}
	return fields
}

// TestStrip: nothing of what the JSON left reaches a gRPC caller.
func TestStrip(t *testing.T) {
	t.Parallel()
	phone := mustDecode(t, &usersv1.PhoneVerification{},
		`{"x":1,"phone":null,"session":{"x":1,"labels":{"a":null,"b":"c"},"sessionType":"New"},"status":"Verified"}`, wirejson.Answer)
	body := mustDecode(t, &usersv1.ErrorBody{}, `{"fields":[{"x":1},{"field":"f"}]}`, wirejson.Answer)
	list := &usersv1.ListApiSessionsResponse{}
	err := decodeList(t, list, `[{"sessionId":"s","labels":{}}]`)
	if err != nil {
		t.Fatal(err)
	}
	nested := &usersv1.GetSessionResponse{Session: mustDecode(t, &usersv1.Session{}, `null`, wirejson.Answer)}
	for _, c := range []struct{ got, want proto.Message }{
		{phone, &usersv1.PhoneVerification{
			Session: &usersv1.Session{Labels: map[string]string{"b": "c"}},
			Status:  usersv1.VerificationStatus_VERIFICATION_STATUS_VERIFIED,
		}},
		{body, &usersv1.ErrorBody{Fields: []*usersv1.FieldError{{}, {Field: "f"}}}},
		{list, &usersv1.ListApiSessionsResponse{ApiSessions: []*usersv1.ApiSession{{SessionId: "s"}}}},
		{nested, &usersv1.GetSessionResponse{}},
		{&usersv1.Session{Token: proto.String("t")}, &usersv1.Session{Token: proto.String("t")}},
	} {
		wirejson.Strip(c.got.ProtoReflect())
		sameMessage(t, c.got, c.want)
		if size := proto.Size(c.got); size != proto.Size(c.want) {
			t.Errorf("%d bytes, want %d", size, proto.Size(c.want))
		}
	}
}
