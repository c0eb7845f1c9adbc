package wirejson_test

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	usersv1json "github.com/wingspan-grpc/session-facade/gen/wirejson/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

// method is the JSON of an RPC.
func method(tb testing.TB, name string) wirejson.Method {
	tb.Helper()
	m, ok := usersv1json.Methods["/wingspan.users.v1.SessionAndAuthenticationService/"+name]
	if !ok {
		tb.Fatalf("%s has no entry", name)
	}
	return m
}

func TestMethods_KnowEveryRPC(t *testing.T) {
	t.Parallel()
	bodies := map[string]struct{ request, response bool }{
		"DeleteSession": {}, "BeginOtpVerification": {request: true}, "GetSession": {response: true}, "Authenticate": {true, true},
	}
	for _, rpc := range usersv1.SessionAndAuthenticationService_ServiceDesc.Methods {
		m := method(t, rpc.MethodName)
		if want, ok := bodies[rpc.MethodName]; ok && (m.Request != nil) != want.request || ok && (m.Response != nil) != want.response {
			t.Errorf("%s has %+v", rpc.MethodName, m)
		}
	}
	if len(usersv1json.Methods) != len(usersv1.SessionAndAuthenticationService_ServiceDesc.Methods) {
		t.Errorf("%d methods", len(usersv1json.Methods))
	}
}

// TestMethods_RefuseAnotherRule: what the rules tell and the codecs do not know is an
// error when the server starts.
func TestMethods_RefuseAnotherRule(t *testing.T) {
	t.Parallel()
	const name = "/wingspan.users.v1.SessionAndAuthenticationService/GetSession"
	if m, err := usersv1json.Methods.For(name, false, true); err != nil || m.Response == nil {
		t.Errorf("got %+v, %v", m, err)
	}
	for _, c := range []struct {
		name              string
		request, response bool
	}{{name, true, true}, {name, false, false}, {name + "s", false, true}, {"", false, false}} {
		if _, err := usersv1json.Methods.For(c.name, c.request, c.response); err == nil {
			t.Errorf("%+v is found", c)
		}
	}
}

// TestRequest_NullOrAbsent: where all members are optional a request may be both; the
// message is there then, since validation asks for it.
func TestRequest_NullOrAbsent(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]wirejson.Result{"": {}, " null\n": {Null: true}, "{}": {}} {
		request := &usersv1.UpdateApiSessionRequest{}
		result, err := method(t, "UpdateApiSession").Request.Decode([]byte(text), request)
		if err != nil || request.ApiSession == nil || result != want {
			t.Errorf("%q: read %v, %+v, %v", text, request, result, err)
		}
		whole := &usersv1.CreateSessionRequest{}
		result, err = method(t, "CreateSession").Request.Decode([]byte(text), whole)
		if err != nil || result != want {
			t.Errorf("%q: told %+v, %v", text, result, err)
		}
	}
	for text, problem := range map[string]string{"": "is not JSON: it ends too early", "null": "must be an object, not null", "null {}": "must be an object, not null"} {
		_, err := method(t, "Authenticate").Request.Decode([]byte(text), &usersv1.AuthenticateRequest{})
		if e, ok := err.(*wirejson.Error); !ok || *e != (wirejson.Error{Problem: problem}) {
			t.Errorf("%q: got %v, want %q", text, err, problem)
		}
	}
}

// TestResponse_Null: the message says nothing of it, the result does.
func TestResponse_Null(t *testing.T) {
	t.Parallel()
	response := &usersv1.GetSessionResponse{}
	result, err := method(t, "GetSession").Response.Decode([]byte(" null "), response)
	if err != nil || !result.Null || response.Session != nil {
		t.Errorf("read %v, %+v, %v", response, result, err)
	}
	_ = refusal(t, &usersv1.Session{}, "null {}", wirejson.Response)
	_ = refusal(t, &usersv1.Session{}, "nul", wirejson.Response)
	_, err = method(t, "ListApiSessions").Response.Decode([]byte("null"), &usersv1.ListApiSessionsResponse{})
	if err == nil {
		t.Error("a list may be null")
	}
}

// TestBroken_ChangesNoField: a body that is refused is not half there.
func TestBroken_ChangesNoField(t *testing.T) {
	t.Parallel()
	response := &usersv1.GetSessionResponse{}
	if _, err := method(t, "GetSession").Response.Decode([]byte(`{"token":"a","userId":1}`), response); err == nil || response.Session != nil {
		t.Errorf("read %v, %v", response, err)
	}
	list := &usersv1.ListApiSessionsResponse{}
	if _, err := method(t, "ListApiSessions").Response.Decode([]byte(`[{"token":"a"},{"userId":1}]`), list); err == nil || list.ApiSessions != nil {
		t.Errorf("read %v, %v", list, err)
	}
}

// TestGatewaysTarget: grpc-gateway asks for the field that is the body to be filled.
func TestGatewaysTarget(t *testing.T) {
	t.Parallel()
	request := &usersv1.UpdateApiSessionRequest{}
	_, err := method(t, "UpdateApiSession").Request.Decode([]byte(`{"expiration":"e"}`), &request.ApiSession)
	if err != nil || request.GetApiSession().GetExpiration() != "e" {
		t.Errorf("read %v, %v", request, err)
	}
	if _, err := method(t, "UpdateApiSession").Request.Decode([]byte(`{}`), &usersv1.Session{}); err == nil {
		t.Error("another message is taken")
	}
	if _, err := method(t, "UpdateApiSession").Request.Append(nil, (*usersv1.UpdateApiSessionRequest)(nil)); err == nil {
		t.Error("a nil message is taken")
	}
}

// TestMask: what a mask names is sent, as null where it is not set; without paths, what
// is set (AIP-134).
func TestMask(t *testing.T) {
	t.Parallel()
	full := &usersv1.ApiSessionUpdate{
		Expiration: proto.String(""), IsUnlimitedExpiration: proto.Bool(false), Labels: map[string]string{"k": "v"},
	}
	for _, c := range []struct {
		update *usersv1.ApiSessionUpdate
		mask   *fieldmaskpb.FieldMask
		want   string
	}{
		{full, nil, `{"expiration":"","isUnlimitedExpiration":false,"labels":{"k":"v"}}`},
		{full, &fieldmaskpb.FieldMask{Paths: []string{}}, `{"expiration":"","isUnlimitedExpiration":false,"labels":{"k":"v"}}`},
		{full, paths("labels"), `{"labels":{"k":"v"}}`},
		{full, paths("labels", "expiration"), `{"expiration":"","labels":{"k":"v"}}`},
		{full, paths("labels", "labels"), `{"labels":{"k":"v"}}`},
		{full, paths("is_unlimited_expiration"), `{"isUnlimitedExpiration":false}`},
		{&usersv1.ApiSessionUpdate{}, nil, `{}`},
		{&usersv1.ApiSessionUpdate{}, paths("is_unlimited_expiration"), `{"isUnlimitedExpiration":null}`},
		{nil, paths("expiration"), `{"expiration":null}`},
		{nil, nil, ``},
		{
			&usersv1.ApiSessionUpdate{Labels: map[string]string{}}, paths("expiration", "is_unlimited_expiration", "labels"),
			`{"expiration":null,"isUnlimitedExpiration":null,"labels":null}`,
		},
	} {
		request := &usersv1.UpdateApiSessionRequest{ApiSession: c.update, UpdateMask: c.mask}
		got, err := method(t, "UpdateApiSession").Request.Append([]byte(">"), request)
		if err != nil || string(got) != ">"+c.want {
			t.Errorf("%v of %v: got %s, %v, want %s", c.mask, c.update, got, err, c.want)
		}
	}
	for _, c := range []struct {
		update *usersv1.ApiSessionUpdate
		mask   *fieldmaskpb.FieldMask
		want   wirejson.Error
	}{
		{full, paths("labels", "isUnlimitedExpiration"), wirejson.Error{Field: "update_mask", Problem: "path 1 names no field of ApiSessionUpdate"}},
		{full, paths("labels.team"), wirejson.Error{Field: "update_mask", Problem: "path 0 names no field of ApiSessionUpdate"}},
		{&usersv1.ApiSessionUpdate{Expiration: proto.String("\xff")}, paths("expiration"), wirejson.Error{Field: "expiration", Problem: "is not valid UTF-8"}},
	} {
		request := &usersv1.UpdateApiSessionRequest{ApiSession: c.update, UpdateMask: c.mask}
		got, err := method(t, "UpdateApiSession").Request.Append([]byte(">"), request)
		if e, ok := err.(*wirejson.Error); !ok || *e != c.want || string(got) != ">" {
			t.Errorf("%v: got %q, %v, want %v", c.mask, got, err, c.want)
		}
	}
}

func paths(paths ...string) *fieldmaskpb.FieldMask { return &fieldmaskpb.FieldMask{Paths: paths} }
