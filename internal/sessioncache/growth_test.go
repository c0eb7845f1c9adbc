package sessioncache

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
	s, user := newStore(n), numbered('u', 0)
	put := func(i int) {
		s.put(&entry{key: numbered('k', i), live: true, staleUntil: time.Now().Add(time.Hour), tags: []tag{numbered('t', i), user}})
	}
	for i := range n {
		put(i)
	}
	s.end(user)
	if live, _ := s.len(); live != n || s.byTag[user] != nil {
		t.Errorf("%d entries were looked at", n-live)
	}
	put(0)
	for i := range n {
		if found := s.get(numbered('k', i), time.Now()) != nil; found != (i == 0) {
			t.Errorf("%d: %t", i, found)
		}
	}
	if live, _ := s.len(); live != 1 || len(s.byTag) != 2 || s.byTag[user].entries != 1 {
		t.Errorf("%d entries and %d tags are left", live, len(s.byTag))
	}
}

// TestUsersOf_NamesEachOnce: a session that has been asked for in many ways is one user's.
func TestUsersOf_NamesEachOnce(t *testing.T) {
	t.Parallel()
	c := &Cache{store: newStore(100)}
	for i := range 100 {
		c.store.put(&entry{key: numbered('k', i), live: true, tags: []tag{numbered('t', 0), numbered('u', 0)}})
	}
	if users := c.usersOf([]tag{numbered('t', 0)}); len(users) != 1 {
		t.Errorf("one user is named %d times", len(users))
	}
}
