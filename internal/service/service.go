// Package service answers the facade's RPCs. Each is one call of the upstream, which is
// generated: what is to be checked before stands in the .proto and is done by transport,
// and the translation is done behind the client. An RPC that needs more gets a method here.
package service

import (
	usersv1forward "github.com/wingspan-grpc/session-facade/gen/forward/wingspan/users/v1"
	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
)

// Service implements SessionAndAuthenticationService.
type Service struct {
	usersv1forward.SessionAndAuthenticationService
}

var _ usersv1.SessionAndAuthenticationServiceServer = (*Service)(nil)

// New makes a service that calls the given upstream.
func New(upstream usersv1.SessionAndAuthenticationServiceClient) *Service {
	return &Service{usersv1forward.SessionAndAuthenticationService{Upstream: upstream}}
}
