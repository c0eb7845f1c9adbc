package httprule

import (
	"testing"

	"google.golang.org/protobuf/proto"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
)

// TestSessions_RefusesNonsense shows that a service whose rules make no sense is refused, with
// the RPC's name.
func TestSessions_RefusesNonsense(t *testing.T) {
	t.Parallel()
	if _, _, err := Sessions(nil); err == nil {
		t.Error("there is no check")
	}
	all, err := Service(usersv1.File_wingspan_users_v1_session_and_authentication_service_proto.Services().Get(0))
	if err != nil {
		t.Fatal(err)
	}
	var get, remove *Rule
	for _, r := range all {
		switch string(r.Method.Name()) {
		case "GetSession":
			get = r
		case "DeleteSession":
			remove = r
		}
	}
	sound := &usersv1.SessionCheck{TokenField: "id", ExpirationField: "session.expiration", UserField: "session.user_id"}
	if _, err := newSessionCheck(get, sound); err != nil {
		t.Error(err)
	}
	if _, err := newSessionCheck(remove, sound); err == nil {
		t.Error("a check may have side effects")
	}
	if _, err := newSessionEnd(get, &usersv1.SessionEnd{Target: &usersv1.SessionEnd_Caller{Caller: true}}); err == nil {
		t.Error("an end may have none")
	}
	for _, path := range []string{"", "session", "session.nothing", "nothing", "session.labels", "session.session_type", "session.expiration.x"} {
		check := proto.CloneOf(sound)
		check.ExpirationField = path
		if _, err := newSessionCheck(get, check); err == nil {
			t.Errorf("%q is an expiration", path)
		}
	}
	for _, end := range []*usersv1.SessionEnd{{}, {Target: &usersv1.SessionEnd_Caller{}}, {Target: &usersv1.SessionEnd_TokenField{TokenField: "x"}}, {Target: &usersv1.SessionEnd_UserField{UserField: "x"}}} {
		if _, err := newSessionEnd(remove, end); err == nil {
			t.Errorf("%v is an end", end)
		}
	}
}
