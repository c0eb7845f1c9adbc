package httprule_test

import (
	"testing"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
)

func benchRules(b *testing.B) []*httprule.Rule {
	b.Helper()
	rules, err := httprule.Service(usersv1.File_wingspan_users_v1_session_and_authentication_service_proto.
		Services().ByName("SessionAndAuthenticationService"))
	if err != nil {
		b.Fatal(err)
	}
	return rules
}

// BenchmarkPath makes the upstream's path for a request.
func BenchmarkPath(b *testing.B) {
	var rule *httprule.Rule
	for _, r := range benchRules(b) {
		if r.Method.Name() == "GetApiSession" {
			rule = r
		}
	}
	request := (&usersv1.GetApiSessionRequest{Id: "s-0123456789/A b"}).ProtoReflect()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := rule.Path(request); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMatch finds the RPC for a path: the longest, and one that none has.
func BenchmarkMatch(b *testing.B) {
	router, err := httprule.NewRouter(benchRules(b))
	if err != nil {
		b.Fatal(err)
	}
	for name, path := range map[string]string{
		"last":  "/users/granted-subscriber/subscription-grant",
		"field": "/users/user/u-1/verification/email",
		"none":  "/users/session/nothing",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := router.Match(path); (err != nil) != (name == "none") {
					b.Fatal(err)
				}
			}
		})
	}
}
