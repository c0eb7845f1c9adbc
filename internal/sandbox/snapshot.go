package sandbox

import (
	"crypto/rand"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	usersv1json "github.com/wingspan-grpc/session-facade/gen/wirejson/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/sandbox/faults"
	"github.com/wingspan-grpc/session-facade/internal/sandbox/seed"
)

// Snapshot writes down what the sandbox remembers, in the JSON of package seed. Wrong
// passwords are not in it. Times are in the zone that they were given in: in another, the
// last of them could not be written.
func (s *Sandbox) Snapshot() ([]byte, error) {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	state := seed.State{Now: s.state.now(), Users: s.state.accounts, Messages: s.state.messages}
	for _, x := range s.state.live() {
		state.Sessions = append(state.Sessions, seed.Session{
			Token: x.token, UserID: x.account.ID, Type: usersv1json.SessionTypeWord(x.kind), Expiration: x.expires, Labels: x.labels,
			ID: x.id, Unlimited: x.unlimited, Pending: x.pending, OTPExpiration: x.otpExpires, OneTimePassword: x.otp,
		})
	}
	return json.Marshal(state, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
}

// Restore makes the sandbox remember what a snapshot or a seed says, and that alone. The
// error is a *seed.Error, and then nothing changes.
func (s *Sandbox) Restore(text []byte) error {
	restored, err := seed.Decode(text)
	if err != nil {
		return err
	}
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	s.state.restore(restored)
	return nil
}

// Reset makes the sandbox as it began, without faults.
func (s *Sandbox) Reset() error {
	s.faults.Set(nil)
	return s.Restore(s.initial)
}

func (s *state) restore(from *seed.State) {
	s.ahead = 0
	if !from.Now.IsZero() {
		s.ahead = from.Now.Sub(s.real())
	}
	s.accounts, s.messages, s.sent = from.Users, from.Messages, 0
	if n := len(s.messages); n > 0 {
		s.sent = s.messages[n-1].ID
	}
	clear(s.tried)
	owners := map[string]*account{}
	for _, a := range s.accounts {
		owners[a.ID] = a
	}
	s.sessions = make([]*session, 0, len(from.Sessions))
	for _, x := range from.Sessions {
		kind, lifetime := usersv1.SessionType_SESSION_TYPE_USER, sessionLifetime
		if x.Type == usersv1json.SessionTypeWord(usersv1.SessionType_SESSION_TYPE_API) {
			kind, lifetime = usersv1.SessionType_SESSION_TYPE_API, apiSessionLifetime
		}
		if x.Expiration.IsZero() {
			x.Expiration = s.now().Add(lifetime)
		}
		s.sessions = append(s.sessions, &session{
			token: x.Token, account: owners[x.UserID], kind: kind, expires: x.Expiration, labels: x.Labels,
			id: x.ID, unlimited: x.Unlimited, pending: x.Pending, otpExpires: x.OTPExpiration, otp: x.OneTimePassword,
		})
	}
}

// Users returns the users, oldest first, without the codes that they were sent.
func (s *Sandbox) Users() []seed.User {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	users := make([]seed.User, len(s.state.accounts))
	for i, a := range s.state.accounts {
		users[i] = *a
		users[i].SingleSignOn, users[i].EmailVerification, users[i].PhoneVerification = nil, nil, nil
	}
	return users
}

// AddUser adds a user, and returns it with an id, if it had none. The error is a
// *seed.Error.
func (s *Sandbox) AddUser(user seed.User) (seed.User, error) {
	if user.ID == "" {
		user.ID = "user-" + strings.ToLower(rand.Text())
	}
	if err := user.Check(""); err != nil {
		return user, err
	}
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	switch {
	case len(s.state.accounts) >= seed.MaxUsers:
		return user, &seed.Error{Problem: "makes one user more than there may be"}
	case s.state.byEmail(user.Email) != nil:
		return user, &seed.Error{Member: "email", Problem: "is another user's"}
	case slices.ContainsFunc(s.state.accounts, func(a *account) bool { return a.ID == user.ID }):
		return user, &seed.Error{Member: "userId", Problem: "is another user's"}
	}
	kept := user
	s.state.accounts = append(s.state.accounts, &kept)
	return user, nil
}

// Now is the sandbox's time, by which sessions and codes expire.
func (s *Sandbox) Now() time.Time {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	return s.state.now()
}

// MoveClock moves the sandbox's time forward to that which move returns, and returns it.
// The error is a *seed.Error without a member.
func (s *Sandbox) MoveClock(move func(now time.Time) time.Time) (time.Time, error) {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	now := s.state.now()
	to := move(now)
	switch {
	case to.Before(now):
		return now, &seed.Error{Problem: "moves the clock backwards: only to reset or to restore does"}
	case to.After(seed.Latest):
		return now, &seed.Error{Problem: "moves the clock beyond " + seed.Latest.Format(time.DateOnly)}
	}
	s.state.ahead += to.Sub(now)
	return to, nil
}

// SetFaults replaces all faults. The error is a *seed.Error.
func (s *Sandbox) SetFaults(set *faults.Set) error {
	var names []string
	for _, op := range s.operations {
		names = append(names, op.GetName())
	}
	if err := set.Check(names); err != nil {
		return err
	}
	s.faults.Set(set)
	return nil
}

// Faults are those that are set.
func (s *Sandbox) Faults() faults.Set { return s.faults.Current() }
