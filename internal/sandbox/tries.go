package sandbox

import (
	"crypto/sha256"
	"strings"
	"time"
)

const (
	// maxWrongPasswords in a row within wrongPasswordsWithin close an address for
	// closedFor.
	maxWrongPasswords    = 5
	wrongPasswordsWithin = time.Minute
	closedFor            = 30 * time.Second
	// maxTriedAddresses bounds the addresses that are remembered; the one that
	// would be forgotten next makes way.
	maxTriedAddresses = 1000
)

// address is the digest of an email address, which may be long.
type address [sha256.Size]byte

func addressOf(email string) address { return sha256.Sum256([]byte(strings.ToLower(email))) }

// tries are the wrong passwords in a row for an address. They are counted whether
// or not it is somebody's, so that nobody learns which.
type tries struct {
	wrong int
	until time.Time // when they are forgotten
}

// mayTry refuses an address that is closed, with whatever password.
func (s *service) mayTry(a address) error {
	t := s.tried[a]
	left := t.until.Sub(s.now())
	if left <= 0 {
		delete(s.tried, a)
		return nil
	}
	if t.wrong < maxWrongPasswords {
		return nil
	}
	return tooManyTries(left)
}

// countWrong remembers a wrong password.
func (s *service) countWrong(a address) {
	t, known := s.tried[a]
	if !known {
		s.makeWay()
		t.until = s.now().Add(wrongPasswordsWithin)
	}
	if t.wrong++; t.wrong == maxWrongPasswords {
		t.until = s.now().Add(closedFor)
	}
	s.tried[a] = t
}

// makeWay makes room for one more address.
func (s *service) makeWay() {
	if len(s.tried) < maxTriedAddresses {
		return
	}
	var next address
	first := true
	for a, t := range s.tried {
		if first || t.until.Before(s.tried[next].until) {
			next, first = a, false
		}
	}
	delete(s.tried, next)
}
