package main

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

func TestRequiredMembers(t *testing.T) {
	t.Parallel()
	schemas := load(t).Components.Schemas
	for name, want := range map[string][]string{
		"ApiSession":                       {"sessionId", "expiration", "isUnlimitedExpiration", "sessionType"},
		"ApiSessionUpdate":                 nil,
		"Session":                          {"expiration", "sessionType"},
		"PhoneVerification":                {"phone", "session", "status", "userId"},
		"EmailVerification":                {"email", "status", "userId"},
		"SubscriptionGrant":                {"_id", "grantorId", "memberId", "package", "packageTier", "status", "subscriptionGrantId"},
		"CreateSessionRequest":             nil,
		"BeginEmailVerificationRequest":    {"email"},
		"BeginOtpVerificationRequest":      nil,
		"CompletePhoneVerificationRequest": {"code"},
		"AuthenticateResponse":             {"authenticationStrategy"},
		"ErrorBody":                        {"code", "message"},
	} {
		if got := schemas[name].Value.Required; !slices.Equal(got, want) {
			t.Errorf("%s requires %q, want %q", name, got, want)
		}
	}
}

func TestMembersHaveTheirWireNames(t *testing.T) {
	t.Parallel()
	schemas := load(t).Components.Schemas
	for name, want := range map[string][]string{
		"SubscriptionGrant":                {"_id", "grantorId", "memberId", "package", "packageTier", "status", "subscriptionGrantId"},
		"ApiSession":                       {"expiration", "isUnlimitedExpiration", "labels", "sessionId", "sessionType", "token", "userId"},
		"BeginPhoneVerificationRequest":    {"channel", "phone"},
		"CreateSingleSignOnSessionRequest": {"singleSignOnCode"},
	} {
		if got := slices.Sorted(maps.Keys(schemas[name].Value.Properties)); !slices.Equal(got, want) {
			t.Errorf("%s has members %q, want %q", name, got, want)
		}
	}
}

func TestEnumsAreTheUpstreamsWords(t *testing.T) {
	t.Parallel()
	schemas := load(t).Components.Schemas
	for name, want := range map[string][]any{
		"SessionType":             {"User", "API", "Guest"},
		"AuthenticationStrategy":  {"Password", "SingleSignOn"},
		"OtpChannel":              {"SMS", "Email"},
		"PhoneChannel":            {"PhoneCall", "SMS"},
		"VerificationStatus":      {"Pending", "Verified"},
		"SubscriptionPackage":     {"None", "Benefits", "Essentials", "Professional", "Corporate"},
		"SubscriptionPackageTier": {"Basic", "Premium"},
		"SubscriptionGrantStatus": {"Pending", "Active", "Canceled"},
	} {
		schema := schemas[name].Value
		if !slices.Equal(schema.Enum, want) || !slices.Equal(schema.Examples, want[:1]) {
			t.Errorf("%s has words %q, examples %q, want %q", name, schema.Enum, schema.Examples, want)
		}
	}
}

func TestPasswordsAreMarkedAndExamplesAreTaken(t *testing.T) {
	t.Parallel()
	schemas := load(t).Components.Schemas
	request := schemas["CreateSessionRequest"].Value.Properties
	if got := request["password"].Value.Format; got != "password" {
		t.Errorf("password has format %q", got)
	}
	if got := request["email"].Value.Format; got != "" {
		t.Errorf("email has format %q, which nobody checks", got)
	}
	phone := schemas["BeginPhoneVerificationRequest"].Value.Properties["phone"].Value
	if !slices.Equal(phone.Examples, []any{"(410) 435-0691 x609"}) || phone.MinLength != 1 {
		t.Errorf("phone has examples %q and minLength %d", phone.Examples, phone.MinLength)
	}
}

// session holds the members of a Session that are always there.
const session = `"expiration": "2022-09-03T19:46:40.748Z", "sessionType": "Guest"`

// bodies are judged as a client would that trusts the document.
var bodies = []struct {
	name, schema, body string
	valid              bool
}{
	{"required only", "Session", `{` + session + `}`, true},
	{"null where it may be", "Session", `{` + session + `, "labels": null, "token": null, "userId": null}`, true},
	{"a member of tomorrow", "Session", `{` + session + `, "colour": "blue"}`, true},
	{"labels", "Session", `{` + session + `, "labels": {"team": "a"}}`, true},
	{"labels are strings", "Session", `{` + session + `, "labels": {"team": 1}}`, false},
	{"session type missing", "Session", `{"expiration": ""}`, false},
	{"required member null", "Session", `{"expiration": null, "sessionType": "API"}`, false},
	{"Protobuf's name", "Session", `{"expiration": "", "sessionType": "SESSION_TYPE_API"}`, false},
	{"nested session missing", "PhoneVerification", `{"phone": "", "status": "Pending", "userId": ""}`, false},
	{"nested session", "PhoneVerification", `{"phone": "", "status": "Pending", "userId": "", "session": {` + session + `}}`, true},
	{"all optional", "BeginOtpVerificationRequest", `{}`, true},
	{"channel null", "BeginOtpVerificationRequest", `{"channel": null}`, true},
	{"channel", "BeginOtpVerificationRequest", `{"channel": "SMS"}`, true},
	{"other enum's channel", "BeginOtpVerificationRequest", `{"channel": "PhoneCall"}`, false},
	{"empty code", "CompleteOtpVerificationRequest", `{"code": ""}`, false},
	{"our error", "AnyError", `{"code": "INVALID_REQUEST", "message": "m", "fields": [{"field": "email", "description": "d"}]}`, true},
	{"the upstream's error", "AnyError", `{"error": "Session expired"}`, true},
	{"the upstream's other error", "AnyError", `{"code": 17, "message": "m", "more": []}`, true},
	{"error that is no object", "AnyError", `"oops"`, false},
}

func TestBodies(t *testing.T) {
	t.Parallel()
	for _, test := range bodies {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var value any
			if err := json.Unmarshal([]byte(test.body), &value); err != nil {
				t.Fatal(err)
			}
			err := load(t).Components.Schemas[test.schema].Value.VisitJSON(value, openapi3.EnableJSONSchema2020())
			if (err == nil) != test.valid {
				t.Errorf("%s as %s: %v", test.body, test.schema, err)
			}
		})
	}
}
