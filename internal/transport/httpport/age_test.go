package httpport

import (
	"math"
	"net/http"
	"testing"
	"time"
)

// TestLimitAge_OfAnyAge shows that a long age is no age that has passed.
func TestLimitAge_OfAnyAge(t *testing.T) {
	t.Parallel()
	for _, age := range []time.Duration{time.Hour, 2_000_000 * time.Hour, math.MaxInt64} {
		var server http.Server
		LimitAge(&server, age)
		made := (&http.Request{}).WithContext(server.ConnContext(t.Context(), nil))
		if isOld(made) {
			t.Errorf("of %v: it is old at once", age)
		}
	}
}
