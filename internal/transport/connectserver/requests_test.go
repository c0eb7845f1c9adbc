package connectserver

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// trailers are gRPC-Web's of so many names.
func trailers(names int) []byte {
	var text []byte
	for i := range names {
		text = fmt.Appendf(text, "a%x:\n", i)
	}
	return append(binary.BigEndian.AppendUint32([]byte{0x80}, uint32(len(text))), text...)
}

// TestRequests_AreOneMessage: what comes beside it would be kept, as long as the call
// lasts, and is in no sum.
func TestRequests_AreOneMessage(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, f *fixture, o form) {
		t.Helper()
		if o.contentType == "application/proto" {
			return // it has no place for more
		}
		message, many := o.message(nil), trailers(10_000)
		packedTrailers, header := o.compressed(packed(t, many[envelope:]))
		packedTrailers[0] |= 0x80
		for name, body := range map[string][]byte{
			"another message": slices.Concat(message, message), "trailers": slices.Concat(message, many), "trailers alone": many,
			"an empty message and packed trailers": slices.Concat(message, packedTrailers), "packed trailers": packedTrailers,
			"an unknown flag": {2, 0, 0, 0, 0}, "a byte": append(slices.Clone(message), 0),
		} {
			if got := f.call(t.Context(), o, list, bytes.NewReader(body), header...); got != "status 3" {
				t.Errorf("%s: ended with %s", name, got)
			}
		}
		if n := f.service.calls.Load(); n != 0 {
			t.Errorf("the service was called %d times", n)
		}
	})
}

// TestQueries_AreBounded: connect keeps a query as long as the call lasts, taken apart,
// where a parameter takes much more than its bytes.
func TestQueries_AreBounded(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, f *fixture, o form) {
		t.Helper()
		for parameters, want := range map[int][]string{maxParameters: {"200", "status 0"}, maxParameters + 1: {"400", "status 3"}, 20_000: {"400", "status 3"}} {
			var query strings.Builder
			for i := range parameters {
				fmt.Fprintf(&query, "&%x", i)
			}
			if got := f.call(t.Context(), o, list+"?"+query.String()[1:], bytes.NewReader(o.message(nil))); !slices.Contains(want, got) {
				t.Errorf("a call with %d parameters ended with %s", parameters, got)
			}
		}
	})
}
