package memory

import (
	"encoding/binary"
	"testing"
	"time"
)

// numbered is the n-th tag of a kind.
func numbered(kind byte, n int) (t tag) {
	t[0] = kind
	binary.BigEndian.PutUint32(t[1:], uint32(n))
	return t
}

// TestStore_EndsAllOfAUserInOneStep: an end leaves the entries where they are, so that who
// has many holds up nobody; none is found any more, and what comes later is.
func TestStore_EndsAllOfAUserInOneStep(t *testing.T) {
	t.Parallel()
	const n = 100
	s, user := NewStore(n), numbered('u', 0)
	put := func(i int) {
		s.Put(&Entry{Key: numbered('k', i), Live: true, StaleUntil: time.Now().Add(time.Hour), Tags: []tag{numbered('t', i), user}})
	}
	for i := range n {
		put(i)
	}
	s.End(user)
	if live := s.Stats().Live; live != n || s.byTag[user] != nil {
		t.Errorf("%d entries were looked at", n-live)
	}
	put(0)
	for i := range n {
		if found := s.Get(numbered('k', i), time.Now()) != nil; found != (i == 0) {
			t.Errorf("%d: %t", i, found)
		}
	}
	if live := s.Stats().Live; live != 1 || len(s.byTag) != 2 || s.byTag[user].entries != 1 {
		t.Errorf("%d entries and %d tags are left", live, len(s.byTag))
	}
}
