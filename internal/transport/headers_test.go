package transport

import (
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
		md := ResponseMetadata(upstream, c.bytes)
		if len(md) != len(c.want) || slices.ContainsFunc(c.want, func(key string) bool { return len(md[key]) == 0 }) {
			t.Errorf("%d bytes: got %v, want %q", c.bytes, md, c.want)
		}
		if got := md["set-cookie"]; len(got) > 0 && !slices.Equal(got, []string{"a=1", "c=1"}) {
			t.Errorf("%d bytes: cookies %q", c.bytes, got)
		}
	}
}
