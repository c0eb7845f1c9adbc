package sandbox

import (
	"context"
	"crypto/rand"
	"crypto/subtle"

	"google.golang.org/protobuf/proto"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	usersv1json "github.com/wingspan-grpc/session-facade/gen/wirejson/wingspan/users/v1"
)

// identityProvider is where an account with single sign-on would sign in. The
// host is reserved, so nobody is led anywhere.
const identityProvider = "https://identity-provider.example.com/sign-in"

// Authenticate says how an address signs in. There is no identity provider to
// hand out a code, so the sandbox prints a fresh one here. An address that nobody
// has is answered like any other.
func (s *service) Authenticate(ctx context.Context, in *usersv1.AuthenticateRequest) (*usersv1.AuthenticateResponse, error) {
	a := s.byEmail(in.GetEmail())
	if a == nil || !a.singleSignOn {
		return &usersv1.AuthenticateResponse{
			AuthenticationStrategy: usersv1.AuthenticationStrategy_AUTHENTICATION_STRATEGY_PASSWORD,
		}, nil
	}
	a.ssoCode = s.newCode(rand.Text())
	callOf(ctx).print("single sign-on code for %s: %s", a.email, a.ssoCode.value)
	return &usersv1.AuthenticateResponse{
		AuthenticationStrategy: usersv1.AuthenticationStrategy_AUTHENTICATION_STRATEGY_SINGLE_SIGN_ON,
		AuthenticationUrl:      proto.String(identityProvider),
	}, nil
}

// CreateSingleSignOnSession signs in with the code that Authenticate printed.
// The code alone says whose it is, so a wrong one counts against nobody.
func (s *service) CreateSingleSignOnSession(_ context.Context, in *usersv1.CreateSingleSignOnSessionRequest) (*usersv1.CreateSingleSignOnSessionResponse, error) {
	for _, a := range s.accounts {
		if a.ssoCode == nil || !s.now().Before(a.ssoCode.expires) || !sameText(in.GetSingleSignOnCode(), a.ssoCode.value) {
			continue
		}
		a.ssoCode = nil
		opened, err := s.openUser(a, false, nil, nil)
		return &usersv1.CreateSingleSignOnSessionResponse{Session: opened}, err
	}
	return nil, errSignIn
}

// SignInWithGoogle signs in with one of the made-up id tokens that Users lists.
func (s *service) SignInWithGoogle(_ context.Context, in *usersv1.SignInWithGoogleRequest) (*usersv1.SignInWithGoogleResponse, error) {
	for _, a := range s.accounts {
		if a.googleIDToken == "" || !sameText(in.GetIdToken(), a.googleIDToken) {
			continue
		}
		opened, err := s.openUser(a, false, nil, nil)
		return &usersv1.SignInWithGoogleResponse{Session: opened}, err
	}
	return nil, errSignIn
}

// sameText compares a secret without telling by its timing how much was right.
func sameText(got, want string) bool {
	return subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1
}

// BeginOtpVerification prints a one-time password for the caller's session, in
// place of any before it. A session need not be pending to be confirmed.
func (s *service) BeginOtpVerification(ctx context.Context, in *usersv1.BeginOtpVerificationRequest) (*usersv1.BeginOtpVerificationResponse, error) {
	who, err := s.pendingCaller(ctx)
	if err != nil {
		return nil, err
	}
	channel := usersv1.OtpChannel_OTP_CHANNEL_SMS
	if in.Channel != nil {
		channel = in.GetChannel()
	}
	otp := s.newCode(sixDigits())
	if ends := who.session.otpExpires; !ends.IsZero() && ends.Before(otp.expires) {
		otp.expires = ends
	}
	who.session.otp = otp
	callOf(ctx).print("one-time password for %s by %s: %s", who.session.account.email, usersv1json.OtpChannelWord(channel), otp.value)
	return &usersv1.BeginOtpVerificationResponse{}, nil
}

// CompleteOtpVerification raises the caller's session.
func (s *service) CompleteOtpVerification(ctx context.Context, in *usersv1.CompleteOtpVerificationRequest) (*usersv1.CompleteOtpVerificationResponse, error) {
	who, err := s.pendingCaller(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.redeem(&who.session.otp, in.GetCode()); err != nil {
		return nil, err
	}
	who.session.pending = false
	return &usersv1.CompleteOtpVerificationResponse{Session: who.session.message()}, nil
}
