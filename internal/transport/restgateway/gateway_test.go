package restgateway

import (
	"strings"
	"testing"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
)

// TestRuleWithoutHandler: a rule that grpc-gateway has no handler for is told when
// the server starts, not when the call comes.
func TestRuleWithoutHandler(t *testing.T) {
	t.Parallel()
	rules, err := httprule.Service(usersv1.File_wingspan_users_v1_session_and_authentication_service_proto.Services().Get(0))
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range rules {
		err := checkHandler(runtime.NewServeMux(runtime.WithMiddlewares(setPathValues)), rule)
		if err == nil || !strings.Contains(err.Error(), rule.Verb+" "+rule.Template) {
			t.Errorf("%s: got error %v", rule.FullMethod, err)
		}
	}
}
