package restgateway

import (
	"slices"
	"testing"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/internal/transport"
)

// TestJSONPath_SpellsFieldsAsTheBodyHasThem shows how a REST caller is told which field
// is at fault.
func TestJSONPath_SpellsFieldsAsTheBodyHasThem(t *testing.T) {
	t.Parallel()
	rules, err := httprule.Service(usersv1.File_wingspan_users_v1_session_and_authentication_service_proto.Services().Get(0))
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(rules, func(r *httprule.Rule) bool {
		return r.FullMethod == usersv1.SessionAndAuthenticationService_UpdateApiSession_FullMethodName
	})
	method := &transport.Method{Rule: rules[i]}
	for path, want := range map[string]string{
		"id": "id", "update_mask": "updateMask", "update_mask.paths[0]": "updateMask.paths[0]",
		"api_session": "", "api_session.labels": "labels", `api_session.labels["a"]`: `labels["a"]`,
		"authorization": "authorization", "api_session.nothing": "api_session.nothing", `api_session.labels["a.b"]`: `api_session.labels["a.b"]`,
	} {
		if got := jsonPath(method, path); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	if got := jsonPath(nil, "update_mask"); got != "update_mask" {
		t.Errorf("of no method: %q", got)
	}
}
