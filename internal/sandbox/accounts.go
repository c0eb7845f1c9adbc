package sandbox

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"strings"
	"time"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
)

// Account is a seeded user, with what it takes to sign in.
type Account struct {
	// ID is the user's id in the API.
	ID string
	// Email is the address that the user begins with.
	Email string
	// Password is empty where the user signs in at an identity provider.
	Password string
	// GoogleIDToken stands for what Google would give to the user's page; empty
	// where the user has no Google account.
	GoogleIDToken string
	// Role says in words what the user is for.
	Role string
	// Administrator tells whether the user may act for others.
	Administrator bool
}

// Users returns the accounts that every sandbox begins with.
func Users() []Account {
	return []Account{
		{ID: "user-ada", Email: "ada@example.com", Password: "analytical-engine", GoogleIDToken: "sandbox-google-ada", Role: "user"},
		{ID: "user-grace", Email: "grace@example.com", Password: "compile-the-world", GoogleIDToken: "sandbox-google-grace", Role: "administrator", Administrator: true},
		{ID: "user-katherine", Email: "katherine@example.com", Role: "user with single sign-on"},
	}
}

// service is the state of a sandbox and the behaviour of its operations. Its
// methods must not run at the same time.
type service struct {
	usersv1.UnimplementedSessionAndAuthenticationServiceServer

	now      func() time.Time
	accounts []*account
	sessions map[string]*session // by token, of both kinds
	tried    map[address]tries
}

// account is a user with all that belongs to the user.
type account struct {
	id, email     string
	secret        [sha256.Size]byte // of the password
	singleSignOn  bool
	googleIDToken string
	admin         bool
	grants        []*usersv1.SubscriptionGrant

	ssoCode     *code
	emailing    *emailVerification
	phoning     *phoneVerification
	sessions    []*session // oldest first
	apiSessions []*session // oldest first
}

func newService() *service {
	s := &service{now: time.Now, sessions: map[string]*session{}, tried: map[address]tries{}}
	for _, seed := range Users() {
		a := &account{
			id: seed.ID, email: seed.Email, admin: seed.Administrator,
			secret: sha256.Sum256([]byte(seed.Password)), googleIDToken: seed.GoogleIDToken,
		}
		if seed.Password == "" {
			a.singleSignOn, a.secret = true, unguessable()
		}
		s.accounts = append(s.accounts, a)
	}
	ada, grace := s.accounts[0], s.accounts[1]
	ada.grants = []*usersv1.SubscriptionGrant{{
		Id:                  "granted-subscriber-1",
		GrantorId:           grace.id,
		MemberId:            ada.id,
		Package:             usersv1.SubscriptionPackage_SUBSCRIPTION_PACKAGE_PROFESSIONAL,
		PackageTier:         usersv1.SubscriptionPackageTier_SUBSCRIPTION_PACKAGE_TIER_PREMIUM,
		Status:              usersv1.SubscriptionGrantStatus_SUBSCRIPTION_GRANT_STATUS_ACTIVE,
		SubscriptionGrantId: "subscription-grant-1",
	}}
	return s
}

// unguessable is the digest of a password that nobody has.
func unguessable() [sha256.Size]byte { return sha256.Sum256([]byte(rand.Text())) }

// byEmail finds the account that an address belongs to; nil if there is none.
func (s *service) byEmail(email string) *account {
	for _, a := range s.accounts {
		if strings.EqualFold(a.email, email) {
			return a
		}
	}
	return nil
}

// signIn finds the account that an address and a password open. It takes as
// long where the address is unknown as where the password is wrong.
func (s *service) signIn(email, password string) (*account, error) {
	if email == "" || password == "" {
		return nil, badRequest("An email address and a password are required.")
	}
	if err := s.mayTry(addressOf(email)); err != nil {
		return nil, err
	}
	found, want := s.byEmail(email), unguessable()
	if found != nil {
		want = found.secret
	}
	got := sha256.Sum256([]byte(password))
	if subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
		s.countWrong(addressOf(email))
		return nil, errSignIn
	}
	delete(s.tried, addressOf(email))
	return found, nil
}

// ListGrantedSubscriberSubscriptionGrants returns the account's seeded grants.
func (s *service) ListGrantedSubscriberSubscriptionGrants(ctx context.Context, _ *usersv1.ListGrantedSubscriberSubscriptionGrantsRequest) (*usersv1.ListGrantedSubscriberSubscriptionGrantsResponse, error) {
	who, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	return &usersv1.ListGrantedSubscriberSubscriptionGrantsResponse{SubscriptionGrants: who.account.grants}, nil
}
