package httprule_test

import (
	"errors"
	"net/url"
	"slices"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/wingspan-grpc/session-facade/internal/httprule"
)

// verbs are those of the rules that a path matched, sorted.
func verbs(rules []*httprule.Rule) []string {
	var verbs []string
	for _, rule := range rules {
		verbs = append(verbs, rule.Verb)
	}
	slices.Sort(verbs)
	return verbs
}

func TestMatchOfEachRPC(t *testing.T) {
	t.Parallel()
	router := contractRouter(t)
	verbsOf := map[string][]string{}
	for _, rule := range contractRules(t) {
		path := pathVariable.ReplaceAllString(rule.Template, "x")
		verbsOf[path] = append(verbsOf[path], rule.Verb)
	}
	for path, want := range verbsOf {
		slices.Sort(want)
		rules, values, err := router.Match(path)
		if err != nil || !slices.Equal(verbs(rules), want) {
			t.Errorf("%s: got %v, %v, want %v", path, verbs(rules), err, want)
		}
		for _, rule := range rules {
			if len(values) != len(rule.PathFields()) || (len(values) == 1 && values[0] != "x") {
				t.Errorf("%s: values %q", path, values)
			}
		}
	}
}

func TestMatchDecodesOnce(t *testing.T) {
	t.Parallel()
	router := contractRouter(t)
	for escaped, want := range map[string]string{
		"abc":                "abc",
		"%61%62c":            "abc",
		"a%2Fb":              "a/b",
		"a%2fb":              "a/b",
		"%252F":              "%2F",
		"%25252F":            "%252F",
		"%252e%252e":         "%2e%2e",
		"a+b":                "a+b",
		"a%20b":              "a b",
		"a b":                "a b",
		"a:b@c&d=e;f,g$":     "a:b@c&d=e;f,g$",
		"a%3Fb%23c":          "a?b#c",
		"%C3%A9":             "é",
		"é":                  "é",
		"%f0%9f%98%80":       "😀",
		"...":                "...",
		"%2e%2e%2e":          "...",
		"..%2F":              "../",
		"%2F":                "/",
		"%00":                "\x00",
		"!~*'()":             "!~*'()",
		"%21%7E%2A%27%28%29": "!~*'()",
	} {
		rules, values, err := router.Match("/users/session/token/" + escaped)
		if err != nil || len(rules) != 2 || !slices.Equal(values, []string{want}) {
			t.Errorf("%s: got %q, %v, want %q", escaped, values, err, want)
		}
	}
}

// TestPathNormalises: whoever the caller is, the path that goes on is the one that
// the vendor's client would have sent.
func TestPathNormalises(t *testing.T) {
	t.Parallel()
	router := contractRouter(t)
	for path, want := range map[string]string{
		"/users/session/api":                     "/users/session/api",
		"/%75sers/session/%61pi":                 "/users/session/api",
		"/users/session/token/%61%2fb":           "/users/session/token/a%2Fb",
		"/users/session/token/a+b:c":             "/users/session/token/a%2Bb%3Ac",
		"/users/session/token/é":                 "/users/session/token/%C3%A9",
		"/users/session/token/%21%2A":            "/users/session/token/!*",
		"/users/user/%252F/verification/%65mail": "/users/user/%252F/verification/email",
	} {
		rules, values, err := router.Match(path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if got, err := rules[0].Path(requestWith(rules[0], values)); got != want || err != nil {
			t.Errorf("%s: got %s, %v, want %s", path, got, err, want)
		}
	}
}

func TestMatchRefuses(t *testing.T) {
	t.Parallel()
	router := contractRouter(t)
	const empty, dots = "must not be empty", `must not be "." or ".."`
	const utf8, percent = "must be valid UTF-8", "has an invalid percent-encoding"
	for escaped, want := range map[string]string{
		"": empty, ".": dots, "..": dots, "%2E": dots, "%2e": dots, "%2e%2e": dots, "%2E.": dots, ".%2e": dots,
		"%zz": percent, "a%": percent, "a%2": percent, "%%": percent, "%2G": percent, "%u0041": percent,
		"%FF": utf8, "\xff": utf8, "%C0%AE": utf8, "%ED%A0%80": utf8, "s3cr3t%E2%80": utf8,
	} {
		for _, path := range []string{"/users/session/token/" + escaped, "/users/user/" + escaped + "/verification/email"} {
			rules, _, err := router.Match(path)
			var bad *httprule.FieldError
			if !errors.As(err, &bad) || *bad != (httprule.FieldError{In: "path", Field: "id", Problem: want}) {
				t.Errorf("%s: got %v, want %s", path, err, want)
			}
			if len(rules) != 2 {
				t.Errorf("%s: %d rules, want 2", path, len(rules))
			}
		}
	}
}

func TestNoRoute(t *testing.T) {
	t.Parallel()
	router := contractRouter(t)
	for _, path := range []string{
		"", "/", "//", "*", "/users", "/users/", "/users/sessions", "/Users/session", "/users/SESSION",
		"/users/session/", "/users/session/api/x/", "/users/session/api/x/y", "/users/session/token",
		"//users/session", "/users//session", "/users/./session", "/users/x/../session", "/v1/users/session",
		"/users%2Fsession", "/users/session%2Fapi", "/users/sess%zzion", "/users/session%20", "/%2575sers/session",
		"/users/session;a=b", "/users/user/x/y/verification/email", "/users/user/x/verification", "/users/user/verification/email",
		"/users/session/api/../token/x", "/users/session/%FF", "/users/session/api?x",
	} {
		rules, values, err := router.Match(path)
		if !errors.Is(err, httprule.ErrNoRoute) || rules != nil || values != nil {
			t.Errorf("%s: got %v, %q, %v", path, verbs(rules), values, err)
		}
	}
}

func TestRouterOfNothing(t *testing.T) {
	t.Parallel()
	router, err := httprule.NewRouter(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := router.Match("/users/session"); !errors.Is(err, httprule.ErrNoRoute) {
		t.Errorf("got error %v", err)
	}
}

// TestTwoFields: the contract has no path with more than one.
func TestTwoFields(t *testing.T) {
	t.Parallel()
	rules, err := httprule.Service(serviceOf(t, method("M", "IdText", "Empty", http(`get: "/a/{id}/b/{text}"`)+rest)))
	if err != nil {
		t.Fatal(err)
	}
	router, err := httprule.NewRouter(rules)
	if err != nil {
		t.Fatal(err)
	}
	_, values, err := router.Match("/a/x%2Fy/b/z+")
	if want := []string{"x/y", "z+"}; err != nil || !slices.Equal(values, want) {
		t.Fatalf("got %q, %v, want %q", values, err, want)
	}
	request := dynamicpb.NewMessage(rules[0].Method.Input())
	for i, field := range rules[0].PathFields() {
		request.Set(field, protoreflect.ValueOfString(values[i]))
	}
	if path, err := rules[0].Path(request); path != "/a/x%2Fy/b/z%2B" || err != nil {
		t.Errorf("got %s, %v", path, err)
	}
	for path, want := range map[string]httprule.FieldError{
		"/a/x/b/..":   {In: "path", Field: "text", Problem: `must not be "." or ".."`},
		"/a/%/b/x":    {In: "path", Field: "id", Problem: "has an invalid percent-encoding"},
		"/a//b/%FF":   {In: "path", Field: "id", Problem: "must not be empty"},
		"/a/%zz/b/..": {In: "path", Field: "id", Problem: "has an invalid percent-encoding"},
	} {
		_, _, err := router.Match(path)
		var bad *httprule.FieldError
		if !errors.As(err, &bad) || *bad != want {
			t.Errorf("%s: got %v, want %+v", path, err, want)
		}
	}
}

// TestRequestPath_IsAsSent shows that an escaped slash stays one, also beside a byte
// that ought to have been escaped.
func TestRequestPath_IsAsSent(t *testing.T) {
	t.Parallel()
	for _, sent := range []string{"/a/b", "/a%2Fb", "/a%2fb|c", "/a%2Fb\xe9", "/%41%2f%c3%a9", "/a b%2F"} {
		u, err := url.Parse(sent)
		if err != nil {
			t.Fatal(err)
		}
		if got := httprule.RequestPath(u); got != sent {
			t.Errorf("%q became %q", sent, got)
		}
	}
}
