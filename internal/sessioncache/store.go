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
	byTag         map[tag]*group
	all           *group      // of each entry
	header        http.Header // of the last entry; most have the same
}

// group are the entries of a tag. What it stands for ends for all of them in one step: a
// user may have as many as there are, and whoever checks waits meanwhile.
type group struct {
	entries int
	ended   bool
	owner   tag // whose session is kept, of a session's own tag; zero where none has been
}

// BytesPerEntry bounds the responses that are kept, all together: so many for each entry
// that there may be.
const BytesPerEntry = 1 << 10

// expiredShare is the part of the entries that there may be beside them for sessions that
// have expired.
const expiredShare = 10

func newStore(entries int) *store {
	s := &store{maxBytes: entries * BytesPerEntry, byTag: map[tag]*group{}, all: &group{}}
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
			if isBefore(now, e.staleUntil) && !e.hasEnded() {
				return e
			}
			if !isBefore(now, e.toldUntil) {
				in.Remove(key)
			}
		}
	}
	return nil
}

// put keeps an entry in place of any other for the question.
func (s *store) put(e *entry) {
	s.remove(e.key)
	e.all, e.groups = s.all, make([]*group, len(e.tags))
	for i, t := range e.tags {
		if s.byTag[t] == nil {
			s.byTag[t] = &group{}
		}
		e.groups[i] = s.byTag[t]
		e.groups[i].entries++
	}
	if e.live {
		e.groups[0].owner = e.tags[len(e.tags)-1]
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

// end makes the entries of a tag worthless, and that of a question. They go when their place is
// needed.
func (s *store) end(t tag) {
	if e := s.told(t); e != nil {
		e.ended = true
	}
	if g := s.byTag[t]; g != nil {
		g.ended = true
		delete(s.byTag, t)
	}
}

// endAll makes all entries worthless.
func (s *store) endAll() {
	s.all.ended = true
	s.all = &group{}
}

// told is what a question was told last, as far as it is remembered, whether it may still be used
// or not; nil where it is not.
func (s *store) told(key tag) *entry {
	for _, in := range []*lru.Cache{s.live, s.expired} {
		if value, ok := in.Get(key); ok {
			return entryOf(value)
		}
	}
	return nil
}

// unlink takes an entry out of the index.
func (s *store) unlink(e *entry) {
	if e.live {
		s.bytes -= e.size()
	}
	for i, g := range e.groups {
		if g.entries--; g.entries == 0 && !g.ended {
			delete(s.byTag, e.tags[i])
		}
	}
}

// len is how many entries there are.
func (s *store) len() (live, expired int) { return s.live.Len(), s.expired.Len() }
