package transport

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// TestRequestHeader_EachByItsRule shows what the upstream gets of the caller's headers.
func TestRequestHeader_EachByItsRule(t *testing.T) {
	t.Parallel()
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	for name, c := range map[string]struct {
		given http.Header
		key   string
		want  []string // nil: none
	}{
		"token":                    {http.Header{"Authorization": {"Bearer a"}}, "authorization", []string{"Bearer a"}},
		"cookies are joined":       {http.Header{"Cookie": {"a=1", "b=2; c=3"}}, "cookie", []string{"a=1; b=2; c=3"}},
		"a cookie of HTTP's bytes": {http.Header{"Cookie": {"a=\xe9\t"}}, "cookie", []string{"a=\xe9\t"}},
		"lists stay":               {http.Header{"Accept-Language": {"de", "fr"}}, "accept-language", []string{"de", "fr"}},
		"a traceparent":            {http.Header{"Traceparent": {parent}}, "traceparent", []string{parent}},
		"two traceparents":         {http.Header{"Traceparent": {parent, parent}}, "traceparent", nil},
		"the state of two":         {http.Header{"Traceparent": {parent, parent}, "Tracestate": {"a=1"}}, "tracestate", nil},
		"two states of one":        {http.Header{"Traceparent": {parent}, "Tracestate": {"a=1", "b=2"}}, "tracestate", []string{"a=1", "b=2"}},
		"the request id":           {http.Header{}, "x-request-id", []string{"r"}},
		"others":                   {http.Header{"X-Forwarded-For": {"10.0.0.1"}}, "x-forwarded-for", nil},
	} {
		call := &Call{RequestID: "r", header: HTTPHeader(c.given)}
		up, err := call.requestHeader()
		if got := up.Values(c.key); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q: %v", name, got, c.want, err)
		}
	}
}

// TestRequestHeader_RefusesTwoCredentials shows that who calls is said once, and so that
// all servers on the way read it alike.
func TestRequestHeader_RefusesTwoCredentials(t *testing.T) {
	t.Parallel()
	for _, header := range []string{"Authorization", "X-Wingspan-User"} {
		for _, values := range [][]string{{"a", "b"}, {"a, b"}, {"a,"}, {"a", "a"}, {"\xe9"}, {"a\x7f"}, {"a\tb"}} {
			call := &Call{header: HTTPHeader{header: values}}
			if _, err := call.requestHeader(); status.Code(err) != codes.InvalidArgument || strings.Contains(err.Error(), values[0]+" ") {
				t.Errorf("%s %q: %v", header, values, err)
			}
		}
	}
}

// TestRequestID_TheFirstCounts shows which of several request ids names the call.
func TestRequestID_TheFirstCounts(t *testing.T) {
	t.Parallel()
	if got := requestIDOf(HTTPHeader{"X-Request-Id": {"first", "second"}}); got != "first" {
		t.Errorf("got %q", got)
	}
}

// TestRecovered_TellsOnlyWhatTheRuntimeSays shows what the log holds of a panic: of an
// error that wraps the runtime's, not the rest of its text.
func TestRecovered_TellsOnlyWhatTheRuntimeSays(t *testing.T) {
	t.Parallel()
	var none map[string]int
	var fault error
	func() {
		defer func() { fault, _ = recover().(error) }()
		none["x"] = 1
	}()
	for name, c := range map[string]struct {
		value any
		told  bool
	}{
		"text":            {"canary", false},
		"an error":        {errors.New("canary"), false},
		"the runtime's":   {fault, true},
		"one that has it": {fmt.Errorf("canary: %w", fault), true},
	} {
		var log strings.Builder
		call := &Call{RequestID: "\xff" + strings.Repeat("\u00e9", maxLoggedRequestID), header: HTTPHeader{}}
		err := call.Recovered(t.Context(), slog.New(slog.NewTextHandler(&log, nil)), c.value)
		if status.Code(err) != codes.Internal || strings.Contains(err.Error()+log.String(), "canary") ||
			strings.Contains(log.String(), "assignment to entry in nil map") != c.told || !utf8.ValidString(err.Error()) {
			t.Errorf("%s: %v\n%s", name, err, log.String())
		}
	}
}
