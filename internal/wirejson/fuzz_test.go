package wirejson_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"unicode/utf8"

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
		`{"is_unlimited_expiration":true}`, `{"token":1,"token":`,
	}
	for _, s := range shapes() {
		texts = append(texts, s.text)
	}
	for _, c := range duplicates {
		texts = append(texts, c.text)
	}
	return texts
}

// fuzzed chooses a shape by a byte.
func fuzzed(which byte) shape { return shapes()[int(which)%len(shapes())] }

func addSeeds(f *testing.F) {
	f.Helper()
	for i := range shapes() {
		for _, text := range seeds() {
			f.Add(byte(i), []byte(text))
		}
	}
}

// read decodes, and checks that what is read can be written and read again, and what is
// refused is refused properly.
func (s shape) read(t *testing.T, text []byte, strictness wirejson.Strictness) (proto.Message, wirejson.Result, bool) {
	t.Helper()
	before := bytes.Clone(text)
	message, result, err := decode(t, s.message, string(text), strictness)
	if !bytes.Equal(before, text) {
		t.Fatal("the text was changed")
	}
	if _, ok := err.(*wirejson.Error); err != nil && !ok {
		t.Fatalf("error is a %T: %v", err, err)
	}
	if err != nil {
		return message, result, false
	}
	if !json.Valid(wirejson.TrimBOM(text)) || !utf8.Valid(text) {
		t.Fatalf("%q is read, and is not JSON", text)
	}
	if enum := message.ProtoReflect().Descriptor().Fields().ByName("channel"); enum != nil && message.ProtoReflect().Get(enum).Enum() == 0 {
		message.ProtoReflect().Clear(enum) // an unknown word of an optional field can't be written
	}
	written := mustAppend(t, message)
	again, _, err := decode(t, s.message, written, wirejson.Request)
	if err != nil || !proto.Equal(again, message) {
		t.Fatalf("%q reads as %v, then %q as %v, %v", text, message, written, again, err)
	}
	return message, result, true
}

// FuzzDecodeResponse: what is read of any text can be written, and is read the same
// again.
func FuzzDecodeResponse(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, which byte, text []byte) {
		_, _, _ = fuzzed(which).read(t, text, wirejson.Response)
	})
}

// FuzzDecodeRequest: the same, and a request that is read has no member twice and no
// unknown word, and would be read as a response too.
func FuzzDecodeRequest(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, which byte, text []byte) {
		s := fuzzed(which)
		read, result, ok := s.read(t, text, wirejson.Request)
		if !ok {
			return
		}
		if !jsontext.Value(wirejson.TrimBOM(text)).IsValid(jsontext.AllowInvalidUTF8(true)) || result.UnknownWords > 0 {
			t.Fatalf("%q has a member twice or an unknown word", text)
		}
		response, again, ok := s.read(t, text, wirejson.Response)
		if !ok || !proto.Equal(response, read) || again != result {
			t.Fatalf("%q is another response than request", text)
		}
	})
}

// agreeing are messages whose JSON is the same to protojson. Enums' is not.
var agreeing = []proto.Message{
	&usersv1.CreateSessionRequest{},
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
		ours, _, err := decode(t, like, string(text), wirejson.Request)
		theirs := like.ProtoReflect().New().Interface()
		theirErr := protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(text, theirs)
		if (err == nil) != (theirErr == nil) {
			t.Fatalf("%q: %v, protojson: %v", text, err, theirErr)
		}
		if err != nil {
			return
		}
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

// mustAgree tells whether the two should agree on a text: they need not where it is not
// JSON, is null, is nested deeper than protojson reads or names a member as the .proto
// does.
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
