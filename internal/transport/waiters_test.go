package transport

import (
	"slices"
	"testing"
)

// TestWaiters_TheLongestWaitingGivesWay shows that as many wait as the limit says, and
// that of more the first is ended, once.
func TestWaiters_TheLongestWaitingGivesWay(t *testing.T) {
	t.Parallel()
	var ended []string
	w := NewWaiters(2)
	add := func(name string) (done func()) { return w.Add(func() { ended = append(ended, name) }) }
	check := func(want ...string) {
		t.Helper()
		if !slices.Equal(ended, want) {
			t.Errorf("ended %q, want %q", ended, want)
		}
	}
	first := add("first")
	second := add("second")
	check()
	add("third")
	check("first")
	first() // has gone already
	second()
	add("fourth")
	check("first")
	w.EndAll()
	check("first", "third", "fourth")
	w.EndAll()
	check("first", "third", "fourth")
}
