package httprule_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoreflect"
	"pgregory.net/rapid"

	"github.com/wingspan-grpc/session-facade/internal/httprule"
)

// ids are strings that a path can carry, among them those that look like paths.
func ids() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.StringMatching(`[./%a-f0-9?#:;+ ]{1,12}`),
		rapid.StringMatching(`(%2[efEF]|\.|/){1,6}`),
	).Filter(func(s string) bool { return s != "" && s != "." && s != ".." && utf8.ValidString(s) })
}

// TestAnyIDSurvives: a path has the template's segments whatever the id, and the
// id comes back out of it.
func TestAnyIDSurvives(t *testing.T) {
	t.Parallel()
	rules, router := contractRules(t), contractRouter(t)
	rapid.Check(t, func(t *rapid.T) {
		id := ids().Draw(t, "id")
		for name, rule := range rules {
			if len(rule.PathFields()) == 0 {
				continue
			}
			request := newRequest(rule)
			request.Set(rule.PathFields()[0], protoreflect.ValueOfString(id))
			path, err := rule.Path(request)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if strings.Count(path, "/") != strings.Count(rule.Template, "/") || strings.ContainsAny(path, "?# ") {
				t.Fatalf("%s: %s is another path", name, path)
			}
			matched, values, err := router.Match(path)
			if err != nil || len(values) != 1 || values[0] != id || matched[0].Template != rule.Template {
				t.Fatalf("%s: %s gives %q, %v", name, path, values, err)
			}
		}
	})
}

// TestAnyPathMatchesOrNot: what a path yields can be sent on, and what is sent on
// is the same call.
func TestAnyPathMatchesOrNot(t *testing.T) {
	t.Parallel()
	router := contractRouter(t)
	segment := rapid.OneOf(
		rapid.SampledFrom([]string{"users", "session", "token", "api", "user", "verification", "email", "", ".", "..", "%2e", "%zz", "s%65ssion"}),
		rapid.String(),
	)
	rapid.Check(t, func(t *rapid.T) {
		path := rapid.OneOf(
			rapid.String(),
			rapid.Map(rapid.SliceOf(segment), func(parts []string) string { return "/" + strings.Join(parts, "/") }),
			rapid.Map(segment, func(s string) string { return "/users/session/token/" + s }),
		).Draw(t, "path")
		checkMatch(t, router, path)
	})
}

// failer is what *testing.T and *rapid.T have in common.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

func checkMatch(t failer, router *httprule.Router, path string) {
	t.Helper()
	rules, values, err := router.Match(path)
	var bad *httprule.FieldError
	if err != nil {
		if !errors.Is(err, httprule.ErrNoRoute) && !errors.As(err, &bad) {
			t.Fatalf("%q: error %v", path, err)
		}
		return
	}
	for _, rule := range rules {
		sent, err := rule.Path(requestWith(rule, values))
		if err != nil {
			t.Fatalf("%q yields %q, which is refused: %v", path, values, err)
		}
		again, sameValues, err := router.Match(sent)
		if err != nil || again[0] != rules[0] || strings.Join(sameValues, "/") != strings.Join(values, "/") {
			t.Fatalf("%q goes on as %q: %q, %v", path, sent, sameValues, err)
		}
	}
}

// FuzzMatch looks for a path that panics or that changes on its way.
func FuzzMatch(f *testing.F) {
	for _, seed := range []string{
		"", "/", "/users/session", "/users/session/token/a%2Fb", "/users/session/token/%252F", "/users/session/token/..",
		"/users/session/token/%2e%2E", "/users/session/api/%zz", "/users/user/\xff/verification/email", "/%75sers/session/api/😀",
		"/users/user//verification/phone", "/users/session/api/%C0%AE", "users/session", "/users/session/token/a?b#c",
	} {
		f.Add(seed)
	}
	router := contractRouter(f)
	f.Fuzz(func(t *testing.T, path string) { checkMatch(t, router, path) })
}
