package sandbox

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"time"
)

const (
	codeLifetime  = 10 * time.Minute
	maxWrongTries = 5
)

// code is a secret that a person is sent and gives back once.
type code struct {
	value   string
	expires time.Time
	wrong   int // tries so far
}

func (s *service) newCode(value string) *code {
	return &code{value: value, expires: s.now().Add(codeLifetime)}
}

// sixDigits makes a code that is easy to type.
func sixDigits() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the process instead
	return fmt.Sprintf("%06d", binary.LittleEndian.Uint64(b[:])%1_000_000)
}

// redeem takes a code if value is it. A code that is used, too old or guessed at
// too often is gone.
func (s *service) redeem(held **code, value string) error {
	c := *held
	if c == nil {
		return badRequest("No code is waiting to be confirmed; ask for one.")
	}
	if !s.now().Before(c.expires) {
		*held = nil
		return badRequest("The code has expired; ask for another.")
	}
	if sameText(value, c.value) {
		*held = nil
		return nil
	}
	if c.wrong++; c.wrong < maxWrongTries {
		return badRequest("The code is wrong.")
	}
	*held = nil
	return badRequest("The code is wrong, and void after too many tries; ask for another.")
}
