// Package service answers the facade's RPCs. Each is one call of the upstream:
// what is to be checked before stands in the .proto and is done by transport,
// and the translation is done behind the client.
package service

import (
	"context"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
)

// Service implements SessionAndAuthenticationService. It embeds the Unsafe
// server, so that an RPC without a method here does not compile.
type Service struct {
	usersv1.UnsafeSessionAndAuthenticationServiceServer
	upstream usersv1.SessionAndAuthenticationServiceClient
}

var _ usersv1.SessionAndAuthenticationServiceServer = (*Service)(nil)

// New makes a service that calls the given upstream.
func New(upstream usersv1.SessionAndAuthenticationServiceClient) *Service {
	return &Service{upstream: upstream}
}

// Authenticate says how an email address signs in.
func (s *Service) Authenticate(ctx context.Context, request *usersv1.AuthenticateRequest) (*usersv1.AuthenticateResponse, error) {
	return s.upstream.Authenticate(ctx, request)
}

// CreateSession signs in with an email address and a password.
func (s *Service) CreateSession(ctx context.Context, request *usersv1.CreateSessionRequest) (*usersv1.CreateSessionResponse, error) {
	return s.upstream.CreateSession(ctx, request)
}

// CreatePendingSession signs in to a session that stays pending until it is confirmed.
func (s *Service) CreatePendingSession(ctx context.Context, request *usersv1.CreatePendingSessionRequest) (*usersv1.CreatePendingSessionResponse, error) {
	return s.upstream.CreatePendingSession(ctx, request)
}

// CreateRequestingUserSession signs in as another user.
func (s *Service) CreateRequestingUserSession(ctx context.Context, request *usersv1.CreateRequestingUserSessionRequest) (*usersv1.CreateRequestingUserSessionResponse, error) {
	return s.upstream.CreateRequestingUserSession(ctx, request)
}

// CreateSingleSignOnSession signs in with the code that an identity provider handed out.
func (s *Service) CreateSingleSignOnSession(ctx context.Context, request *usersv1.CreateSingleSignOnSessionRequest) (*usersv1.CreateSingleSignOnSessionResponse, error) {
	return s.upstream.CreateSingleSignOnSession(ctx, request)
}

// SignInWithGoogle signs in with a Google account.
func (s *Service) SignInWithGoogle(ctx context.Context, request *usersv1.SignInWithGoogleRequest) (*usersv1.SignInWithGoogleResponse, error) {
	return s.upstream.SignInWithGoogle(ctx, request)
}

// GetSession returns the session that a token belongs to.
func (s *Service) GetSession(ctx context.Context, request *usersv1.GetSessionRequest) (*usersv1.GetSessionResponse, error) {
	return s.upstream.GetSession(ctx, request)
}

// DeleteSession signs out: ends the session that a token belongs to.
func (s *Service) DeleteSession(ctx context.Context, request *usersv1.DeleteSessionRequest) (*usersv1.DeleteSessionResponse, error) {
	return s.upstream.DeleteSession(ctx, request)
}

// BeginOtpVerification sends a one-time password to the user who is signing in.
func (s *Service) BeginOtpVerification(ctx context.Context, request *usersv1.BeginOtpVerificationRequest) (*usersv1.BeginOtpVerificationResponse, error) {
	return s.upstream.BeginOtpVerification(ctx, request)
}

// CompleteOtpVerification confirms the caller's session with a one-time password.
func (s *Service) CompleteOtpVerification(ctx context.Context, request *usersv1.CompleteOtpVerificationRequest) (*usersv1.CompleteOtpVerificationResponse, error) {
	return s.upstream.CompleteOtpVerification(ctx, request)
}

// CreateApiSession creates a long-lived session for programs.
func (s *Service) CreateApiSession(ctx context.Context, request *usersv1.CreateApiSessionRequest) (*usersv1.CreateApiSessionResponse, error) {
	return s.upstream.CreateApiSession(ctx, request)
}

// ListApiSessions lists all API sessions that the caller has made.
func (s *Service) ListApiSessions(ctx context.Context, request *usersv1.ListApiSessionsRequest) (*usersv1.ListApiSessionsResponse, error) {
	return s.upstream.ListApiSessions(ctx, request)
}

// GetApiSession returns one API session.
func (s *Service) GetApiSession(ctx context.Context, request *usersv1.GetApiSessionRequest) (*usersv1.GetApiSessionResponse, error) {
	return s.upstream.GetApiSession(ctx, request)
}

// UpdateApiSession changes an API session.
func (s *Service) UpdateApiSession(ctx context.Context, request *usersv1.UpdateApiSessionRequest) (*usersv1.UpdateApiSessionResponse, error) {
	return s.upstream.UpdateApiSession(ctx, request)
}

// DeleteApiSession ends an API session.
func (s *Service) DeleteApiSession(ctx context.Context, request *usersv1.DeleteApiSessionRequest) (*usersv1.DeleteApiSessionResponse, error) {
	return s.upstream.DeleteApiSession(ctx, request)
}

// BeginEmailVerification sends an email that verifies a user's new address.
func (s *Service) BeginEmailVerification(ctx context.Context, request *usersv1.BeginEmailVerificationRequest) (*usersv1.BeginEmailVerificationResponse, error) {
	return s.upstream.BeginEmailVerification(ctx, request)
}

// BeginExistingEmailVerification sends an email that verifies the address which a user has already.
func (s *Service) BeginExistingEmailVerification(ctx context.Context, request *usersv1.BeginExistingEmailVerificationRequest) (*usersv1.BeginExistingEmailVerificationResponse, error) {
	return s.upstream.BeginExistingEmailVerification(ctx, request)
}

// CompleteEmailVerification confirms an email address with the id from the email.
func (s *Service) CompleteEmailVerification(ctx context.Context, request *usersv1.CompleteEmailVerificationRequest) (*usersv1.CompleteEmailVerificationResponse, error) {
	return s.upstream.CompleteEmailVerification(ctx, request)
}

// BeginPhoneVerification sends a code to a user's phone.
func (s *Service) BeginPhoneVerification(ctx context.Context, request *usersv1.BeginPhoneVerificationRequest) (*usersv1.BeginPhoneVerificationResponse, error) {
	return s.upstream.BeginPhoneVerification(ctx, request)
}

// CompletePhoneVerification confirms a phone with the code that it received.
func (s *Service) CompletePhoneVerification(ctx context.Context, request *usersv1.CompletePhoneVerificationRequest) (*usersv1.CompletePhoneVerificationResponse, error) {
	return s.upstream.CompletePhoneVerification(ctx, request)
}

// ListGrantedSubscriberSubscriptionGrants lists the subscriptions that others have granted to the caller.
func (s *Service) ListGrantedSubscriberSubscriptionGrants(ctx context.Context, request *usersv1.ListGrantedSubscriberSubscriptionGrantsRequest) (*usersv1.ListGrantedSubscriberSubscriptionGrantsResponse, error) {
	return s.upstream.ListGrantedSubscriberSubscriptionGrants(ctx, request)
}
