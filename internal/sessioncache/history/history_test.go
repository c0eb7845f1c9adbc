package history

import (
	"encoding/binary"
	"testing"
	"time"
)

func tagOf(n int) (t tag) {
	binary.BigEndian.PutUint64(t[:], uint64(n)+1)
	return t
}

// TestHistory_Forgets shows that what no load can need is not remembered, and that what
// began before what had to be forgotten counts as ended.
func TestHistory_Forgets(t *testing.T) {
	t.Parallel()
	h := New(0)
	old := &Load{Of: []tag{tagOf(0)}}
	for i := range 10 * firstSweep {
		h.Mark([]tag{tagOf(i)}, 0)
	}
	if len(h.endings) > firstSweep {
		t.Errorf("%d are remembered for nobody", len(h.endings))
	}
	h.Begin(old)
	h.Mark(old.Of, 0)
	for i := range 3 * firstSweep {
		h.Mark([]tag{tagOf(i + 1)}, 0)
	}
	if !h.Overtaken(old) {
		t.Error("what a load that is out must know is forgotten")
	}
	unmarked := &Load{Of: []tag{tagOf(-1)}, Began: old.Began}
	for i := range 3 * maxEndings {
		h.Mark([]tag{tagOf(i + 1)}, 0)
	}
	if len(h.endings) > maxEndings || !h.Overtaken(unmarked) {
		t.Errorf("%d are remembered; overtaken: %t", len(h.endings), h.Overtaken(unmarked))
	}
}

// TestHistory_RemembersForAWhile shows that what has ended is known for as long as it has to be,
// though no load is out, as far as there is room, and not for longer.
func TestHistory_RemembersForAWhile(t *testing.T) {
	t.Parallel()
	h, began := New(time.Hour), time.Now()
	h.Mark([]tag{tagOf(-1)}, 0)
	for i := range 3 * firstSweep {
		h.Mark([]tag{tagOf(i)}, 0)
		h.Decided(tagOf(-2 - i))
	}
	if !h.EndedAfter(began, []tag{tagOf(-1)}) || h.EndedAfter(began, []tag{tagOf(-2)}) {
		t.Error("what has ended is forgotten, or what was only asked for has ended")
	}
	if h.EndedAfter(time.Now().Add(time.Second), []tag{tagOf(-1)}) {
		t.Error("what is asked for later has ended")
	}
	for i := range 3 * maxEndings {
		h.Mark([]tag{tagOf(i)}, 0)
	}
	if n := len(h.endings); n > maxEndings || !h.EndedAfter(began, nil) || h.EndedAfter(time.Now().Add(time.Second), nil) {
		t.Errorf("%d are remembered", n)
	}
	h.lasting = 0
	if h.sweep(); len(h.endings) > 0 {
		t.Errorf("%d are remembered for ever", len(h.endings))
	}
}
