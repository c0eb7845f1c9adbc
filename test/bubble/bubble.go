// Package bubble has tests in virtual time.
package bubble

import (
	"testing"
	"testing/synctest"
)

// Test makes a test whose clock moves only when nothing else does: what it shows of time holds
// on a machine that is busy too. With the race detector it is skipped, which sometimes crashes in
// a bubble with many timers (golang.org/issue/78156): CI runs such tests without it as well.
func Test(test func(*testing.T)) func(*testing.T) {
	return func(t *testing.T) {
		t.Helper()
		t.Parallel()
		SkipRaced(t)
		synctest.Test(t, test)
	}
}

// SkipRaced skips a test of many timers in a bubble with the race detector.
func SkipRaced(t *testing.T) {
	t.Helper()
	if Raced {
		t.Skip("the race detector sometimes crashes in a bubble with many timers (golang.org/issue/78156): tested without it")
	}
}
