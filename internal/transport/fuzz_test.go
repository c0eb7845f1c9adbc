package transport

import (
	"strings"
	"testing"

	"google.golang.org/grpc/metadata"
)

// FuzzAllowLists: nothing but what the lists name passes, up or down, its values
// unchanged, and what goes down fits the budget.
func FuzzAllowLists(f *testing.F) {
	f.Add("authorization", "Bearer a", "set-cookie", "a=1", 100)
	f.Add("grpc-previous-rpc-attempts", "1", "x-ratelimit-limit", "5", 4096)
	f.Add("Authorization", "x", ":status", "200", 0)
	f.Fuzz(func(t *testing.T, name, value, other, otherValue string, budget int) {
		md := metadata.Pairs(name, value, name, otherValue, other, otherValue)
		for key, values := range upwardMetadata(md) {
			if (!isUpward(key) && key != previousAttempts) || len(values) != len(md[key]) || values[0] != md[key][0] {
				t.Fatalf("%q went up as %q", key, values)
			}
		}
		size := 0
		for key, values := range fit(downwardMetadata(md), budget) {
			if !isDownward(key) || key != strings.ToLower(key) || len(values) != len(md[key]) {
				t.Fatalf("%q went down as %q", key, values)
			}
			for _, v := range values {
				size += len(key) + len(v) + 32
			}
		}
		if size > max(budget, 0) {
			t.Fatalf("%d bytes went down, of %d", size, budget)
		}
	})
}
