package transport

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestResponseMetadata_TakesAllBytes shows that a header is left out where it is a byte
// too large, and that what is wanted less has the bytes then.
func TestResponseMetadata_TakesAllBytes(t *testing.T) {
	t.Parallel()
	upstream := http.Header{"Set-Cookie": {"12345678"}, "Age": {"1"}}
	const cookieSize, ageSize = len("set-cookie") + 8 + headerOverhead, len("age") + 1 + headerOverhead
	for bytes, want := range map[int]string{
		cookieSize + ageSize:     "set-cookie age",
		cookieSize + ageSize - 1: "set-cookie",
		cookieSize:               "set-cookie",
		cookieSize - 1:           "age",
		ageSize - 1:              "",
		-1:                       "",
	} {
		md := ResponseMetadata(upstream, bytes)
		var names []string
		for _, name := range []string{"set-cookie", "age"} {
			if len(md[name]) > 0 {
				names = append(names, name)
			}
		}
		if got := strings.Join(names, " "); got != want || len(md) != len(names) {
			t.Errorf("in %d bytes: %q of %v, want %q", bytes, got, md, want)
		}
	}
}

// TestResponseHeader_PassesWhatIsListed shows which of the upstream's headers a caller
// gets, and which it does not.
func TestResponseHeader_PassesWhatIsListed(t *testing.T) {
	t.Parallel()
	upstream := http.Header{}
	const passing = "Age Cache-Control Etag Expires Ratelimit Ratelimit-Reset Retry-After Set-Cookie Vary Www-Authenticate " +
		"X-Rate-Limit-Limit X-Ratelimit-Limit X-Request-Id"
	for name := range strings.FieldsSeq(passing + " Connection Content-Encoding Content-Length Location Server X-Powered-By " +
		"X-Rate X-Rate-Limi Alt-Svc Strict-Transport-Security Access-Control-Allow-Origin Trailer Transfer-Encoding") {
		upstream.Set(name, "v")
	}
	got := strings.Join(slices.Sorted(maps.Keys(ResponseHeader(upstream))), " ")
	if got != passing {
		t.Errorf("passes %s, want %s", got, passing)
	}
}

// TestRequestID_IsTakenOverUpToABound shows how long a caller's request id may be, and
// how much of it the log holds.
func TestRequestID_IsTakenOverUpToABound(t *testing.T) {
	t.Parallel()
	for length, want := range map[int]int{0: 0, 1: 1, maxRequestID: maxRequestID, maxRequestID + 1: 0} {
		if got := requestIDOf(HTTPHeader{"X-Request-Id": {strings.Repeat("r", length)}}); len(got) != want {
			t.Errorf("of %d bytes %d are taken over, want %d", length, len(got), want)
		}
	}
	for length, want := range map[int]int{1: 1, maxLoggedRequestID: maxLoggedRequestID, maxLoggedRequestID + 1: maxLoggedRequestID} {
		c := &Call{RequestID: strings.Repeat("r", length)}
		if got := c.loggedRequestID(); len(got) != want {
			t.Errorf("of %d bytes %d are logged, want %d", length, len(got), want)
		}
	}
}

// TestIsPrintableASCII shows which bytes a credential may have.
func TestIsPrintableASCII(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]bool{"": true, " ": true, "~": true, "Bearer a.b-c": true,
		"\x1f": false, "\x7f": false, "\t": false, "\x80": false, "é": false} {
		if got := isPrintableASCII(value); got != want {
			t.Errorf("%q: %t, want %t", value, got, want)
		}
	}
}
