package memory

import (
	"encoding/binary"
	"maps"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func tagOf(n int) (t tag) {
	binary.BigEndian.PutUint64(t[:], uint64(n)+1)
	return t
}

// TestStore_FindsEntriesByTag compares the store with one that looks at all entries.
func TestStore_FindsEntriesByTag(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const most = 8
		s, kept, order := NewStore(most), map[tag]bool{}, []tag(nil) // kept: whether it has not ended
		of := map[tag]*Entry{}
		drop := func(key tag) {
			delete(kept, key)
			for i, k := range order {
				if k == key {
					order = append(order[:i:i], order[i+1:]...)
				}
			}
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			key := tagOf(rapid.IntRange(0, 12).Draw(t, "key"))
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0, 1:
				tags := []tag{tagOf(100 + rapid.IntRange(0, 3).Draw(t, "token")), tagOf(200 + rapid.IntRange(0, 2).Draw(t, "user"))}
				e := &Entry{Key: key, Tags: tags, Live: true, StaleUntil: time.Now().Add(time.Hour), sealed: []byte("x")}
				s.Put(e)
				drop(key)
				of[key], kept[key], order = e, true, append(order, key)
				if len(order) > most {
					drop(order[0])
				}
			case 2:
				s.Remove(key)
				drop(key)
			case 3:
				ended := tagOf(100 + rapid.IntRange(0, 3).Draw(t, "token"))
				s.End(ended)
				for k := range kept {
					kept[k] = kept[k] && of[k].Tags[0] != ended
				}
			}
			checkIndex(t, s, kept, of)
		}
		for key, e := range of {
			if got := s.Get(key, time.Now()); (got == e) != kept[key] || got != nil && got != e {
				t.Fatalf("it has %v, want %t", got, kept[key])
			}
		}
	})
}

// checkIndex compares what a store holds, and counts by tag, with what it should.
func checkIndex(t *rapid.T, s *Store, kept map[tag]bool, of map[tag]*Entry) {
	live := s.Stats().Live
	if live != len(kept) || s.bytes != len(kept) {
		t.Fatalf("the store has %d entries of %d bytes, want %d", live, s.bytes, len(kept))
	}
	counted, groups := map[*group]int{}, map[tag]*group{}
	for key := range kept {
		e := of[key]
		for i, g := range e.groups {
			counted[g]++
			if !g.ended {
				groups[e.Tags[i]] = g
			}
		}
		if e.hasEnded() == kept[key] {
			t.Fatalf("an entry has ended: %t", e.hasEnded())
		}
	}
	for g, n := range counted {
		if g.entries != n {
			t.Fatalf("%d entries are counted of %d", g.entries, n)
		}
	}
	if !maps.Equal(s.byTag, groups) {
		t.Fatalf("the index has %d tags of %d", len(s.byTag), len(groups))
	}
}
