package sandbox

import (
	"context"
	"strings"
	"sync"
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

// state is all that a sandbox remembers, and the behaviour of its operations.
type state struct {
	usersv1.UnimplementedSessionAndAuthenticationServiceServer

	mu       sync.Mutex // held while a behaviour runs
	now      func() time.Time
	accounts []*account
	sessions []*session // of all accounts and both kinds, oldest first
	tried    map[address]tries
}

// account is a user with all that belongs to the user.
type account struct {
	Account // the email address may change

	grants                     []*usersv1.SubscriptionGrant
	ssoCode, emailing, phoning *code // that were sent last
}

func newState(now func() time.Time) *state {
	s := &state{now: now, tried: map[address]tries{}}
	for _, seed := range Users() {
		s.accounts = append(s.accounts, &account{Account: seed})
	}
	ada, grace := s.accounts[0], s.accounts[1]
	ada.grants = []*usersv1.SubscriptionGrant{{
		Id:                  "granted-subscriber-1",
		GrantorId:           grace.ID,
		MemberId:            ada.ID,
		Package:             usersv1.SubscriptionPackage_SUBSCRIPTION_PACKAGE_PROFESSIONAL,
		PackageTier:         usersv1.SubscriptionPackageTier_SUBSCRIPTION_PACKAGE_TIER_PREMIUM,
		Status:              usersv1.SubscriptionGrantStatus_SUBSCRIPTION_GRANT_STATUS_ACTIVE,
		SubscriptionGrantId: "subscription-grant-1",
	}}
	return s
}

// byEmail finds the account that an address belongs to; nil if there is none.
func (s *state) byEmail(email string) *account {
	for _, a := range s.accounts {
		if strings.EqualFold(a.Email, email) {
			return a
		}
	}
	return nil
}

// ListGrantedSubscriberSubscriptionGrants returns the account's seeded grants.
func (s *state) ListGrantedSubscriberSubscriptionGrants(ctx context.Context, _ *usersv1.ListGrantedSubscriberSubscriptionGrantsRequest) (*usersv1.ListGrantedSubscriberSubscriptionGrantsResponse, error) {
	return &usersv1.ListGrantedSubscriberSubscriptionGrantsResponse{SubscriptionGrants: callOf(ctx).account.grants}, nil
}
