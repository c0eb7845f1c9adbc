package memory

import (
	"maps"
	"net/http"
	"slices"
	"time"

	"k8s.io/utils/lru"

	"github.com/wingspan-grpc/session-facade/internal/sessioncache/identity"
)

// Store keeps entries by what was asked, and finds them by whose they are. Sessions that
// have expired are apart: a flood of junk tokens displaces nobody.
type Store struct {
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

// ExpiredShare is the part of the entries that there may be beside them for sessions that
// have expired.
const ExpiredShare = 10

// NewStore makes a store of so many entries at most.
func NewStore(entries int) *Store {
	s := &Store{maxBytes: entries * BytesPerEntry, byTag: map[tag]*group{}, all: &group{}}
	removed := func(_ lru.Key, value any) { s.unlink(entryOf(value)) }
	s.live = lru.NewWithEvictionFunc(entries, removed)
	s.expired = lru.NewWithEvictionFunc(max(entries/ExpiredShare, 1), removed)
	return s
}

// entryOf is a value of a cache.
func entryOf(value any) *Entry {
	e, _ := value.(*Entry)
	return e
}

// Get is the entry for a question, fresh or not; nil where there is none that can be used.
func (s *Store) Get(key identity.Tag, now time.Time) *Entry {
	for _, in := range []*lru.Cache{s.live, s.expired} {
		if value, ok := in.Get(key); ok {
			e := entryOf(value)
			if isBefore(now, e.StaleUntil) && !e.hasEnded() {
				return e
			}
			if !isBefore(now, e.ToldUntil) {
				in.Remove(key)
			}
		}
	}
	return nil
}

// Put keeps an entry in place of any other for the question.
func (s *Store) Put(e *Entry) {
	s.Remove(e.Key)
	e.all, e.groups = s.all, make([]*group, len(e.Tags))
	for i, t := range e.Tags {
		if s.byTag[t] == nil {
			s.byTag[t] = &group{}
		}
		e.groups[i] = s.byTag[t]
		e.groups[i].entries++
	}
	if e.Live {
		e.groups[0].owner = e.Tags[len(e.Tags)-1]
	}
	if maps.EqualFunc(s.header, e.header, slices.Equal) {
		e.header = s.header
	} else {
		s.header = e.header
	}
	if e.Live {
		s.bytes += e.Size()
		s.live.Add(e.Key, e)
	} else {
		s.expired.Add(e.Key, e)
	}
	for s.bytes > s.maxBytes && s.live.Len() > 0 {
		s.live.RemoveOldest()
	}
}

// Remove removes the entry for a question.
func (s *Store) Remove(key identity.Tag) {
	s.live.Remove(key)
	s.expired.Remove(key)
}

// End makes the entries of a tag worthless, and that of a question. They go when their place is
// needed.
func (s *Store) End(t identity.Tag) {
	if e := s.Told(t); e != nil {
		e.Ended = true
	}
	if g := s.byTag[t]; g != nil {
		g.ended = true
		delete(s.byTag, t)
	}
}

// EndAll makes all entries worthless.
func (s *Store) EndAll() {
	s.all.ended = true
	s.all = &group{}
}

// Told is what a question was told last, as far as it is remembered, whether it may still be used
// or not; nil where it is not.
func (s *Store) Told(key identity.Tag) *Entry {
	for _, in := range []*lru.Cache{s.live, s.expired} {
		if value, ok := in.Get(key); ok {
			return entryOf(value)
		}
	}
	return nil
}

// unlink takes an entry out of the index.
func (s *Store) unlink(e *Entry) {
	if e.Live {
		s.bytes -= e.Size()
	}
	for i, g := range e.groups {
		if g.entries--; g.entries == 0 && !g.ended {
			delete(s.byTag, e.Tags[i])
		}
	}
}

// Owner is whose session is kept that has a tag of its own; false where it is not known.
func (s *Store) Owner(of identity.Tag) (identity.Tag, bool) {
	g := s.byTag[of]
	if g == nil || g.owner == (tag{}) {
		return tag{}, false
	}
	return g.owner, true
}

// Stats is what a store holds.
type Stats struct{ Live, Expired, Bytes, Tags int }

// Stats counts what there is.
func (s *Store) Stats() Stats {
	return Stats{Live: s.live.Len(), Expired: s.expired.Len(), Bytes: s.bytes, Tags: len(s.byTag)}
}
