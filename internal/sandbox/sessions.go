package sandbox

import (
	"context"
	"crypto/rand"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
)

const (
	sessionLifetime = 24 * time.Hour
	// maxSessions bounds the signed-in sessions of an account; the oldest makes
	// way for the newest.
	maxSessions = 1000
	// timeLayout is how the upstream writes times: in UTC, with milliseconds.
	timeLayout = "2006-01-02T15:04:05.000Z"
)

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
		UserId:      proto.String(x.account.id),
	}
}

func formatTime(t time.Time) string { return t.UTC().Format(timeLayout) }

func newToken() string { return "sandbox." + rand.Text() + rand.Text() }

// sessionOf finds the session that a token belongs to; nil if it has ended or
// never was.
func (s *service) sessionOf(token string) *session {
	found := s.sessions[token]
	if found == nil || found.alive(s.now()) {
		return found
	}
	s.end(found)
	return nil
}

// open adds a session to one of its account's lists, which it keeps short.
func (s *service) open(x *session, list *[]*session, limit int) {
	s.bury(*list)
	if len(*list) >= limit {
		s.end((*list)[0])
	}
	*list = append(*list, x)
	s.sessions[x.token] = x
}

// bury ends the sessions in a list that have expired.
func (s *service) bury(list []*session) {
	for _, x := range slices.Clone(list) {
		if !x.alive(s.now()) {
			s.end(x)
		}
	}
}

// end makes a session's token worthless.
func (s *service) end(x *session) {
	same := func(other *session) bool { return other == x }
	delete(s.sessions, x.token)
	x.account.sessions = slices.DeleteFunc(x.account.sessions, same)
	x.account.apiSessions = slices.DeleteFunc(x.account.apiSessions, same)
}

// openUser opens a person's session. Times that are not given are the default.
func (s *service) openUser(a *account, pending bool, expiration, otpExpiration *string) (*usersv1.Session, error) {
	x := &session{token: newToken(), account: a, kind: usersv1.SessionType_SESSION_TYPE_USER, pending: pending}
	var err error
	if x.expires, err = s.deadline(expiration, s.now().Add(sessionLifetime)); err != nil {
		return nil, err
	}
	if x.otpExpires, err = s.deadline(otpExpiration, time.Time{}); err != nil {
		return nil, err
	}
	s.open(x, &a.sessions, maxSessions)
	return x.message(), nil
}

// deadline reads a time that a caller asked for.
func (s *service) deadline(text *string, otherwise time.Time) (time.Time, error) {
	if text == nil {
		return otherwise, nil
	}
	t, err := time.Parse(time.RFC3339Nano, *text)
	if err != nil {
		return t, badRequest("An expiration is not an ISO 8601 time.")
	}
	if !s.now().Before(t) {
		return t, unprocessable("An expiration is in the past.")
	}
	return t, nil
}

// CreateSession opens a session that is usable at once.
func (s *service) CreateSession(_ context.Context, in *usersv1.CreateSessionRequest) (*usersv1.CreateSessionResponse, error) {
	a, err := s.signIn(in.GetEmail(), in.GetPassword())
	if err != nil {
		return nil, err
	}
	opened, err := s.openUser(a, false, in.Expiration, in.OtpExpiration)
	return &usersv1.CreateSessionResponse{Session: opened}, err
}

// CreatePendingSession opens a session that a one-time password must raise.
func (s *service) CreatePendingSession(_ context.Context, in *usersv1.CreatePendingSessionRequest) (*usersv1.CreatePendingSessionResponse, error) {
	a, err := s.signIn(in.GetEmail(), in.GetPassword())
	if err != nil {
		return nil, err
	}
	opened, err := s.openUser(a, true, in.Expiration, in.OtpExpiration)
	return &usersv1.CreatePendingSessionResponse{Session: opened}, err
}

// CreateRequestingUserSession opens another user's session for an administrator,
// whose own session stands in for the user's password.
func (s *service) CreateRequestingUserSession(ctx context.Context, in *usersv1.CreateRequestingUserSessionRequest) (*usersv1.CreateRequestingUserSessionResponse, error) {
	who, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	if !who.session.account.admin {
		return nil, forbidden("You may not sign in as others.")
	}
	if in.GetEmail() == "" {
		return nil, badRequest("The user's email address is required.")
	}
	a := s.byEmail(in.GetEmail())
	if a == nil {
		return nil, notFound("Nobody has this email address.")
	}
	opened, err := s.openUser(a, false, in.Expiration, in.OtpExpiration)
	return &usersv1.CreateRequestingUserSessionResponse{Session: opened}, err
}

// GetSession returns the session of the token in the path, which is itself the
// proof that the caller may see it.
func (s *service) GetSession(_ context.Context, in *usersv1.GetSessionRequest) (*usersv1.GetSessionResponse, error) {
	found := s.sessionOf(in.GetId())
	if found == nil {
		return nil, errSessionExpired
	}
	return &usersv1.GetSessionResponse{Session: found.message()}, nil
}

// DeleteSession ends the session of the token in the path, as GetSession finds it.
func (s *service) DeleteSession(_ context.Context, in *usersv1.DeleteSessionRequest) (*usersv1.DeleteSessionResponse, error) {
	found := s.sessionOf(in.GetId())
	if found == nil {
		return nil, errSessionExpired
	}
	s.end(found)
	return &usersv1.DeleteSessionResponse{}, nil
}
