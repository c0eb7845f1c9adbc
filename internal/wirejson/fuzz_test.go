package wirejson_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

// seeds are texts of every kind that the tests know of.
func seeds() []string {
	texts := []string{
		"", "null", "[]", "{}{}", "{", `{"\ud800":1}`, "{\"email\":\"\xff\"}", "\ufeff{}", `{"x":1e400,"\u0065mail":"\ud83d\ude00"}`,
		`{"labels":{"a":null,"b":"c"},"channel":"Fax","sessionType":"New","new":[{"a":[]}],"session":null}`, ` { "token" : "" } `,
		`{"expiration":"e","isUnlimitedExpiration":false,"labels":{"":"\u2028"}}`, `{"redirectPath":"\/","x":{"redirectPath":1}}`,
		`{"is_unlimited_expiration":true}`,
	}
	for _, s := range shapes() {
		texts = append(texts, s.text)
	}
	for _, c := range duplicates {
		texts = append(texts, c.text)
	}
	return texts
}

type subject struct {
	codec *wirejson.Codec
	like  proto.Message
}

// subjects are the codecs of all shapes.
func subjects(f *testing.F) []subject {
	f.Helper()
	var all []subject
	for _, s := range shapes() {
		all = append(all, subject{codecOf(f, s.message, s.omit...), s.message})
	}
	for i := range all {
		for _, text := range seeds() {
			f.Add(byte(i), []byte(text))
		}
	}
	return all
}

// read decodes, and checks that what is refused is refused properly.
func (s subject) read(t *testing.T, text []byte, strictness wirejson.Strictness) (proto.Message, bool) {
	t.Helper()
	message := s.like.ProtoReflect().New()
	err := s.codec.Decode(text, message, strictness)
	if _, ok := err.(*wirejson.Error); err != nil && !ok {
		t.Fatalf("error is a %T: %v", err, err)
	}
	return message.Interface(), err == nil
}

// value is what the standard library makes of a JSON text.
func value(t *testing.T, text []byte) string {
	t.Helper()
	if !json.Valid(text) {
		t.Fatalf("not JSON: %q", text)
	}
	return canonical(t, string(text))
}

// roundTrip checks that writing what was read changes nothing.
func (s subject) roundTrip(t *testing.T, text []byte, read proto.Message, strictness wirejson.Strictness) {
	t.Helper()
	original := bytes.Clone(text)
	written, err := s.codec.Append(nil, read.ProtoReflect())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := value(t, written), value(t, original); got != want {
		t.Fatalf("%q became %q", want, got)
	}
	if jsontext.Value(original).IsValid() && !jsontext.Value(written).IsValid() {
		t.Fatalf("%q became %q", original, written)
	}
	again, ok := s.read(t, written, strictness)
	if !ok || !proto.Equal(again, read) {
		t.Fatalf("%q reads as %v, then %q as %v", original, read, written, again)
	}
}

// FuzzDecodeAnswer: of any text that is read, nothing is lost.
func FuzzDecodeAnswer(f *testing.F) {
	all := subjects(f)
	f.Fuzz(func(t *testing.T, which byte, text []byte) {
		s := all[int(which)%len(all)]
		read, ok := s.read(t, text, wirejson.Answer)
		if !ok {
			return
		}
		s.roundTrip(t, text, read, wirejson.Answer)
		wirejson.Strip(read.ProtoReflect())
		if len(read.ProtoReflect().GetUnknown()) > 0 {
			t.Fatal("Strip leaves unknown fields")
		}
	})
}

// FuzzDecodeRequest: the same, and a request that is read has no member twice and
// would be read as an answer too.
func FuzzDecodeRequest(f *testing.F) {
	all := subjects(f)
	f.Fuzz(func(t *testing.T, which byte, text []byte) {
		s := all[int(which)%len(all)]
		read, ok := s.read(t, text, wirejson.Request)
		if !ok {
			return
		}
		s.roundTrip(t, text, read, wirejson.Request)
		if !jsontext.Value(text).IsValid(jsontext.AllowInvalidUTF8(true)) {
			t.Fatalf("%q has a member twice", text)
		}
		if answer, ok := s.read(t, text, wirejson.Answer); !ok || !proto.Equal(answer, read) {
			t.Fatalf("%q is another answer than request", text)
		}
	})
}

// agreeing are messages whose JSON is the same to protojson. Enums' is not.
var agreeing = []proto.Message{
	&usersv1.CreateSessionRequest{},
	&usersv1.BeginExistingEmailVerificationRequest{},
	&usersv1.ApiSessionUpdate{},
	&usersv1.ErrorBody{},
}

// FuzzAgreesWithProtojson: both read the same of a text, or both refuse it.
func FuzzAgreesWithProtojson(f *testing.F) {
	for i := range agreeing {
		for _, text := range seeds() {
			f.Add(byte(i), []byte(text))
		}
	}
	f.Fuzz(func(t *testing.T, which byte, text []byte) {
		like := agreeing[int(which)%len(agreeing)]
		if !mustAgree(text, like) {
			return
		}
		ours, err := decode(t, like, string(text), wirejson.Request)
		theirs := like.ProtoReflect().New().Interface()
		theirErr := protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(text, theirs)
		if (err == nil) != (theirErr == nil) {
			t.Fatalf("%q: %v, protojson: %v", text, err, theirErr)
		}
		if err != nil {
			return
		}
		wirejson.Strip(ours.ProtoReflect())
		if !proto.Equal(ours, theirs) {
			t.Fatalf("%q reads as %v, with protojson as %v", text, ours, theirs)
		}
		written := mustAppend(t, ours)
		proto.Reset(theirs)
		if err := protojson.Unmarshal([]byte(written), theirs); err != nil || !proto.Equal(ours, theirs) {
			t.Fatalf("protojson reads %q as %v, %v", written, theirs, err)
		}
	})
}

// mustAgree tells whether the two should agree on a text: they need not where
// it is not JSON, is null or names a member as the .proto does.
func mustAgree(text []byte, like proto.Message) bool {
	if !jsontext.Value(text).IsValid() || string(bytes.TrimSpace(text)) == "null" {
		return false
	}
	decoder := jsontext.NewDecoder(bytes.NewReader(text))
	fields := like.ProtoReflect().Descriptor().Fields()
	for {
		token, err := decoder.ReadToken()
		if err != nil {
			return true
		}
		if token.Kind() == '"' {
			name := token.String()
			if field := fields.ByTextName(name); field != nil && field.JSONName() != name {
				return false
			}
		}
	}
}
