package main

import "testing"

func TestPercentFor(t *testing.T) {
	t.Parallel()
	for live, want := range map[uint64]int{
		0:             10_000, // before the first cycle
		1 << 10:       10_000,
		4 << 20:       800,
		16 << 20:      200,
		headroom:      100,
		headroom + 1:  100,
		headroom << 9: 100,
	} {
		if got := percentFor(live); got != want {
			t.Errorf("%d bytes in use: %d, want %d", live, got, want)
		}
	}
}
