package sandbox

import (
	"fmt"
	"slices"

	"github.com/wingspan-grpc/session-facade/internal/sandbox/seed"
)

// send keeps a message, and the line that is printed of it, until the behaviour is done. A
// phone number is free text and not printed.
func (c *call) send(m seed.Message) {
	c.sent = append(c.sent, m)
	to, by := m.To, ""
	if m.Kind == seed.PhoneVerification {
		to = c.account.Email
	}
	if m.Channel != "" {
		by = " by " + m.Channel
	}
	fmt.Fprintf(&c.printed, "sandbox: %s for %s%s: %s\n", seed.Words[m.Kind], to, by, m.Code)
}

// keep gives messages their place among all. The oldest make way.
func (s *state) keep(sent []seed.Message) {
	for _, m := range sent {
		s.sent++
		m.ID, m.Time = s.sent, s.now()
		s.messages = append(s.messages, m)
	}
	s.messages = slices.Delete(s.messages, 0, max(0, len(s.messages)-seed.MaxMessages))
}

// Messages returns what was sent to a user, or to all if the id is empty, newest last.
func (s *Sandbox) Messages(userID string) []seed.Message {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	messages := []seed.Message{}
	for _, m := range s.state.messages {
		if userID == "" || m.UserID == userID {
			messages = append(messages, m)
		}
	}
	return messages
}
