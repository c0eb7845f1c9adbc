// Package contract is the contract as the vendor documents it, written down by hand: what
// the tests hold the .proto and everything that is made of it against. An RPC that is added
// gets a row of Operations, and where it has a new message, a row of Shapes.
package contract

import (
	"fmt"
	"slices"
	"strings"
)

// Operation is one of the vendor's operations.
type Operation struct {
	// RPC is ours, Name the vendor's.
	RPC, Name string
	// Call is the verb and the path.
	Call string
	// Query are the parameters of the query, as a shape has its members; a list's type
	// begins with "[]".
	Query string
	// Body is the request's field that is the body: "" is none, "*" all of it. Request is
	// the body's shape.
	Body, Request string
	// Result is the response's field that is the body: "" is none, "*" all of it. Response
	// is the body's shape, after "[]" where it is a list.
	Result, Response string
	// Status is the success that is documented.
	Status int
	// More are SignIn, Mask and the promises of idempotency.
	More []string
}

// What More can say.
const (
	// SignIn is a call that is made without a token.
	SignIn = "sign-in"
	// Mask is a request with an update_mask beside its body.
	Mask = "update_mask"
	// NoSideEffects, Idempotent and Unknown are what an idempotency_level promises, where
	// it is not what the verb alone does: GET has no side effects, DELETE is idempotent,
	// and nothing is known of the others.
	NoSideEffects = "NO_SIDE_EFFECTS"
	Idempotent    = "IDEMPOTENT"
	Unknown       = "IDEMPOTENCY_UNKNOWN"
)

// Operations are all that there are, in the order of the .proto.
var Operations = []Operation{
	{"Authenticate", "postUsersAuthentication", "POST /users/authentication", "", "*", "AuthenticateRequest", "*", "AuthenticateResponse", 200, []string{SignIn}},
	{"CreateSession", "postUsersSession", "POST /users/session", "", "*", "CreateSessionRequest", "session", "Session", 204, []string{SignIn}},
	{"CreatePendingSession", "postUsersPendingSession", "POST /users/pending/session", "", "*", "CreatePendingSessionRequest", "session", "Session", 204, []string{SignIn}},
	{"CreateRequestingUserSession", "postUsersSessionRequestingUser", "POST /users/session/requesting-user", "", "*", "CreateRequestingUserSessionRequest", "session", "Session", 204, nil},
	{"CreateSingleSignOnSession", "postUsersSessionSingleSignOn", "POST /users/session/single-sign-on", "", "*", "CreateSingleSignOnSessionRequest", "session", "Session", 200, []string{SignIn}},
	{"SignInWithGoogle", "postUsersSessionSocialAuthGoogle", "POST /users/session/social-auth/google", "", "*", "SignInWithGoogleRequest", "session", "Session", 200, []string{SignIn}},
	{"GetSession", "getUsersSessionTokenId", "GET /users/session/token/{id}", "", "", "", "session", "Session", 204, nil},
	{"DeleteSession", "deleteUsersSessionTokenId", "DELETE /users/session/token/{id}", "", "", "", "", "", 204, nil},
	{"BeginOtpVerification", "postUsersSessionOtp", "POST /users/session/otp", "", "*", "BeginOtpVerificationRequest", "", "", 204, nil},
	{"CompleteOtpVerification", "patchUsersSessionOtp", "PATCH /users/session/otp", "", "*", "CompleteOtpVerificationRequest", "session", "Session", 204, nil},
	{"CreateApiSession", "postUsersSessionApi", "POST /users/session/api", "", "*", "CreateApiSessionRequest", "api_session", "ApiSession", 200, nil},
	{"ListApiSessions", "getUsersSessionApi", "GET /users/session/api", "", "", "", "api_sessions", "[]ApiSession", 200, nil},
	{"GetApiSession", "getUsersSessionApiId", "GET /users/session/api/{id}", "", "", "", "api_session", "ApiSession", 200, nil},
	{"UpdateApiSession", "patchUsersSessionApiId", "PATCH /users/session/api/{id}", "", "api_session", "ApiSessionUpdate", "api_session", "ApiSession", 200, []string{Mask}},
	{"DeleteApiSession", "deleteUsersSessionApiId", "DELETE /users/session/api/{id}", "", "", "", "api_session", "ApiSession", 200, nil},
	{"BeginEmailVerification", "postUsersUserIdVerificationEmail", "POST /users/user/{id}/verification/email", "", "*", "BeginEmailVerificationRequest", "verification", "EmailVerification", 200, nil},
	{"BeginExistingEmailVerification", "postUsersUserIdVerificationExistingEmail", "POST /users/user/{id}/verification/existing-email", "", "*", "BeginExistingEmailVerificationRequest", "verification", "EmailVerification", 200, nil},
	{"CompleteEmailVerification", "patchUsersUserIdVerificationEmail", "PATCH /users/user/{id}/verification/email", "", "*", "CompleteEmailVerificationRequest", "verification", "EmailVerification", 200, nil},
	{"BeginPhoneVerification", "postUsersUserIdVerificationPhone", "POST /users/user/{id}/verification/phone", "", "*", "BeginPhoneVerificationRequest", "verification", "PhoneVerification", 200, nil},
	{"CompletePhoneVerification", "patchUsersUserIdVerificationPhone", "PATCH /users/user/{id}/verification/phone", "", "*", "CompletePhoneVerificationRequest", "verification", "PhoneVerification", 200, nil},
	{"ListGrantedSubscriberSubscriptionGrants", "getUsersGrantedSubscriberSubscriptionGrant", "GET /users/granted-subscriber/subscription-grant", "", "", "", "subscription_grants", "[]SubscriptionGrant", 200, nil},
}

const (
	sessionCreate   = "email?:string password?:string expiration?:string otpExpiration?:string"
	apiSessionWrite = "expiration?:string isUnlimitedExpiration?:bool labels?:labels"
)

// Shapes are the objects of the JSON, by the names of our messages: a member that may be
// absent or null ends in "?", its type follows the colon. A type is string, int, bool,
// labels, the words of an enum, or another shape.
var Shapes = map[string]string{
	"ApiSession":                            "sessionId:string expiration:string isUnlimitedExpiration:bool labels?:labels sessionType:User|API|Guest token?:string userId?:string",
	"ApiSessionUpdate":                      apiSessionWrite,
	"AuthenticateRequest":                   "email:string",
	"AuthenticateResponse":                  "authenticationStrategy:Password|SingleSignOn authenticationUrl?:string",
	"BeginEmailVerificationRequest":         "email:string redirectPath?:string",
	"BeginExistingEmailVerificationRequest": "redirectPath?:string",
	"BeginOtpVerificationRequest":           "channel?:SMS|Email appRedirectPath?:string",
	"BeginPhoneVerificationRequest":         "phone:string channel?:PhoneCall|SMS",
	"CompleteEmailVerificationRequest":      "emailVerificationId:string",
	"CompleteOtpVerificationRequest":        "code:string",
	"CompletePhoneVerificationRequest":      "code:string",
	"CreateApiSessionRequest":               apiSessionWrite,
	"CreatePendingSessionRequest":           sessionCreate,
	"CreateRequestingUserSessionRequest":    sessionCreate,
	"CreateSessionRequest":                  sessionCreate,
	"CreateSingleSignOnSessionRequest":      "singleSignOnCode:string",
	"EmailVerification":                     "email:string status:Pending|Verified userId:string",
	"PhoneVerification":                     "phone:string session:Session status:Pending|Verified userId:string",
	"Session":                               "expiration:string labels?:labels sessionType:User|API|Guest token?:string userId?:string",
	"SignInWithGoogleRequest":               "idToken:string",
	"SubscriptionGrant": "_id:string grantorId:string memberId:string package:None|Benefits|Essentials|Professional|Corporate " +
		"packageTier:Basic|Premium status:Pending|Active|Canceled subscriptionGrantId:string",
}

// Where is where a row is missing, for those who look for it.
const Where = "test/contract/contract.go"

// ByRPC are the operations by the names of our RPCs.
func ByRPC() map[string]Operation {
	byName := make(map[string]Operation, len(Operations))
	for _, o := range Operations {
		byName[o.RPC] = o
	}
	return byName
}

// Verb is the HTTP method.
func (o Operation) Verb() string { verb, _, _ := strings.Cut(o.Call, " "); return verb }

// Path is the path, with {id} for its field.
func (o Operation) Path() string { _, path, _ := strings.Cut(o.Call, " "); return path }

// Is tells whether More says so.
func (o Operation) Is(more string) bool { return slices.Contains(o.More, more) }

// MayBeEmpty tells whether a success may have no body.
func (o Operation) MayBeEmpty() bool { return o.Status == 204 }

// Level is the idempotency_level.
func (o Operation) Level() string {
	for _, level := range []string{NoSideEffects, Idempotent, Unknown} {
		if o.Is(level) {
			return level
		}
	}
	switch o.Verb() {
	case "GET":
		return NoSideEffects
	case "DELETE":
		return Idempotent
	default:
		return Unknown
	}
}

// Member is one of a shape, or a parameter of a query.
type Member struct {
	Name, Type     string
	Optional, List bool
}

// Members reads a shape, or a query.
func Members(text string) []Member {
	var members []Member
	for part := range strings.FieldsSeq(text) {
		name, kind, _ := strings.Cut(part, ":")
		name, optional := strings.CutSuffix(name, "?")
		kind, list := strings.CutPrefix(kind, "[]")
		members = append(members, Member{name, kind, optional, list})
	}
	return members
}

// Required tells whether a shape has a member that is always there.
func Required(shape string) bool {
	return slices.ContainsFunc(Members(Shapes[shape]), func(m Member) bool { return !m.Optional })
}

// Least is the smallest body of a shape of texts and words.
func Least(shape string) string {
	var members []string
	for _, m := range Members(Shapes[shape]) {
		word, _, isEnum := strings.Cut(m.Type, "|")
		switch {
		case m.Optional:
		case isEnum:
			members = append(members, fmt.Sprintf("%q:%q", m.Name, word))
		case m.Type == "bool":
			members = append(members, fmt.Sprintf("%q:true", m.Name))
		case m.Type == "string":
			members = append(members, fmt.Sprintf(`%q:"1"`, m.Name))
		case m.Type == "int":
			members = append(members, fmt.Sprintf("%q:1", m.Name))
		default:
			members = append(members, fmt.Sprintf("%q:%s", m.Name, Least(m.Type)))
		}
	}
	return "{" + strings.Join(members, ",") + "}"
}
