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

// storeOfOne is a full store, all of it of one user and asked for by one caller.
func storeOfOne(n int) *store {
	s := newStore(n)
	for i := range n {
		putOfOne(s, i)
	}
	return s
}

func putOfOne(s *store, i int) {
	s.put(&entry{key: numbered('k', i), live: true, staleUntil: time.Now().Add(time.Hour),
		tags: []tag{numbered('t', i), numbered('c', 0), numbered('u', 0)}})
}

// TestStore_IsLinearInWhatOneUserHas: to drop all sessions of one user, and to displace them
// one by one, takes twice the time for twice as many.
func TestStore_IsLinearInWhatOneUserHas(t *testing.T) { //nolint:paralleltest // it takes the time
	const n = 2000 // all of it fits into a CPU's cache
	for name, work := range map[string]func(*store, int){
		"an end": func(s *store, _ int) { s.removeAll(numbered('u', 0)) },
		"evictions": func(s *store, n int) {
			for i := range n {
				putOfOne(s, n+i)
			}
		},
		"ends one by one": func(s *store, n int) {
			for i := range n {
				s.removeAll(numbered('t', i))
			}
		},
	} {
		least := func(n int) time.Duration {
			s := storeOfOne(n)
			began := time.Now()
			work(s, n)
			took := time.Since(began)
			if live, _ := s.len(); live != 0 && live != n {
				t.Fatalf("%s: %d entries are left of %d", name, live, n)
			}
			return took
		}
		once, twice := time.Hour, time.Hour
		for run := 0; run < 10 || run < 200 && twice >= 3*once; run++ {
			once, twice = min(once, least(n)), min(twice, least(2*n))
		}
		if twice >= 3*once {
			t.Errorf("%s: %d entries take %s, twice as many %s", name, n, once, twice)
		}
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
