package wirejson_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

// shape is a JSON shape of the contract, with a value for each member.
type shape struct {
	message    proto.Message
	strictness wirejson.Strictness
	text       string
	required   []string // members that the contract does not mark with "?"
}

const (
	sessionJSON = `{"expiration":"2022-09-03T19:46:40.748Z","labels":{"a":"1","b":""},"sessionType":"Guest","token":"t","userId":"u"}`
	apiJSON     = `{"sessionId":"s","expiration":"e","isUnlimitedExpiration":true,"labels":{"team":"x"},"sessionType":"API","token":"t","userId":"u"}`
	createJSON  = `{"email":"a@b.c","password":"p","expiration":"e","otpExpiration":"o"}`
	updateJSON  = `{"expiration":"e","isUnlimitedExpiration":true,"labels":{"k":"v"}}`
)

var session = &usersv1.Session{
	Expiration:  "2022-09-03T19:46:40.748Z",
	Labels:      map[string]string{"a": "1", "b": ""},
	SessionType: usersv1.SessionType_SESSION_TYPE_GUEST,
	Token:       proto.String("t"),
	UserId:      proto.String("u"),
}

var requests = []shape{
	{
		message: &usersv1.CreateApiSessionRequest{
			Expiration: proto.String("e"), IsUnlimitedExpiration: proto.Bool(true), Labels: map[string]string{"k": "v"},
		},
		text: updateJSON,
	},
	{
		message: &usersv1.ApiSessionUpdate{
			Expiration: proto.String("e"), IsUnlimitedExpiration: proto.Bool(true), Labels: map[string]string{"k": "v"},
		},
		text: updateJSON,
	},
	{
		message: &usersv1.CreateSessionRequest{
			Email: proto.String("a@b.c"), Password: proto.String("p"), Expiration: proto.String("e"), OtpExpiration: proto.String("o"),
		},
		text: createJSON,
	},
	{
		message: &usersv1.CreatePendingSessionRequest{
			Email: proto.String("a@b.c"), Password: proto.String("p"), Expiration: proto.String("e"), OtpExpiration: proto.String("o"),
		},
		text: createJSON,
	},
	{
		message: &usersv1.CreateRequestingUserSessionRequest{
			Email: proto.String("a@b.c"), Password: proto.String("p"), Expiration: proto.String("e"), OtpExpiration: proto.String("o"),
		},
		text: createJSON,
	},
	{
		message: &usersv1.BeginOtpVerificationRequest{
			Channel: usersv1.OtpChannel_OTP_CHANNEL_SMS.Enum(), AppRedirectPath: proto.String("/r"),
		},
		text: `{"channel":"SMS","appRedirectPath":"/r"}`,
	},
	{
		message:  &usersv1.AuthenticateRequest{Email: "a@b.c"},
		text:     `{"email":"a@b.c"}`,
		required: []string{"email"},
	},
	{
		message:  &usersv1.CreateSingleSignOnSessionRequest{SingleSignOnCode: "c"},
		text:     `{"singleSignOnCode":"c"}`,
		required: []string{"singleSignOnCode"},
	},
	{
		message:  &usersv1.SignInWithGoogleRequest{IdToken: "j"},
		text:     `{"idToken":"j"}`,
		required: []string{"idToken"},
	},
	{
		message:  &usersv1.CompleteOtpVerificationRequest{Code: "123456"},
		text:     `{"code":"123456"}`,
		required: []string{"code"},
	},
	{
		message:  &usersv1.BeginEmailVerificationRequest{Email: "a@b.c", RedirectPath: proto.String("/r")},
		text:     `{"email":"a@b.c","redirectPath":"/r"}`,
		required: []string{"email"},
	},
	{
		message: &usersv1.BeginExistingEmailVerificationRequest{RedirectPath: proto.String("/r")},
		text:    `{"redirectPath":"/r"}`,
	},
	{
		message:  &usersv1.CompleteEmailVerificationRequest{EmailVerificationId: "v"},
		text:     `{"emailVerificationId":"v"}`,
		required: []string{"emailVerificationId"},
	},
	{
		message: &usersv1.BeginPhoneVerificationRequest{
			Phone: "(410) 435-0691 x609", Channel: usersv1.PhoneChannel_PHONE_CHANNEL_PHONE_CALL.Enum(),
		},
		text:     `{"phone":"(410) 435-0691 x609","channel":"PhoneCall"}`,
		required: []string{"phone"},
	},
	{
		message:  &usersv1.CompletePhoneVerificationRequest{Code: "123456"},
		text:     `{"code":"123456"}`,
		required: []string{"code"},
	},
}

var responses = []shape{
	{
		message:  session,
		text:     sessionJSON,
		required: []string{"expiration", "sessionType"},
	},
	{
		message: &usersv1.ApiSession{
			SessionId: "s", Expiration: "e", IsUnlimitedExpiration: true, Labels: map[string]string{"team": "x"},
			SessionType: usersv1.SessionType_SESSION_TYPE_API, Token: proto.String("t"), UserId: proto.String("u"),
		},
		text:     apiJSON,
		required: []string{"sessionId", "expiration", "isUnlimitedExpiration", "sessionType"},
	},
	{
		message: &usersv1.AuthenticateResponse{
			AuthenticationStrategy: usersv1.AuthenticationStrategy_AUTHENTICATION_STRATEGY_SINGLE_SIGN_ON,
			AuthenticationUrl:      proto.String("https://idp"),
		},
		text:     `{"authenticationStrategy":"SingleSignOn","authenticationUrl":"https://idp"}`,
		required: []string{"authenticationStrategy"},
	},
	{
		message: &usersv1.EmailVerification{
			Email: "a@b.c", Status: usersv1.VerificationStatus_VERIFICATION_STATUS_PENDING, UserId: "u",
		},
		text:     `{"email":"a@b.c","status":"Pending","userId":"u"}`,
		required: []string{"email", "status", "userId"},
	},
	{
		message: &usersv1.PhoneVerification{
			Phone: "+1", Session: session, Status: usersv1.VerificationStatus_VERIFICATION_STATUS_VERIFIED, UserId: "u",
		},
		text:     `{"phone":"+1","session":` + sessionJSON + `,"status":"Verified","userId":"u"}`,
		required: []string{"phone", "status", "userId"},
	},
	{
		message: &usersv1.SubscriptionGrant{
			Id: "1", GrantorId: "g", MemberId: "m",
			Package:             usersv1.SubscriptionPackage_SUBSCRIPTION_PACKAGE_CORPORATE,
			PackageTier:         usersv1.SubscriptionPackageTier_SUBSCRIPTION_PACKAGE_TIER_BASIC,
			Status:              usersv1.SubscriptionGrantStatus_SUBSCRIPTION_GRANT_STATUS_CANCELED,
			SubscriptionGrantId: "sg",
		},
		text: `{"_id":"1","grantorId":"g","memberId":"m","package":"Corporate","packageTier":"Basic","status":"Canceled",` +
			`"subscriptionGrantId":"sg"}`,
		required: []string{"_id", "grantorId", "memberId", "package", "packageTier", "status", "subscriptionGrantId"},
	},
	{ // what the facade itself responses: the only list
		message: &usersv1.ErrorBody{
			Code: "INVALID_REQUEST", Message: "m", Fields: []*usersv1.FieldError{{Field: "email", Description: "d"}},
		},
		text:     `{"code":"INVALID_REQUEST","message":"m","fields":[{"field":"email","description":"d"}]}`,
		required: []string{"code", "message"},
	},
}

// shapes are those of the requests, then those of the responses.
func shapes() []shape {
	var all []shape
	for _, s := range requests {
		s.strictness = wirejson.Request
		all = append(all, s)
	}
	for _, s := range responses {
		s.strictness = wirejson.Response
		all = append(all, s)
	}
	return all
}

func (s shape) name() string { return string(s.message.ProtoReflect().Descriptor().Name()) }

func TestEveryShapeReadsAndWrites(t *testing.T) {
	t.Parallel()
	for _, s := range shapes() {
		t.Run(s.name(), func(t *testing.T) {
			t.Parallel()
			got, result := mustDecode(t, s.message, s.text, s.strictness)
			sameMessage(t, got, s.message)
			if result != (wirejson.Result{}) {
				t.Errorf("the text tells %+v beside the message", result)
			}
			text, err := codecOf(t, s.message).append([]byte("before "), s.message)
			if want := "before " + s.text; err != nil || string(text) != want {
				t.Errorf("wrote %s, %v, want %s", text, err, want)
			}
		})
	}
}

// TestRequiredMembersAreWritten: those without "?" are in the JSON even when they are
// false or "", and no others.
func TestRequiredMembersAreWritten(t *testing.T) {
	t.Parallel()
	for _, s := range shapes() {
		t.Run(s.name(), func(t *testing.T) {
			t.Parallel()
			if got, want := mustAppend(t, s.message.ProtoReflect().New().Interface()), s.zero(t); canonical(t, got) != canonical(t, want) {
				t.Errorf("wrote %s, want %s", got, want)
			}
			if got := codecOf(t, s.message).body.AllOptional(); got != (len(s.required) == 0) {
				t.Errorf("AllOptional is %t with required members %q", got, s.required)
			}
		})
	}
}

// TestEveryMessageHasAShape: a message that is added to the contract is tested here.
func TestEveryMessageHasAShape(t *testing.T) {
	t.Parallel()
	tested := map[string]bool{}
	for _, s := range shapes() {
		tested[s.name()] = true
	}
	for name := range codecs {
		if !tested[string(name.Name())] {
			t.Errorf("%s has no shape", name)
		}
	}
}
