package sandbox

import (
	"context"
	"crypto/rand"
	"net/http"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/sandbox/seed"
)

const sessionLifetime = 24 * time.Hour

// maxSessions bounds the sessions of an account, of which the API's hold labels of any
// size; the oldest makes way for the newest.
var maxSessions = map[usersv1.SessionType]int{
	usersv1.SessionType_SESSION_TYPE_USER: 1000,
	usersv1.SessionType_SESSION_TYPE_API:  100,
}

// session is a person's session or an API session.
type session struct {
	token   string
	account *account
	kind    usersv1.SessionType
	expires time.Time
	labels  map[string]string

	// Of an API session:
	id        string
	unlimited bool

	// Of a person's session:
	pending    bool      // must be raised by a one-time password
	otpExpires time.Time // until when it may be; zero: as long as it lives
	otp        *code
}

// alive tells whether a session has not ended. A pending one ends when it can no
// longer be raised.
func (x *session) alive(now time.Time) bool {
	if x.pending && !x.otpExpires.IsZero() && !now.Before(x.otpExpires) {
		return false
	}
	return x.unlimited || now.Before(x.expires)
}

// message is the session as the API shows it.
func (x *session) message() *usersv1.Session {
	return &usersv1.Session{
		Expiration:  formatTime(x.expires),
		Labels:      x.labels,
		SessionType: x.kind,
		Token:       proto.String(x.token),
		UserId:      proto.String(x.account.ID),
	}
}

// formatTime writes a time as the upstream does: in UTC, with milliseconds.
func formatTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// live forgets the sessions that have expired, and returns the others.
func (s *state) live() []*session {
	now := s.now()
	s.sessions = slices.DeleteFunc(s.sessions, func(x *session) bool { return !x.alive(now) })
	return s.sessions
}

// list returns an account's sessions of a kind, oldest first.
func (s *state) list(a *account, kind usersv1.SessionType) (list []*session) {
	for _, x := range s.live() {
		if x.account == a && x.kind == kind {
			list = append(list, x)
		}
	}
	return list
}

// sessionOf finds the session that a token belongs to.
func (s *state) sessionOf(token string) (*session, error) {
	for _, x := range s.live() {
		if x.token == token {
			return x, nil
		}
	}
	return nil, errSessionExpired
}

// open gives a session its token and adds it.
func (s *state) open(x *session) *session {
	if have := s.list(x.account, x.kind); len(have) >= maxSessions[x.kind] {
		s.end(have[0])
	}
	x.token = "sandbox." + rand.Text() + rand.Text()
	s.sessions = append(s.sessions, x)
	s.makeRoom()
	return x
}

// makeRoom ends the oldest sessions while those of all accounts are more than a snapshot
// may hold.
func (s *state) makeRoom() {
	labels := 0
	for i, x := range slices.Backward(s.sessions) {
		labels += seed.LabelBytes(x.labels)
		if labels > seed.MaxLabelBytes || len(s.sessions)-i > seed.MaxSessions {
			s.sessions = slices.Delete(s.sessions, 0, i+1)
			return
		}
	}
}

// end makes a session's token worthless.
func (s *state) end(x *session) {
	s.sessions = slices.DeleteFunc(s.sessions, func(other *session) bool { return other == x })
}

// openUser opens a person's session. Times that are not given are the default.
func (s *state) openUser(a *account, pending bool, expiration, otpExpiration *string) (*usersv1.Session, error) {
	expires, err := s.deadline(expiration, s.now().Add(sessionLifetime))
	if err != nil {
		return nil, err
	}
	otpExpires, err := s.deadline(otpExpiration, time.Time{})
	if err != nil {
		return nil, err
	}
	return s.open(&session{
		account: a, kind: usersv1.SessionType_SESSION_TYPE_USER,
		expires: expires, pending: pending, otpExpires: otpExpires,
	}).message(), nil
}

// deadline reads a time that a caller asked for.
func (s *state) deadline(text *string, otherwise time.Time) (time.Time, error) {
	if text == nil {
		return otherwise, nil
	}
	t, err := time.Parse(time.RFC3339Nano, *text)
	if err != nil {
		return t, refuse(http.StatusBadRequest, "An expiration is not an ISO 8601 time.")
	}
	if !s.now().Before(t) {
		return t, refuse(http.StatusUnprocessableEntity, "An expiration is in the past.")
	}
	return t, nil
}

// GetSession returns the session of the token in the path.
func (s *state) GetSession(ctx context.Context, _ *usersv1.GetSessionRequest) (*usersv1.GetSessionResponse, error) {
	return &usersv1.GetSessionResponse{Session: callOf(ctx).session.message()}, nil
}

// DeleteSession ends the session of the token in the path.
func (s *state) DeleteSession(ctx context.Context, _ *usersv1.DeleteSessionRequest) (*usersv1.DeleteSessionResponse, error) {
	s.end(callOf(ctx).session)
	return &usersv1.DeleteSessionResponse{}, nil
}
