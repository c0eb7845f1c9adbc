package httprule

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// SegmentError says that a value cannot be a path segment. Its text names the
// field, never the value, which may be a token.
type SegmentError struct {
	// Field is the request's field, by its name in the .proto.
	Field protoreflect.Name
	// Problem is what is wrong with its value.
	Problem string
}

func (e *SegmentError) Error() string {
	return fmt.Sprintf("path field %s %s", e.Field, e.Problem)
}

// usualValue is how much longer than their names the values in a path mostly are.
const usualValue = 64

// Path returns the upstream's path for a request. Each field is one segment,
// escaped as ECMAScript's encodeURIComponent escapes it, since that is what the
// vendor's own client sends. A value that would not stay one segment is a
// *SegmentError.
func (r *Rule) Path(request protoreflect.Message) (string, error) {
	var path strings.Builder
	path.Grow(len(r.Template) + usualValue)
	for _, s := range r.segments {
		path.WriteByte('/')
		if s.field == nil {
			path.WriteString(s.literal)
			continue
		}
		value := request.Get(s.field).String()
		if err := refuse(value); err != nil {
			return "", &SegmentError{Field: s.field.Name(), Problem: err.Error()}
		}
		escape(&path, value)
	}
	return path.String(), nil
}

// maxSegment is the longest value of a path segment, in bytes. Escaped, it is three times
// as long at most: no more than an HTTP server's bound on headers lets through.
const maxSegment = 32 << 10

// refuse says why a value cannot be one path segment. Dot segments would be
// resolved away by whoever reads the URL, and lead to another operation.
func refuse(value string) error {
	switch {
	case value == "":
		return errors.New("must not be empty")
	case value == "." || value == "..":
		return errors.New(`must not be "." or ".."`)
	case !utf8.ValidString(value):
		return errors.New("must be valid UTF-8")
	case len(value) > maxSegment:
		return fmt.Errorf("must not be longer than %d bytes", maxSegment)
	}
	return nil
}

// escape writes a value as encodeURIComponent does (ECMA-262, section 19.2.6.4):
// all bytes but A-Z a-z 0-9 - _ . ! ~ * ' ( ) become %XX.
func escape(b *strings.Builder, value string) {
	const hex = "0123456789ABCDEF"
	for i := range len(value) {
		c := value[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
			strings.IndexByte("-_.!~*'()", c) >= 0:
			b.WriteByte(c)
		default:
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
}

// ErrNoRoute says that no RPC has a path.
var ErrNoRoute = errors.New("no operation has this path")

// Router finds the RPCs that a path belongs to.
type Router struct {
	routes []route
}

// route is one path template with its RPC for each verb.
type route struct {
	segments []segment
	rules    []*Rule
}

// NewRouter makes a router of rules. It is an error if two of them have the
// same verb and path, or paths that differ only in the names of their fields. Of
// /a/b and /a/{id}, the plain word comes first.
func NewRouter(rules []*Rule) (*Router, error) {
	router := &Router{}
	for _, rule := range rules {
		i := slices.IndexFunc(router.routes, func(have route) bool {
			return compareShapes(have.segments, rule.segments) == 0
		})
		if i < 0 {
			i = len(router.routes)
			router.routes = append(router.routes, route{segments: rule.segments})
		}
		for _, other := range router.routes[i].rules {
			if other.Template != rule.Template {
				return nil, fmt.Errorf("%s and %s name the fields of one path differently: %s, %s",
					other.FullMethod, rule.FullMethod, other.Template, rule.Template)
			}
			if other.Verb == rule.Verb {
				return nil, fmt.Errorf("%s and %s are both %s %s", other.FullMethod, rule.FullMethod, rule.Verb, rule.Template)
			}
		}
		router.routes[i].rules = append(router.routes[i].rules, rule)
	}
	slices.SortStableFunc(router.routes, func(a, b route) int { return compareShapes(a.segments, b.segments) })
	return router, nil
}

// compareShapes orders paths: plain words before fields. It is 0 where two are the same
// but for the names of fields.
func compareShapes(a, b []segment) int {
	return slices.CompareFunc(a, b, func(a, b segment) int {
		switch {
		case a.field == nil && b.field == nil:
			return strings.Compare(a.literal, b.literal)
		case a.field == nil:
			return -1
		case b.field == nil:
			return 1
		}
		return 0
	})
}

// RequestPath is the path of a request as it was sent. URL.EscapedPath would
// spell it anew where it has a byte that ought to have been escaped, and lose
// which slashes were.
func RequestPath(u *url.URL) string {
	if u.RawPath != "" {
		return u.RawPath
	}
	return u.EscapedPath()
}

// Match finds the RPCs, one for each verb, whose path an escaped path is, and
// the values of its fields in their order. The error is ErrNoRoute, or a
// *SegmentError where a value is refused.
func (router *Router) Match(escapedPath string) ([]*Rule, []string, error) {
	parts := strings.Split(strings.TrimPrefix(escapedPath, "/"), "/")
	for _, candidate := range router.routes {
		if values, matched, err := candidate.match(parts); matched {
			return candidate.rules, values, err
		}
	}
	return nil, nil, ErrNoRoute
}

func (t route) match(parts []string) (values []string, matched bool, err error) {
	if len(parts) != len(t.segments) {
		return nil, false, nil
	}
	for i, s := range t.segments {
		value, unescapeErr := url.PathUnescape(parts[i])
		switch {
		case s.field == nil && value == s.literal:
			continue
		case s.field == nil:
			return nil, false, nil
		case unescapeErr != nil:
			value, err = "", &SegmentError{Field: s.field.Name(), Problem: "has an invalid percent-encoding"}
		}
		if refusal := refuse(value); refusal != nil && err == nil {
			err = &SegmentError{Field: s.field.Name(), Problem: refusal.Error()}
		}
		values = append(values, value)
	}
	return values, true, err
}
