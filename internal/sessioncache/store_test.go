package sessioncache

import (
	"encoding/binary"
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
		s, kept, order := newStore(most), map[tag]*entry{}, []tag(nil)
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
				e := &entry{key: key, tags: tags, live: true, staleUntil: time.Now().Add(time.Hour), sealed: []byte("x")}
				s.put(e)
				drop(key)
				kept[key], order = e, append(order, key)
				if len(order) > most {
					drop(order[0])
				}
			case 2:
				s.remove(key)
				drop(key)
			case 3:
				of := tagOf(100 + rapid.IntRange(0, 3).Draw(t, "token"))
				s.removeAll(of)
				for k, e := range kept {
					if e.tags[0] == of {
						drop(k)
					}
				}
			}
			checkIndex(t, s, kept)
		}
	})
}

// checkIndex compares what a store holds, and finds by tag, with what it should.
func checkIndex(t *rapid.T, s *store, kept map[tag]*entry) {
	live, _ := s.len()
	if live != len(kept) || s.bytes != len(kept) {
		t.Fatalf("the store has %d entries of %d bytes, want %d", live, s.bytes, len(kept))
	}
	found := 0
	for of, entries := range s.byTag {
		for place, e := range entries {
			for i, has := range e.tags {
				if has == of && e.places[i] == place && kept[e.key] == e {
					found++
				}
			}
		}
	}
	if found != 2*len(kept) {
		t.Fatalf("the index leads to %d entries of %d", found, 2*len(kept))
	}
}

// TestQuestion_HasEachTagOnce: a session that is asked for with its own token has one tag
// for both; the index would lose count otherwise.
func TestQuestion_HasEachTagOnce(t *testing.T) {
	t.Parallel()
	c := &Cache{keys: newKeys()}
	for name, q := range map[string]*question{
		"its own token": {token: "t", header: map[string][]string{"Authorization": {"Bearer t"}}},
		"another's":     {token: "t", header: map[string][]string{"Authorization": {"Bearer u"}, "Cookie": {"t"}}},
	} {
		c.setTags(q)
		seen := map[tag]bool{}
		for _, of := range q.tags {
			if seen[of] {
				t.Errorf("%s: a tag comes twice", name)
			}
			seen[of] = true
		}
	}
}
