package transport

import (
	"log/slog"
	"testing"
)

// TestEnd_CountsCallsOverTheLimit shows that a call that was refused for want of a place
// is counted as that, and only such a one.
func TestEnd_CountsCallsOverTheLimit(t *testing.T) {
	t.Parallel()
	protocol := &Protocol{log: slog.DiscardHandler}
	for _, err := range []error{ErrOverloaded, nil, ErrOverloaded} {
		(&Call{Protocol: protocol, header: HTTPHeader{}}).End(t.Context(), err, 0)
	}
	if got := protocol.rejected.Load(); got != 2 {
		t.Errorf("%d were counted, want 2", got)
	}
}
