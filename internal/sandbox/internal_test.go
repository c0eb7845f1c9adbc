package sandbox

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
)

func TestMissingBehaviourIsNotImplemented(t *testing.T) {
	t.Parallel()
	s, err := newSandbox(io.Discard, usersv1.UnimplementedSessionAndAuthenticationServiceServer{})
	if err != nil {
		t.Fatal(err)
	}
	recorder := httptest.NewRecorder()
	s.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/users/session/api", nil))
	const want = `{"code":"NotImplemented","message":"The sandbox does not do this."}`
	if recorder.Code != http.StatusNotImplemented || recorder.Body.String() != want {
		t.Errorf("%d %s, want 501 %s", recorder.Code, recorder.Body, want)
	}
}

func TestUpdateMembersAreDistinct(t *testing.T) {
	t.Parallel()
	members := map[string]bool{}
	for _, field := range []interface{ JSONName() string }{expirationMember, unlimitedMember, labelsMember} {
		members[field.JSONName()] = true
	}
	if fields := (&usersv1.ApiSessionUpdate{}).ProtoReflect().Descriptor().Fields().Len(); len(members) != fields {
		t.Errorf("%d of %d members of an update have a behaviour", len(members), fields)
	}
}

func TestTriedAddressesAreBounded(t *testing.T) {
	t.Parallel()
	s := newService()
	now := s.now()
	s.now = func() time.Time { now = now.Add(time.Millisecond); return now }
	for i := range maxTriedAddresses + 2 {
		s.countWrong(addressOf(strconv.Itoa(i)))
	}
	if len(s.tried) != maxTriedAddresses {
		t.Errorf("%d addresses are remembered, want %d", len(s.tried), maxTriedAddresses)
	}
	for i, want := range []bool{false, false, true} {
		if _, known := s.tried[addressOf(strconv.Itoa(i))]; known != want {
			t.Errorf("address %d is remembered: %t, want %t", i, known, want)
		}
	}
}
