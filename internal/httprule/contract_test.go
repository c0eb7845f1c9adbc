package httprule_test

import (
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
)

const service = "/wingspan.users.v1.SessionAndAuthenticationService/"

// binding is one row of the contract's tables, restated by hand.
type binding struct {
	verb, template string
	body           string // "" for none, "*" for the request itself
	answer         string // "" for none, "*" for the response itself
	mayBeEmpty     bool   // the vendor documents 204
}

var contract = map[string]binding{
	"DeleteApiSession":                        {"DELETE", "/users/session/api/{id}", "", "api_session", false},
	"DeleteSession":                           {"DELETE", "/users/session/token/{id}", "", "", true},
	"ListGrantedSubscriberSubscriptionGrants": {"GET", "/users/granted-subscriber/subscription-grant", "", "subscription_grants", false},
	"ListApiSessions":                         {"GET", "/users/session/api", "", "api_sessions", false},
	"GetApiSession":                           {"GET", "/users/session/api/{id}", "", "api_session", false},
	"GetSession":                              {"GET", "/users/session/token/{id}", "", "session", true},
	"UpdateApiSession":                        {"PATCH", "/users/session/api/{id}", "api_session", "api_session", false},
	"CompleteOtpVerification":                 {"PATCH", "/users/session/otp", "*", "session", true},
	"CompleteEmailVerification":               {"PATCH", "/users/user/{id}/verification/email", "*", "verification", false},
	"CompletePhoneVerification":               {"PATCH", "/users/user/{id}/verification/phone", "*", "verification", false},
	"Authenticate":                            {"POST", "/users/authentication", "*", "*", false},
	"CreatePendingSession":                    {"POST", "/users/pending/session", "*", "session", true},
	"CreateSession":                           {"POST", "/users/session", "*", "session", true},
	"CreateApiSession":                        {"POST", "/users/session/api", "*", "api_session", false},
	"BeginOtpVerification":                    {"POST", "/users/session/otp", "*", "", true},
	"CreateRequestingUserSession":             {"POST", "/users/session/requesting-user", "*", "session", true},
	"CreateSingleSignOnSession":               {"POST", "/users/session/single-sign-on", "*", "session", false},
	"SignInWithGoogle":                        {"POST", "/users/session/social-auth/google", "*", "session", false},
	"BeginEmailVerification":                  {"POST", "/users/user/{id}/verification/email", "*", "verification", false},
	"BeginExistingEmailVerification":          {"POST", "/users/user/{id}/verification/existing-email", "*", "verification", false},
	"BeginPhoneVerification":                  {"POST", "/users/user/{id}/verification/phone", "*", "verification", false},
}

// contractRules are the rules of the real service by their RPC's name.
func contractRules(tb testing.TB) map[string]*httprule.Rule {
	tb.Helper()
	desc := usersv1.File_wingspan_users_v1_session_and_authentication_service_proto.Services().Get(0)
	rules, err := httprule.Service(desc)
	if err != nil {
		tb.Fatal(err)
	}
	byName := map[string]*httprule.Rule{}
	for _, rule := range rules {
		byName[string(rule.Method.Name())] = rule
	}
	return byName
}

// contractRouter routes the real service.
func contractRouter(tb testing.TB) *httprule.Router {
	tb.Helper()
	var rules []*httprule.Rule
	for _, rule := range contractRules(tb) {
		rules = append(rules, rule)
	}
	router, err := httprule.NewRouter(rules)
	if err != nil {
		tb.Fatal(err)
	}
	return router
}

func nameOf(field protoreflect.FieldDescriptor) string {
	if field == nil {
		return ""
	}
	return string(field.Name())
}

// bindingOf says a rule in the contract's words.
func bindingOf(rule *httprule.Rule) binding {
	b := binding{rule.Verb, rule.Template, nameOf(rule.BodyField), nameOf(rule.AnswerField), rule.MayAnswerEmpty}
	if rule.HasBody && rule.BodyField == nil {
		b.body = "*"
	}
	if rule.HasAnswer() && rule.AnswerField == nil {
		b.answer = "*"
	}
	return b
}

func TestRulesAreTheContracts(t *testing.T) {
	t.Parallel()
	rules := contractRules(t)
	if len(rules) != 21 || len(contract) != 21 {
		t.Errorf("%d rules of %d, want 21", len(rules), len(contract))
	}
	for name, want := range contract {
		rule := rules[name]
		if rule == nil {
			t.Errorf("%s has no rule", name)
			continue
		}
		if got := bindingOf(rule); got != want {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
		if rule.HasBody != (want.body != "") || rule.FullMethod != service+name {
			t.Errorf("%s: HasBody %t, FullMethod %s", name, rule.HasBody, rule.FullMethod)
		}
		if rule.NoSideEffects != (want.verb == "GET") {
			t.Errorf("%s: NoSideEffects is %t", name, rule.NoSideEffects)
		}
		if got, want := nameOf(rule.MaskField), map[string]string{"UpdateApiSession": "update_mask"}[name]; got != want {
			t.Errorf("%s: the mask is %q, want %q", name, got, want)
		}
	}
}

func TestPathFields(t *testing.T) {
	t.Parallel()
	for name, rule := range contractRules(t) {
		fields := rule.PathFields()
		switch hasID := contract[name].template != "" && len(fields) > 0; {
		case hasID && (len(fields) != 1 || fields[0].Name() != "id"):
			t.Errorf("%s has path fields %v", name, fields)
		case hasID != (rule.Method.Input().Fields().ByName("id") != nil):
			t.Errorf("%s has no path field", name)
		}
	}
}
