package sandbox

import (
	"context"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
)

// ListGrantedSubscriberSubscriptionGrants returns the account's seeded grants.
func (s *service) ListGrantedSubscriberSubscriptionGrants(ctx context.Context, _ *usersv1.ListGrantedSubscriberSubscriptionGrantsRequest) (*usersv1.ListGrantedSubscriberSubscriptionGrantsResponse, error) {
	who, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	return &usersv1.ListGrantedSubscriberSubscriptionGrantsResponse{SubscriptionGrants: who.account.grants}, nil
}
