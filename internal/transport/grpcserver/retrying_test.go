package grpcserver

import (
	"testing"

	"google.golang.org/grpc/metadata"
)

// TestIsRetrying_ReadsPreviousAttempts shows which callers repeat their calls themselves.
func TestIsRetrying_ReadsPreviousAttempts(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]bool{"0": false, "1": true, "7": true, "many": true} {
		if got := isRetrying(metadata.Pairs(previousAttempts, value)); got != want {
			t.Errorf("%q: %t, want %t", value, got, want)
		}
	}
	if isRetrying(nil) {
		t.Error("a caller that does not say so retries")
	}
}
