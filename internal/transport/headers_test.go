package transport

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestResponseMetadata_LeavesOutWhatDoesNotFit: value by value, but of the headers of
// caches all or none, which then leave their room to others.
func TestResponseMetadata_LeavesOutWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	upstream := http.Header{"Set-Cookie": {"a=1", strings.Repeat("b", 1000), "c=1"}, "Cache-Control": {"public"},
		"Vary": {strings.Repeat("v", 200)}, "X-Ratelimit-Limit": {"5"}, "X-Other": {"no"}}
	cookies := 2 * metadataSize("set-cookie", "a=1")
	caches := metadataSize("cache-control", "public") + metadataSize("vary", upstream["Vary"][0])
	limit := metadataSize("x-ratelimit-limit", "5")
	for _, c := range []struct {
		bytes int
		want  []string
	}{
		{0, nil},
		{cookies/2 - 1, nil},
		{cookies + limit, []string{"set-cookie", "x-ratelimit-limit"}},
		{cookies + caches - 1, []string{"set-cookie", "x-ratelimit-limit"}},
		{cookies + caches, []string{"set-cookie", "cache-control", "vary"}},
		{cookies + caches + limit, []string{"set-cookie", "cache-control", "vary", "x-ratelimit-limit"}},
	} {
		md := responseMetadata(upstream, c.bytes)
		if len(md) != len(c.want) || slices.ContainsFunc(c.want, func(key string) bool { return len(md[key]) == 0 }) {
			t.Errorf("%d bytes: got %v, want %q", c.bytes, md, c.want)
		}
		if got := md["set-cookie"]; len(got) > 0 && !slices.Equal(got, []string{"a=1", "c=1"}) {
			t.Errorf("%d bytes: cookies %q", c.bytes, got)
		}
	}
}

// TestResponseMetadata_TakesAllBytes shows that a header is left out where it is a byte
// too large, and that what is wanted less has the bytes then.
func TestResponseMetadata_TakesAllBytes(t *testing.T) {
	t.Parallel()
	upstream := http.Header{"Set-Cookie": {"12345678"}, "X-Ratelimit-A": {"1"}}
	const cookieSize, rateSize = len("set-cookie") + 8 + headerOverhead, len("x-ratelimit-a") + 1 + headerOverhead
	for bytes, want := range map[int]string{
		cookieSize + rateSize:     "set-cookie x-ratelimit-a",
		cookieSize + rateSize - 1: "set-cookie",
		cookieSize:                "set-cookie",
		cookieSize - 1:            "x-ratelimit-a",
		rateSize - 1:              "",
		-1:                        "",
	} {
		md := responseMetadata(upstream, bytes)
		var names []string
		for _, name := range []string{"set-cookie", "x-ratelimit-a"} {
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
		"X-Rate X-Rate-Limi Cache-Status Alt-Svc Strict-Transport-Security Access-Control-Allow-Origin Trailer Transfer-Encoding") {
		upstream.Set(name, "v")
	}
	got := strings.Join(slices.Sorted(maps.Keys(relayedHeader(upstream))), " ")
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
