package httprule_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
)

// unescaped are the bytes that encodeURIComponent leaves alone (ECMA-262,
// section 19.2.6.4): "uriUnreserved" is alphanumeric or one of - _ . ! ~ * ' ( ).
const unescaped = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" + "abcdefghijklmnopqrstuvwxyz" + "0123456789" + "-_.!~*'()"

// pathOf is the path of GetSession for an id.
func pathOf(tb testing.TB, id string) (string, error) {
	tb.Helper()
	return contractRules(tb)["GetSession"].Path((&usersv1.GetSessionRequest{Id: id}).ProtoReflect())
}

var pathVariable = regexp.MustCompile(`\{\w+\}`)

func TestPathOfEachRPC(t *testing.T) {
	t.Parallel()
	for name, rule := range contractRules(t) {
		request := newRequest(rule)
		for _, field := range rule.PathFields() {
			request.Set(field, protoreflect.ValueOfString("a/b"))
		}
		want := pathVariable.ReplaceAllString(rule.Template, "a%2Fb")
		if got, err := rule.Path(request); got != want || err != nil {
			t.Errorf("%s: got %s, %v, want %s", name, got, err, want)
		}
	}
}

// newRequest is an empty request of an RPC of the contract.
func newRequest(rule *httprule.Rule) protoreflect.Message {
	return dynamicpb.NewMessage(rule.Method.Input())
}

// requestWith is a request of an RPC of the contract, with values in its path.
func requestWith(rule *httprule.Rule, values []string) protoreflect.Message {
	request := newRequest(rule)
	for i, field := range rule.PathFields() {
		request.Set(field, protoreflect.ValueOfString(values[i]))
	}
	return request
}

func TestPathEscapesEachByte(t *testing.T) {
	t.Parallel()
	for c := range byte(0x80) {
		want := fmt.Sprintf("%%%02X", c)
		if strings.IndexByte(unescaped, c) >= 0 {
			want = string(rune(c))
		}
		got, err := pathOf(t, "x"+string(rune(c)))
		if want = "/users/session/token/x" + want; got != want || err != nil {
			t.Errorf("%#x: got %s, %v, want %s", c, got, err, want)
		}
	}
}

func TestPathEscapes(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"é":               "%C3%A9",
		"日本":              "%E6%97%A5%E6%9C%AC",
		"😀":               "%F0%9F%98%80",
		"\u2028":          "%E2%80%A8",
		"\ufffd":          "%EF%BF%BD",
		"e\u0301":         "e%CC%81", // not composed
		"\U0010ffff":      "%F4%8F%BF%BF",
		"a b+c":           "a%20b%2Bc",
		"%2F":             "%252F",
		"a/../b":          "a%2F..%2Fb",
		"...":             "...",
		".a":              ".a",
		"..;":             "..%3B",
		"{id}":            "%7Bid%7D",
		"a?b#c&d=e":       "a%3Fb%23c%26d%3De",
		"eyJh.eyJz.-_~!*": "eyJh.eyJz.-_~!*",
		" ":               "%20",
	} {
		if got, err := pathOf(t, id); got != "/users/session/token/"+want || err != nil {
			t.Errorf("%q: got %s, %v, want %s", id, got, err, want)
		}
	}
}

func TestPathRefuses(t *testing.T) {
	t.Parallel()
	for id, problem := range map[string]string{
		"":                       "must not be empty",
		".":                      `must not be "." or ".."`,
		"..":                     `must not be "." or ".."`,
		"s3cr3t\xff":             "must be valid UTF-8",
		"\xc0\xae":               "must be valid UTF-8", // an overlong "."
		"\xed\xa0\x80":           "must be valid UTF-8", // a surrogate
		"s3cr3t\xf0\x9f\x98":     "must be valid UTF-8",
		"\xf4\x90\x80\x80s3cr3t": "must be valid UTF-8",
	} {
		path, err := pathOf(t, id)
		var bad *httprule.FieldError
		if !errors.As(err, &bad) || bad.Field != "id" || bad.Problem != problem || path != "" {
			t.Errorf("%q: got %q, %v, want %s", id, path, err, problem)
		} else if want := "path field id " + problem; err.Error() != want {
			t.Errorf("%q: got %q, want %q", id, err, want)
		}
	}
}
