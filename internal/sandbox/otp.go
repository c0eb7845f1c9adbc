package sandbox

import (
	"context"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	usersv1json "github.com/wingspan-grpc/session-facade/gen/wirejson/wingspan/users/v1"
)

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
