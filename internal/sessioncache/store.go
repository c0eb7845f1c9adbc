package sessioncache

import (
	"maps"
	"net/http"
	"slices"
	"time"

	"k8s.io/utils/lru"
)

// store keeps entries by what was asked, and finds them by whose they are. Sessions that
// have expired are apart: a flood of junk tokens displaces nobody.
type store struct {
	live, expired *lru.Cache
	maxBytes      int
	bytes         int // of sessions; those that have expired are small, each
	byTag         map[tag][]*entry
	header        http.Header // of the last entry; most have the same
}

// BytesPerEntry bounds the responses that are kept, all together: so many for each entry
// that there may be.
const BytesPerEntry = 1 << 10

// expiredShare is the part of the entries that there may be beside them for sessions that
// have expired.
const expiredShare = 10

func newStore(entries int) *store {
	s := &store{maxBytes: entries * BytesPerEntry, byTag: map[tag][]*entry{}}
	removed := func(_ lru.Key, value any) { s.unlink(entryOf(value)) }
	s.live = lru.NewWithEvictionFunc(entries, removed)
	s.expired = lru.NewWithEvictionFunc(max(entries/expiredShare, 1), removed)
	return s
}

// entryOf is a value of a cache.
func entryOf(value any) *entry {
	e, _ := value.(*entry)
	return e
}

// get is the entry for a question, fresh or not; nil where there is none that can be used.
func (s *store) get(key tag, now time.Time) *entry {
	for _, in := range []*lru.Cache{s.live, s.expired} {
		if value, ok := in.Get(key); ok {
			e := entryOf(value)
			if isBefore(now, e.staleUntil) {
				return e
			}
			in.Remove(key)
		}
	}
	return nil
}

// put keeps an entry in place of any other for the question.
func (s *store) put(e *entry) {
	s.remove(e.key)
	e.places = make([]int, len(e.tags))
	for i, t := range e.tags {
		e.places[i] = len(s.byTag[t])
		s.byTag[t] = append(s.byTag[t], e)
	}
	if maps.EqualFunc(s.header, e.header, slices.Equal) {
		e.header = s.header
	} else {
		s.header = e.header
	}
	if e.live {
		s.bytes += e.size()
		s.live.Add(e.key, e)
	} else {
		s.expired.Add(e.key, e)
	}
	for s.bytes > s.maxBytes && s.live.Len() > 0 {
		s.live.RemoveOldest()
	}
}

// remove removes the entry for a question.
func (s *store) remove(key tag) {
	s.live.Remove(key)
	s.expired.Remove(key)
}

// removeAll removes the entries of a tag.
func (s *store) removeAll(t tag) {
	for entries := s.byTag[t]; len(entries) > 0; entries = s.byTag[t] {
		s.remove(entries[len(entries)-1].key)
	}
}

// unlink takes an entry out of the index: the last of each tag takes its place.
func (s *store) unlink(e *entry) {
	if e.live {
		s.bytes -= e.size()
	}
	for i, t := range e.tags {
		entries := s.byTag[t]
		last := len(entries) - 1
		moved := entries[last]
		entries[e.places[i]], entries[last] = moved, nil
		for j := range moved.tags {
			if moved.tags[j] == t {
				moved.places[j] = e.places[i]
			}
		}
		if s.byTag[t] = entries[:last]; last == 0 {
			delete(s.byTag, t)
		}
	}
}

// len is how many entries there are.
func (s *store) len() (live, expired int) { return s.live.Len(), s.expired.Len() }
