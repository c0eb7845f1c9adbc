package wirejson_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

// strictnesses names both, for subtests.
var strictnesses = map[string]wirejson.Strictness{"request": wirejson.Request, "answer": wirejson.Answer}

// codecOf compiles the codec of a message, without the fields named in omit.
func codecOf(tb testing.TB, message proto.Message, omit ...protoreflect.Name) *wirejson.Codec {
	tb.Helper()
	desc := message.ProtoReflect().Descriptor()
	var fields []protoreflect.FieldDescriptor
	for _, name := range omit {
		fields = append(fields, desc.Fields().ByName(name))
	}
	codec, err := wirejson.Compile(desc, fields...)
	if err != nil {
		tb.Fatal(err)
	}
	return codec
}

// decode reads a text into an empty message of like's type.
func decode[M proto.Message](tb testing.TB, like M, text string, strictness wirejson.Strictness) (M, error) {
	tb.Helper()
	message := like.ProtoReflect().New()
	err := codecOf(tb, like).Decode([]byte(text), message, strictness)
	return message.Interface().(M), err
}

func mustDecode[M proto.Message](tb testing.TB, like M, text string, strictness wirejson.Strictness) M {
	tb.Helper()
	message, err := decode(tb, like, text, strictness)
	if err != nil {
		tb.Fatalf("%s: %v", text, err)
	}
	return message
}

func mustAppend(tb testing.TB, message proto.Message) string {
	tb.Helper()
	text, err := codecOf(tb, message).Append(nil, message.ProtoReflect())
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

// relay decodes a text and encodes what came of it.
func relay(tb testing.TB, like proto.Message, text string, strictness wirejson.Strictness) string {
	tb.Helper()
	return mustAppend(tb, mustDecode(tb, like, text, strictness))
}

// refusal decodes a text that must be refused.
func refusal(tb testing.TB, like proto.Message, text string, strictness wirejson.Strictness) *wirejson.Error {
	tb.Helper()
	_, err := decode(tb, like, text, strictness)
	var refused *wirejson.Error
	if !errors.As(err, &refused) {
		tb.Fatalf("%s: got error %v, want an *Error", text, err)
	}
	if error(refused) != err {
		tb.Errorf("%s: the error is wrapped: %#v", text, err)
	}
	return refused
}

// canonical spells a JSON value in one way. It is the standard library's: of
// members that occur twice the last counts, and numbers keep their digits.
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

// sameJSON compares two texts as JSON values. None has a member twice, unless
// the one that is wanted has.
func sameJSON(tb testing.TB, got, want string) {
	tb.Helper()
	if jsontext.Value(want).IsValid() && !jsontext.Value(got).IsValid() {
		tb.Errorf("%s has a member twice", got)
	}
	if diff := cmp.Diff(canonical(tb, want), canonical(tb, got)); diff != "" {
		tb.Errorf("not the same JSON value (-want +got):\n%s", diff)
	}
}

func sameMessage(tb testing.TB, got, want proto.Message) {
	tb.Helper()
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		tb.Errorf("not the same message (-want +got):\n%s", diff)
	}
}
