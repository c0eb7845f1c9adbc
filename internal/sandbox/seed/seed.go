// Package seed is what a sandbox remembers, as JSON: what it begins with, a snapshot, and
// what is restored are the same text. schema.json describes it.
package seed

import (
	_ "embed"
	"time"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	usersv1json "github.com/wingspan-grpc/session-facade/gen/wirejson/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

var (
	// Default is the state that a sandbox begins with, unless it is given another.
	//go:embed default.json
	Default []byte
	// Schema is the JSON Schema of a state.
	//go:embed schema.json
	Schema []byte
)

// Bounds of a state. What a sandbox in use remembers stays below them too, so that each
// snapshot can be restored.
const (
	MaxBytes      = 64 << 20 // of the JSON
	MaxUsers      = 1000
	MaxSessions   = 10_000
	MaxMessages   = 1000
	MaxGrants     = 20      // of a user
	MaxLabelBytes = 4 << 20 // of all sessions
	MaxText       = 256     // of a token, a password or a phone number
)

// Earliest and Latest bound what the clock may show.
var (
	Earliest = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	Latest   = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

// State is all that a sandbox remembers.
type State struct {
	// Now is the time that the clock shows; zero for the real time.
	Now      time.Time `json:"now,omitzero"`
	Users    []*User   `json:"users"`
	Sessions []Session `json:"sessions,omitempty"`
	Messages []Message `json:"messages,omitempty"`
}

// User is somebody with an account, and what it takes to sign in.
type User struct {
	ID    string `json:"userId,omitempty"`
	Email string `json:"email"`
	// Password is empty where the user signs in at an identity provider.
	Password string `json:"password,omitempty"`
	// GoogleIDToken stands for what Google would give to the user's page.
	GoogleIDToken string `json:"googleIdToken,omitempty"`
	// Administrator tells whether the user may act for others.
	Administrator      bool    `json:"administrator,omitzero"`
	SubscriptionGrants []Grant `json:"subscriptionGrants,omitempty"`

	// What was sent last, until it is used.
	SingleSignOn      *Code `json:"singleSignOn,omitempty"`
	EmailVerification *Code `json:"emailVerification,omitempty"`
	PhoneVerification *Code `json:"phoneVerification,omitempty"`
}

// Role says in words what the user is for.
func (u *User) Role() string {
	switch {
	case u.Administrator:
		return "administrator"
	case u.Password == "":
		return "user with single sign-on"
	}
	return "user"
}

// Session is a person's session, or an API session.
type Session struct {
	Token  string `json:"token"`
	UserID string `json:"userId"`
	// Type is User or API; empty is User.
	Type string `json:"sessionType,omitempty"`
	// Expiration is a day or, of an API session, 90 days from now, if it is zero.
	Expiration time.Time         `json:"expiration,omitzero"`
	Labels     map[string]string `json:"labels,omitempty"`

	// Of an API session:
	ID        string `json:"sessionId,omitempty"`
	Unlimited bool   `json:"isUnlimitedExpiration,omitzero"`

	// Of a person's session:
	Pending         bool      `json:"pending,omitzero"` // must be raised by a one-time password
	OTPExpiration   time.Time `json:"otpExpiration,omitzero"`
	OneTimePassword *Code     `json:"oneTimePassword,omitempty"`
}

// Code is a secret that a person was sent and gives back once.
type Code struct {
	Value      string    `json:"code"`
	Of         string    `json:"of"` // the email address or phone number that it confirms
	Expiration time.Time `json:"expiration"`
	Wrong      int       `json:"wrongTries,omitzero"`
}

// Kinds of messages.
const (
	OneTimePassword   = "OneTimePassword"
	SingleSignOn      = "SingleSignOn"
	EmailVerification = "EmailVerification"
	PhoneVerification = "PhoneVerification"
)

// Words name the kinds of messages to a person.
var Words = map[string]string{
	OneTimePassword:   "one-time password",
	SingleSignOn:      "single sign-on code",
	EmailVerification: "email verification id",
	PhoneVerification: "phone verification code",
}

// Message is what the live service would mail, text or say on the phone.
type Message struct {
	ID      int       `json:"id"`
	Time    time.Time `json:"time"`
	UserID  string    `json:"userId"`
	Kind    string    `json:"kind"`
	Channel string    `json:"channel,omitempty"`
	To      string    `json:"to"` // an email address or a phone number
	Code    string    `json:"code"`
}

// Grant is a subscription grant, as the API has it.
type Grant struct{ *usersv1.SubscriptionGrant }

// MarshalJSON implements json.Marshaler.
func (g Grant) MarshalJSON() ([]byte, error) {
	return usersv1json.SubscriptionGrant.Append(nil, g.SubscriptionGrant)
}

// UnmarshalJSON implements json.Unmarshaler.
func (g *Grant) UnmarshalJSON(text []byte) error {
	g.SubscriptionGrant = &usersv1.SubscriptionGrant{}
	_, err := usersv1json.SubscriptionGrant.Decode(text, wirejson.Request, g.SubscriptionGrant)
	return err
}
