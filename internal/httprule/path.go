package httprule

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// FieldError says that a value cannot be in the path or the query. Its text names the
// field, never the value, which may be a token.
type FieldError struct {
	// In is "path" or "query".
	In string
	// Field is the request's field, by its name in the .proto; "query" for all of it.
	Field protoreflect.Name
	// Problem is what is wrong with its value.
	Problem string
}

func (e *FieldError) Error() string {
	return fmt.Sprintf("%s field %s %s", e.In, e.Field, e.Problem)
}

// usualValue is how much longer than their names the values in a path mostly are.
const usualValue = 64

// Path returns the upstream's path for a request. Each field is one segment,
// escaped as ECMAScript's encodeURIComponent escapes it, since that is what the
// vendor's own client sends. A value that would not stay one segment is a
// *FieldError.
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
		if problem := problemOf(value); problem != "" {
			return "", &FieldError{"path", s.field.Name(), problem}
		}
		path.WriteString(escape(value))
	}
	return path.String(), nil
}

func escape(value string) string { return uriComponent.Replace(url.QueryEscape(value)) }

// uriComponent makes what url.QueryEscape has escaped what encodeURIComponent escapes
// (ECMA-262, section 19.2.6.4): all bytes but A-Z a-z 0-9 - _ . ! ~ * ' ( ) become %XX.
var uriComponent = strings.NewReplacer("+", "%20", "%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*")

// maxSegment is the longest value of a path segment, in bytes. Escaped, it is three times
// as long at most: no more than an HTTP server's bound on headers lets through.
const maxSegment = 32 << 10

// problemOf says why a value cannot be one path segment; empty where it can. Dot segments
// would be resolved away by whoever reads the URL, and lead to another operation.
func problemOf(value string) string {
	switch {
	case value == "":
		return "must not be empty"
	case value == "." || value == "..":
		return `must not be "." or ".."`
	case !utf8.ValidString(value):
		return "must be valid UTF-8"
	case len(value) > maxSegment:
		return fmt.Sprintf("must not be longer than %d bytes", maxSegment)
	}
	return ""
}

// ErrNoRoute says that no RPC has a path.
var ErrNoRoute = errors.New("no operation has this path")

// Router finds the RPCs that a path belongs to.
type Router struct {
	routes [][]*Rule // those of one path each, one for each verb
}

// NewRouter makes a router of rules. It is an error if two of them have the
// same verb and path, or paths that differ only in the names of their fields. Of
// /a/b and /a/{id}, the plain word comes first.
func NewRouter(rules []*Rule) (*Router, error) {
	router := &Router{}
	for _, rule := range rules {
		i := slices.IndexFunc(router.routes, func(route []*Rule) bool { return route[0].shape() == rule.shape() })
		if i < 0 {
			i = len(router.routes)
			router.routes = append(router.routes, nil)
		}
		for _, other := range router.routes[i] {
			if other.Template != rule.Template {
				return nil, fmt.Errorf("%s and %s name the fields of one path differently: %s, %s",
					other.FullMethod, rule.FullMethod, other.Template, rule.Template)
			}
			if other.Verb == rule.Verb {
				return nil, fmt.Errorf("%s and %s are both %s %s", other.FullMethod, rule.FullMethod, rule.Verb, rule.Template)
			}
		}
		router.routes[i] = append(router.routes[i], rule)
	}
	slices.SortFunc(router.routes, func(a, b []*Rule) int { return strings.Compare(a[0].shape(), b[0].shape()) })
	return router, nil
}

// shape is a path without its fields' names, as paths are sorted: no text has a byte 0xFF,
// so that fields come last.
func (r *Rule) shape() string { return pathField.ReplaceAllString(r.Template, "\xff") }

var pathField = regexp.MustCompile(`{\w+}`)

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
// *FieldError where a value is refused.
func (router *Router) Match(escapedPath string) ([]*Rule, []string, error) {
	parts := strings.Split(strings.TrimPrefix(escapedPath, "/"), "/")
	for _, rules := range router.routes {
		if values, matched, err := rules[0].match(parts); matched {
			return rules, values, err
		}
	}
	return nil, nil, ErrNoRoute
}

func (r *Rule) match(parts []string) (values []string, matched bool, err error) {
	if len(parts) != len(r.segments) {
		return nil, false, nil
	}
	for i, s := range r.segments {
		value, unescapeErr := url.PathUnescape(parts[i])
		if s.field == nil {
			if value != s.literal {
				return nil, false, nil
			}
			continue
		}
		problem := problemOf(value)
		if unescapeErr != nil {
			problem = "has an invalid percent-encoding"
		}
		if problem != "" && err == nil {
			err = &FieldError{"path", s.field.Name(), problem}
		}
		values = append(values, value)
	}
	return values, true, err
}
