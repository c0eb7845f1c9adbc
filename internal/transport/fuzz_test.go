package transport

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// FuzzAllowLists: nothing but what the lists name passes, up or down, its values
// unchanged, and what goes down fits the budget.
func FuzzAllowLists(f *testing.F) {
	f.Add("authorization", "Bearer a", "set-cookie", "a=1", 100)
	f.Add("grpc-previous-rpc-attempts", "1", "x-ratelimit-limit", "5", 4096)
	f.Add("Authorization", "x", ":status", "200", 0)
	f.Fuzz(func(t *testing.T, name, value, other, otherValue string, budget int) {
		incoming := http.Header{}
		incoming.Add(name, value)
		incoming.Add(name, otherValue)
		incoming.Add(other, otherValue)
		c := &Call{header: HTTPHeader(incoming), RequestID: "id"}
		sent, err := c.requestHeader()
		if err != nil {
			sent = nil
		}
		for key := range sent {
			if !slices.ContainsFunc(RequestHeaders, func(n HeaderName) bool { return n.name == key }) {
				t.Fatalf("%q went up", key)
			}
		}
		size := 0
		for key, values := range responseMetadata(relayedHeader(incoming), budget) {
			if !isResponseHeader(http.CanonicalHeaderKey(key)) || key != strings.ToLower(key) {
				t.Fatalf("%q went down as %q", key, values)
			}
			for _, v := range values {
				if !isPrintableASCII(v) {
					t.Fatalf("%q went down", v)
				}
				size += len(key) + len(v) + headerOverhead
			}
		}
		if size > max(budget, 0) {
			t.Fatalf("%d bytes went down, of %d", size, budget)
		}
	})
}
