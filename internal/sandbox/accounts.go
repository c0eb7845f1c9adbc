package sandbox

import (
	"context"
	"strings"
	"sync"
	"time"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/sandbox/seed"
)

// state is all that a sandbox remembers, and the behaviour of its operations.
type state struct {
	usersv1.UnimplementedSessionAndAuthenticationServiceServer

	mu       sync.Mutex // held while a behaviour runs
	real     func() time.Time
	ahead    time.Duration // of the real time, the sandbox's is
	accounts []*account
	sessions []*session // of all accounts and both kinds, oldest first
	tried    map[address]tries
	messages []seed.Message // oldest first
	sent     int            // the id of the last
}

// account is a user with all that belongs to the user; the email address may change.
type account = seed.User

func newState(now func() time.Time) *state { return &state{real: now, tried: map[address]tries{}} }

// now is the sandbox's time.
func (s *state) now() time.Time { return s.real().Add(s.ahead).UTC() }

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
	out := &usersv1.ListGrantedSubscriberSubscriptionGrantsResponse{}
	for _, grant := range callOf(ctx).account.SubscriptionGrants {
		out.SubscriptionGrants = append(out.SubscriptionGrants, grant.SubscriptionGrant)
	}
	return out, nil
}
