package gctuner

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"
)

// TestEachCycleIsTuned: GOGC is set anew after each of the collector's cycles, not
// after the first alone.
func TestEachCycleIsTuned(t *testing.T) {
	t.Parallel()
	Start()
	percent := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	for range 3 {
		const wrong = 99
		debug.SetGCPercent(wrong)
		for late := time.Now().Add(20 * time.Second); ; runtime.GC() {
			if metrics.Read(percent); percent[0].Value.Uint64() != wrong {
				break
			}
			if time.Now().After(late) {
				t.Fatal("GOGC is not set after a cycle")
			}
		}
	}
}

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
