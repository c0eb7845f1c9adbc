package sandbox

import (
	"context"
	"crypto/rand"
	"regexp"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	usersv1json "github.com/wingspan-grpc/session-facade/gen/wirejson/wingspan/users/v1"
)

// plausibleEmail is what HTML accepts as an email address, at most as long as
// one can be. An address is printed beside its code, so it must not be able to
// write anything else to a terminal.
var plausibleEmail = regexp.MustCompile("^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,189}$")

// emailVerification is an address that waits to be confirmed.
type emailVerification struct {
	email string
	code  *code
}

// phoneVerification is a number that waits to be confirmed.
type phoneVerification struct {
	phone string
	code  *code
}

// accountOf finds the account in the path of a verification, and who asks.
func (s *service) accountOf(ctx context.Context, id string) (caller, *account, error) {
	who, err := s.caller(ctx)
	if err != nil {
		return caller{}, nil, err
	}
	a, err := s.accountFor(who, id)
	return who, a, err
}

// sendEmail prints the id that an email would hold. It replaces any before it.
func (s *service) sendEmail(ctx context.Context, a *account, email string) *usersv1.EmailVerification {
	a.emailing = &emailVerification{email: email, code: s.newCode(rand.Text())}
	callOf(ctx).print("email verification id for %s: %s", email, a.emailing.code.value)
	return &usersv1.EmailVerification{
		Email: email, Status: usersv1.VerificationStatus_VERIFICATION_STATUS_PENDING, UserId: a.id,
	}
}

// BeginEmailVerification prints the id that confirms a new address.
func (s *service) BeginEmailVerification(ctx context.Context, in *usersv1.BeginEmailVerificationRequest) (*usersv1.BeginEmailVerificationResponse, error) {
	_, a, err := s.accountOf(ctx, in.GetId())
	if err != nil {
		return nil, err
	}
	if !plausibleEmail.MatchString(in.GetEmail()) {
		return nil, unprocessable("This is not an email address.")
	}
	if err := s.mayHave(a, in.GetEmail()); err != nil {
		return nil, err
	}
	return &usersv1.BeginEmailVerificationResponse{Verification: s.sendEmail(ctx, a, in.GetEmail())}, nil
}

// mayHave refuses an address that belongs to somebody else.
func (s *service) mayHave(a *account, email string) error {
	if owner := s.byEmail(email); owner != nil && owner != a {
		return conflict("This email address belongs to another user.")
	}
	return nil
}

// BeginExistingEmailVerification prints the id that confirms the present address.
func (s *service) BeginExistingEmailVerification(ctx context.Context, in *usersv1.BeginExistingEmailVerificationRequest) (*usersv1.BeginExistingEmailVerificationResponse, error) {
	_, a, err := s.accountOf(ctx, in.GetId())
	if err != nil {
		return nil, err
	}
	return &usersv1.BeginExistingEmailVerificationResponse{Verification: s.sendEmail(ctx, a, a.email)}, nil
}

// CompleteEmailVerification makes the confirmed address the one that the user
// signs in with.
func (s *service) CompleteEmailVerification(ctx context.Context, in *usersv1.CompleteEmailVerificationRequest) (*usersv1.CompleteEmailVerificationResponse, error) {
	_, a, err := s.accountOf(ctx, in.GetId())
	if err != nil {
		return nil, err
	}
	if a.emailing == nil {
		a.emailing = &emailVerification{}
	}
	if err := s.redeem(&a.emailing.code, in.GetEmailVerificationId()); err != nil {
		return nil, err
	}
	if err := s.mayHave(a, a.emailing.email); err != nil {
		return nil, err // taken since the email was sent
	}
	a.email = a.emailing.email
	return &usersv1.CompleteEmailVerificationResponse{Verification: &usersv1.EmailVerification{
		Email: a.email, Status: usersv1.VerificationStatus_VERIFICATION_STATUS_VERIFIED, UserId: a.id,
	}}, nil
}

// BeginPhoneVerification prints the code that confirms a number. The number is
// free text and not printed.
func (s *service) BeginPhoneVerification(ctx context.Context, in *usersv1.BeginPhoneVerificationRequest) (*usersv1.BeginPhoneVerificationResponse, error) {
	who, a, err := s.accountOf(ctx, in.GetId())
	if err != nil {
		return nil, err
	}
	channel := usersv1.PhoneChannel_PHONE_CHANNEL_SMS
	if in.Channel != nil {
		channel = in.GetChannel()
	}
	a.phoning = &phoneVerification{phone: in.GetPhone(), code: s.newCode(sixDigits())}
	callOf(ctx).print("phone verification code for %s by %s: %s", a.email, usersv1json.PhoneChannelWord(channel), a.phoning.code.value)
	return &usersv1.BeginPhoneVerificationResponse{Verification: &usersv1.PhoneVerification{
		Phone: in.GetPhone(), Session: who.session.message(),
		Status: usersv1.VerificationStatus_VERIFICATION_STATUS_PENDING, UserId: a.id,
	}}, nil
}

// CompletePhoneVerification confirms the number that the code was sent to.
func (s *service) CompletePhoneVerification(ctx context.Context, in *usersv1.CompletePhoneVerificationRequest) (*usersv1.CompletePhoneVerificationResponse, error) {
	who, a, err := s.accountOf(ctx, in.GetId())
	if err != nil {
		return nil, err
	}
	if a.phoning == nil {
		a.phoning = &phoneVerification{}
	}
	if err := s.redeem(&a.phoning.code, in.GetCode()); err != nil {
		return nil, err
	}
	return &usersv1.CompletePhoneVerificationResponse{Verification: &usersv1.PhoneVerification{
		Phone: a.phoning.phone, Session: who.session.message(),
		Status: usersv1.VerificationStatus_VERIFICATION_STATUS_VERIFIED, UserId: a.id,
	}}, nil
}
