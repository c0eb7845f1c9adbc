package restgateway

import (
	"bytes"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/internal/transport"
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

// TestRuleWithAnothersHandler: of two handlers that match, grpc-gateway takes the one
// declared last; where that is the wrong one, the server does not start.
func TestRuleWithAnothersHandler(t *testing.T) {
	t.Parallel()
	rules, err := httprule.Service(usersv1.File_wingspan_users_v1_session_and_authentication_service_proto.Services().Get(0))
	if err != nil {
		t.Fatal(err)
	}
	mux := runtime.NewServeMux(runtime.WithMiddlewares(setPathValues))
	for _, path := range []string{"/users/session/api", "/users/session/{id}"} {
		if err := mux.HandlePath("GET", path, nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, rule := range rules {
		if rule.Method.Name() != "ListApiSessions" {
			continue
		}
		err := checkHandler(mux, rule)
		if want := "takes GET /users/session/api for /users/session/{id}; declare this RPC after that one"; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want %s", err, want)
		}
	}
}

// TestCompress_IsBounded: what is over the bound is sent as it is, and a place is free
// again after.
func TestCompress_IsBounded(t *testing.T) {
	t.Parallel()
	method := &transport.Method{Rule: &httprule.Rule{}} // which has a response
	text := bytes.Repeat([]byte{' '}, 4096)
	compressing := make(chan struct{}, 1)
	for name, want := range map[string]string{"free": "gzip", "full": ""} {
		if name == "full" {
			compressing <- struct{}{}
		}
		rec := &recorder{ResponseWriter: httptest.NewRecorder(), gzip: true, rpc: &rpc{Method: method, compressing: compressing},
			call: &transport.Call{Method: method}}
		rec.call.Exchange.Response.Body = text
		compress(rec)
		if got := rec.Header().Get("Content-Encoding"); got != want || (want == "") != bytes.Equal(responseBody(rec.call), text) {
			t.Errorf("%s: encoded as %q, %d bytes", name, got, len(responseBody(rec.call)))
		}
		for len(compressing) > 0 {
			<-compressing
			if name == "free" {
				t.Error("the place is not given back")
			}
		}
	}
}
