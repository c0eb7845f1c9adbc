package main

import (
	"io"
	"strings"
	"testing"
)

// TestMaxMemoryBytes_HoldsTheLargestBody shows that a budget which the largest body
// would not fit into is refused, in one line.
func TestMaxMemoryBytes_HoldsTheLargestBody(t *testing.T) {
	t.Parallel()
	none := func(string) (string, bool) { return "", false }
	for args, fits := range map[string]bool{
		"--max-memory-bytes=83886080":                            true,
		"--max-memory-bytes=83886079":                            false,
		"--max-memory-bytes=29360127 --max-response-bytes=65536": false,
		"--max-memory-bytes=29360128 --max-response-bytes=65536": true,
		"--max-response-bytes=67108864":                          false,
	} {
		_, err := parse(strings.Fields(args), none, io.Discard)
		if (err == nil) != fits {
			t.Errorf("%s: %v", args, err)
		}
		if err != nil && (strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "--max-memory-bytes")) {
			t.Errorf("%s: %v", args, err)
		}
	}
}
