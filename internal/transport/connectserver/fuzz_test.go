package connectserver

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
)

// FuzzJSON: whatever a caller sends as JSON is taken, or refused in few words.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{`{}`, `{"id":"s","apiSession":{"labels":{"a":5}},"updateMask":"a,b"}`, `{"api_session":[1]}`, "{\n\"\u00e9\":1}",
		`{"apiSession":{"expiration":"a","expiration":"b"}}`, `{"updateMask":{}}`, "\xff", `[[[`, `{"id":"\ud800"}`, `{"apiSession":{"labels":[{"x":{}}]}}`,
		`{"n` + strings.Repeat("\u00e9", 40) + `":1}`, `{"apiSession":{"labels":{"a":"b","a":"c"}}}`, `{"updateMask":{"paths":["a"]}}`, `{"id":[}`,
		`{"` + strings.Repeat("a", maxToldName-1) + "\u00e9\":1}"} {
		f.Add([]byte(seed))
	}
	codec := newJSONCodec()
	f.Fuzz(func(t *testing.T, text []byte) {
		err := codec.UnmarshalRead(t.Context(), bytes.NewBuffer(text), &usersv1.UpdateApiSessionRequest{})
		if s := status.Convert(err); err != nil && (s.Code() != codes.InvalidArgument || len(s.Message()) > 300 || !utf8.ValidString(s.Message()) || len(s.Details()) == 0) {
			t.Errorf("%q: %s", text, s)
		}
	})
}
