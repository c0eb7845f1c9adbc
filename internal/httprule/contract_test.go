package httprule_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/test/contract"
)

const service = "/wingspan.users.v1.SessionAndAuthenticationService/"

// binding is what the contract says of an RPC.
type binding struct {
	verb, template string
	query          string // the fields' names in JSON
	body           string // "" for none, "*" for the request itself
	answer         string // "" for none, "*" for the response itself
	mayBeEmpty     bool   // the vendor documents 204
}

// want is the binding of a row of the contract.
func want(o contract.Operation) binding {
	var query []string
	for _, parameter := range contract.Members(o.Query) {
		query = append(query, parameter.Name)
	}
	return binding{o.Verb(), o.Path(), strings.Join(query, " "), o.Body, o.Result, o.MayBeEmpty()}
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
	var query []string
	for _, field := range rule.QueryFields {
		query = append(query, field.JSONName())
	}
	b := binding{rule.Verb, rule.Template, strings.Join(query, " "), nameOf(rule.BodyField), nameOf(rule.ResponseField), rule.MayRespondEmpty}
	if rule.HasBody && rule.BodyField == nil {
		b.body = "*"
	}
	if rule.HasResponseBody() && rule.ResponseField == nil {
		b.answer = "*"
	}
	return b
}

func TestRulesAreTheContracts(t *testing.T) {
	t.Parallel()
	rules := contractRules(t)
	for _, operation := range contract.Operations {
		name := operation.RPC
		rule := rules[name]
		if rule == nil {
			continue // is told by test
		}
		if got, want := bindingOf(rule), want(operation); got != want {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
		if rule.HasBody != (operation.Body != "") || rule.FullMethod != service+name {
			t.Errorf("%s: HasBody %t, FullMethod %s", name, rule.HasBody, rule.FullMethod)
		}
		if rule.NoSideEffects != (operation.Level() == contract.NoSideEffects) {
			t.Errorf("%s: NoSideEffects is %t", name, rule.NoSideEffects)
		}
		if rule.Anonymous != operation.Is(contract.SignIn) {
			t.Errorf("%s: Anonymous is %t", name, rule.Anonymous)
		}
		if got := nameOf(rule.MaskField); (got == contract.Mask) != operation.Is(contract.Mask) {
			t.Errorf("%s: the mask is %q", name, got)
		}
	}
}

func TestPathFields(t *testing.T) {
	t.Parallel()
	for name, rule := range contractRules(t) {
		fields := rule.PathFields()
		if len(fields) != strings.Count(rule.Template, "{") {
			t.Errorf("%s has path fields %v in %s", name, fields, rule.Template)
		}
		for _, field := range fields {
			if !strings.Contains(rule.Template, "/{"+string(field.Name())+"}") {
				t.Errorf("%s has path field %s, which is not in %s", name, field.Name(), rule.Template)
			}
		}
	}
}
