package sandbox

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/sandbox/seed"
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
	// identityProvider is where an account with single sign-on would sign in. The
	// host is reserved, so nobody is led anywhere.
	identityProvider = "https://identity-provider.example.com/sign-in"
)

// signIn opens a session for whom an address and a password belong to. It takes as
// long where the address is unknown as where the password is wrong.
func (s *state) signIn(email, password string, pending bool, expiration, otpExpiration *string) (*usersv1.Session, error) {
	if email == "" || password == "" {
		return nil, refuse(http.StatusBadRequest, "An email address and a password are required.")
	}
	if err := s.mayTry(addressOf(email)); err != nil {
		return nil, err
	}
	found, want := s.byEmail(email), rand.Text() // that nobody can guess
	if found != nil && found.Password != "" {
		want = found.Password
	}
	if !sameText(password, want) {
		s.countWrong(addressOf(email))
		return nil, errSignIn
	}
	delete(s.tried, addressOf(email))
	return s.openUser(found, pending, expiration, otpExpiration)
}

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
func (s *state) mayTry(a address) error {
	t := s.tried[a]
	switch left := t.until.Sub(s.now()); {
	case left <= 0:
		delete(s.tried, a)
	case t.wrong >= maxWrongPasswords:
		closed := refuse(http.StatusTooManyRequests, "Too many wrong passwords; wait.")
		seconds := (left + time.Second - 1) / time.Second // begun ones count
		closed.header = http.Header{"Retry-After": {strconv.Itoa(int(seconds))}}
		return closed
	}
	return nil
}

// countWrong remembers a wrong password.
func (s *state) countWrong(a address) {
	t, known := s.tried[a]
	if !known {
		if len(s.tried) >= maxTriedAddresses {
			delete(s.tried, slices.MinFunc(slices.Collect(maps.Keys(s.tried)), func(a, b address) int {
				return s.tried[a].until.Compare(s.tried[b].until)
			}))
		}
		t.until = s.now().Add(wrongPasswordsWithin)
	}
	if t.wrong++; t.wrong == maxWrongPasswords {
		t.until = s.now().Add(closedFor)
	}
	s.tried[a] = t
}

// CreateSession opens a session that is usable at once.
func (s *state) CreateSession(_ context.Context, in *usersv1.CreateSessionRequest) (*usersv1.CreateSessionResponse, error) {
	opened, err := s.signIn(in.GetEmail(), in.GetPassword(), false, in.Expiration, in.OtpExpiration)
	return &usersv1.CreateSessionResponse{Session: opened}, err
}

// CreatePendingSession opens a session that a one-time password must raise.
func (s *state) CreatePendingSession(_ context.Context, in *usersv1.CreatePendingSessionRequest) (*usersv1.CreatePendingSessionResponse, error) {
	opened, err := s.signIn(in.GetEmail(), in.GetPassword(), true, in.Expiration, in.OtpExpiration)
	return &usersv1.CreatePendingSessionResponse{Session: opened}, err
}

// CreateRequestingUserSession opens another user's session for an administrator,
// whose own session stands in for the user's password.
func (s *state) CreateRequestingUserSession(ctx context.Context, in *usersv1.CreateRequestingUserSessionRequest) (*usersv1.CreateRequestingUserSessionResponse, error) {
	if !callOf(ctx).session.account.Administrator {
		return nil, refuse(http.StatusForbidden, "You may not sign in as others.")
	}
	if in.GetEmail() == "" {
		return nil, refuse(http.StatusBadRequest, "The user's email address is required.")
	}
	a := s.byEmail(in.GetEmail())
	if a == nil {
		return nil, refuse(http.StatusNotFound, "Nobody has this email address.")
	}
	opened, err := s.openUser(a, false, in.Expiration, in.OtpExpiration)
	return &usersv1.CreateRequestingUserSessionResponse{Session: opened}, err
}

// Authenticate says how an address signs in. There is no identity provider to
// hand out a code, so the sandbox prints a fresh one here. An address that nobody
// has is answered like any other.
func (s *state) Authenticate(ctx context.Context, in *usersv1.AuthenticateRequest) (*usersv1.AuthenticateResponse, error) {
	a := s.byEmail(in.GetEmail())
	if a == nil || a.Password != "" {
		return &usersv1.AuthenticateResponse{
			AuthenticationStrategy: usersv1.AuthenticationStrategy_AUTHENTICATION_STRATEGY_PASSWORD,
		}, nil
	}
	a.SingleSignOn = s.newCode(rand.Text(), a.Email)
	callOf(ctx).send(seed.Message{UserID: a.ID, Kind: seed.SingleSignOn, To: a.Email, Code: a.SingleSignOn.Value})
	return &usersv1.AuthenticateResponse{
		AuthenticationStrategy: usersv1.AuthenticationStrategy_AUTHENTICATION_STRATEGY_SINGLE_SIGN_ON,
		AuthenticationUrl:      proto.String(identityProvider),
	}, nil
}

// CreateSingleSignOnSession signs in with the code that Authenticate printed.
// The code alone says whose it is, so a wrong one counts against nobody.
func (s *state) CreateSingleSignOnSession(_ context.Context, in *usersv1.CreateSingleSignOnSessionRequest) (*usersv1.CreateSingleSignOnSessionResponse, error) {
	for _, a := range s.accounts {
		if a.SingleSignOn != nil && s.now().Before(a.SingleSignOn.Expiration) && sameText(in.GetSingleSignOnCode(), a.SingleSignOn.Value) {
			a.SingleSignOn = nil
			opened, err := s.openUser(a, false, nil, nil)
			return &usersv1.CreateSingleSignOnSessionResponse{Session: opened}, err
		}
	}
	return nil, errSignIn
}

// SignInWithGoogle signs in with one of the made-up id tokens of the users.
func (s *state) SignInWithGoogle(_ context.Context, in *usersv1.SignInWithGoogleRequest) (*usersv1.SignInWithGoogleResponse, error) {
	for _, a := range s.accounts {
		if a.GoogleIDToken != "" && sameText(in.GetIdToken(), a.GoogleIDToken) {
			opened, err := s.openUser(a, false, nil, nil)
			return &usersv1.SignInWithGoogleResponse{Session: opened}, err
		}
	}
	return nil, errSignIn
}
