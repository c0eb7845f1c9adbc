package sandbox

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"math/big"
	"net/http"
	"time"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	usersv1json "github.com/wingspan-grpc/session-facade/gen/wirejson/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/sandbox/seed"
)

const (
	codeLifetime  = 10 * time.Minute
	maxWrongTries = 5
)

// code is a secret that a person is sent and gives back once.
type code = seed.Code

func (s *state) newCode(value, of string) *code {
	return &code{Value: value, Of: of, Expiration: s.now().Add(codeLifetime)}
}

// sixDigits makes a code that is easy to type.
func sixDigits() string {
	n, _ := rand.Int(rand.Reader, big.NewInt(1_000_000)) // never fails: crypto/rand ends the process instead
	return fmt.Sprintf("%06d", n)
}

// sameText compares a secret without telling by its timing how much was right.
func sameText(got, want string) bool {
	a, b := sha256.Sum256([]byte(got)), sha256.Sum256([]byte(want))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// redeem takes a code if value is it, and returns what it confirms. A code that is
// used, too old or guessed at too often is gone.
func (s *state) redeem(held **code, value string) (confirmed string, err error) {
	c := *held
	*held = nil
	switch {
	case c == nil:
		return "", refuse(http.StatusBadRequest, "No code is waiting to be confirmed; ask for one.")
	case !s.now().Before(c.Expiration):
		return "", refuse(http.StatusBadRequest, "The code has expired; ask for another.")
	case sameText(value, c.Value):
		return c.Of, nil
	}
	if c.Wrong++; c.Wrong == maxWrongTries {
		return "", refuse(http.StatusBadRequest, "The code is wrong, and void after too many tries; ask for another.")
	}
	*held = c
	return "", refuse(http.StatusBadRequest, "The code is wrong.")
}

// BeginOtpVerification prints a one-time password for the caller's session, in
// place of any before it. A session need not be pending to be confirmed.
func (s *state) BeginOtpVerification(ctx context.Context, in *usersv1.BeginOtpVerificationRequest) (*usersv1.BeginOtpVerificationResponse, error) {
	x := callOf(ctx).session
	x.otp = s.newCode(sixDigits(), x.account.Email)
	if !x.otpExpires.IsZero() && x.otpExpires.Before(x.otp.Expiration) {
		x.otp.Expiration = x.otpExpires
	}
	channel := cmp.Or(usersv1json.OtpChannelWord(in.GetChannel()), "SMS")
	callOf(ctx).send(seed.Message{UserID: x.account.ID, Kind: seed.OneTimePassword, Channel: channel, To: x.account.Email, Code: x.otp.Value})
	return &usersv1.BeginOtpVerificationResponse{}, nil
}

// CompleteOtpVerification raises the caller's session.
func (s *state) CompleteOtpVerification(ctx context.Context, in *usersv1.CompleteOtpVerificationRequest) (*usersv1.CompleteOtpVerificationResponse, error) {
	x := callOf(ctx).session
	if _, err := s.redeem(&x.otp, in.GetCode()); err != nil {
		return nil, err
	}
	x.pending = false
	return &usersv1.CompleteOtpVerificationResponse{Session: x.message()}, nil
}

// sendEmail prints the id that an email would hold. It replaces any before it.
func (s *state) sendEmail(c *call, email string) *usersv1.EmailVerification {
	c.account.EmailVerification = s.newCode(rand.Text(), email)
	c.send(seed.Message{UserID: c.account.ID, Kind: seed.EmailVerification, To: email, Code: c.account.EmailVerification.Value})
	return &usersv1.EmailVerification{Email: email, Status: usersv1.VerificationStatus_VERIFICATION_STATUS_PENDING, UserId: c.account.ID}
}

// mayHave refuses an address that belongs to somebody else.
func (s *state) mayHave(a *account, email string) error {
	if owner := s.byEmail(email); owner != nil && owner != a {
		return refuse(http.StatusConflict, "This email address belongs to another user.")
	}
	return nil
}

// BeginEmailVerification prints the id that confirms a new address.
func (s *state) BeginEmailVerification(ctx context.Context, in *usersv1.BeginEmailVerificationRequest) (*usersv1.BeginEmailVerificationResponse, error) {
	c := callOf(ctx)
	if !seed.Email.MatchString(in.GetEmail()) {
		return nil, refuse(http.StatusUnprocessableEntity, "This is not an email address.")
	}
	if err := s.mayHave(c.account, in.GetEmail()); err != nil {
		return nil, err
	}
	return &usersv1.BeginEmailVerificationResponse{Verification: s.sendEmail(c, in.GetEmail())}, nil
}

// BeginExistingEmailVerification prints the id that confirms the present address.
func (s *state) BeginExistingEmailVerification(ctx context.Context, _ *usersv1.BeginExistingEmailVerificationRequest) (*usersv1.BeginExistingEmailVerificationResponse, error) {
	c := callOf(ctx)
	return &usersv1.BeginExistingEmailVerificationResponse{Verification: s.sendEmail(c, c.account.Email)}, nil
}

// CompleteEmailVerification makes the confirmed address the one that the user
// signs in with.
func (s *state) CompleteEmailVerification(ctx context.Context, in *usersv1.CompleteEmailVerificationRequest) (*usersv1.CompleteEmailVerificationResponse, error) {
	a := callOf(ctx).account
	email, err := s.redeem(&a.EmailVerification, in.GetEmailVerificationId())
	if err != nil {
		return nil, err
	}
	if err := s.mayHave(a, email); err != nil {
		return nil, err // taken since the email was sent
	}
	a.Email = email
	return &usersv1.CompleteEmailVerificationResponse{
		Verification: &usersv1.EmailVerification{Email: email, Status: usersv1.VerificationStatus_VERIFICATION_STATUS_VERIFIED, UserId: a.ID},
	}, nil
}

// phoneMessage is a verification for a call's account as the API shows it.
func (c *call) phoneMessage(phone string, status usersv1.VerificationStatus) *usersv1.PhoneVerification {
	return &usersv1.PhoneVerification{Phone: phone, Session: c.session.message(), Status: status, UserId: c.account.ID}
}

// BeginPhoneVerification prints the code that confirms a number. The number is
// free text and not printed.
func (s *state) BeginPhoneVerification(ctx context.Context, in *usersv1.BeginPhoneVerificationRequest) (*usersv1.BeginPhoneVerificationResponse, error) {
	c := callOf(ctx)
	if len(in.GetPhone()) > seed.MaxText {
		return nil, refuse(http.StatusUnprocessableEntity, "This is not a phone number.")
	}
	c.account.PhoneVerification = s.newCode(sixDigits(), in.GetPhone())
	channel := cmp.Or(usersv1json.PhoneChannelWord(in.GetChannel()), "SMS")
	c.send(seed.Message{UserID: c.account.ID, Kind: seed.PhoneVerification, Channel: channel, To: in.GetPhone(), Code: c.account.PhoneVerification.Value})
	return &usersv1.BeginPhoneVerificationResponse{Verification: c.phoneMessage(in.GetPhone(), usersv1.VerificationStatus_VERIFICATION_STATUS_PENDING)}, nil
}

// CompletePhoneVerification confirms the number that the code was sent to.
func (s *state) CompletePhoneVerification(ctx context.Context, in *usersv1.CompletePhoneVerificationRequest) (*usersv1.CompletePhoneVerificationResponse, error) {
	c := callOf(ctx)
	phone, err := s.redeem(&c.account.PhoneVerification, in.GetCode())
	if err != nil {
		return nil, err
	}
	return &usersv1.CompletePhoneVerificationResponse{Verification: c.phoneMessage(phone, usersv1.VerificationStatus_VERIFICATION_STATUS_VERIFIED)}, nil
}
