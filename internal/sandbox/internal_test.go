package sandbox

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/sandbox/seed"
)

func TestMissingBehaviourIsNotImplemented(t *testing.T) {
	t.Parallel()
	s, err := New(io.Discard, time.Now, seed.Default)
	if err != nil {
		t.Fatal(err)
	}
	op := s.operations[usersv1.SessionAndAuthenticationService_Authenticate_FullMethodName]
	missing, generated := usersv1.UnimplementedSessionAndAuthenticationServiceServer{}, op.handle
	op.handle = func(_ any, ctx context.Context, decode func(any) error, interceptor grpc.UnaryServerInterceptor) (any, error) {
		return generated(missing, ctx, decode, interceptor)
	}
	recorder := httptest.NewRecorder()
	s.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/users/authentication",
		strings.NewReader(`{"email":"ada@example.com"}`)))
	const want = `{"code":"NotImplemented","message":"The sandbox does not do this."}`
	if recorder.Code != http.StatusNotImplemented || recorder.Body.String() != want {
		t.Errorf("%d %s, want 501 %s", recorder.Code, recorder.Body, want)
	}
}

// TestUpdateApiSession_HasABehaviourForEachMember: one that the contract gets is not
// left out in silence.
func TestUpdateApiSession_HasABehaviourForEachMember(t *testing.T) {
	t.Parallel()
	s := newState(time.Now)
	x := s.open(&session{account: &account{}, kind: usersv1.SessionType_SESSION_TYPE_API, id: "id", expires: time.Now().Add(time.Hour)})
	ctx := context.WithValue(t.Context(), callKey{}, &call{account: x.account})
	fields := (&usersv1.ApiSessionUpdate{}).ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		mask := &fieldmaskpb.FieldMask{Paths: []string{string(fields.Get(i).Name())}}
		if _, err := s.UpdateApiSession(ctx, &usersv1.UpdateApiSessionRequest{Id: x.id, ApiSession: &usersv1.ApiSessionUpdate{}, UpdateMask: mask}); err != nil {
			t.Errorf("%s: %v", mask.GetPaths(), err)
		}
	}
}

func TestTriedAddressesAreBounded(t *testing.T) {
	t.Parallel()
	s := newState(time.Now)
	now := s.now()
	s.real = func() time.Time { now = now.Add(time.Millisecond); return now }
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

// TestSnapshot_OfTheLargestStateCanBeRestored: whatever callers do, a snapshot stays
// within what Restore reads.
func TestSnapshot_OfTheLargestStateCanBeRestored(t *testing.T) {
	t.Parallel()
	s, err := New(io.Discard, time.Now, seed.Default)
	if err != nil {
		t.Fatal(err)
	}
	longest := strings.Repeat("\x00", seed.MaxText) // a byte each, and six in JSON
	for i := range seed.MaxUsers {
		_, _ = s.AddUser(seed.User{Email: strconv.Itoa(i) + "@example.com", Password: strings.Repeat(`"`, seed.MaxText)}) // until there are enough
		a := s.state.accounts[len(s.state.accounts)-1]
		a.PhoneVerification = s.state.newCode(sixDigits(), longest)
		s.state.keep([]seed.Message{{UserID: a.ID, Kind: seed.PhoneVerification, Channel: "SMS", To: longest, Code: "123456"}})
		for range 11 {
			s.state.sessions = append(s.state.sessions, &session{account: s.state.accounts[0], token: "sandbox." + strconv.Itoa(len(s.state.sessions)+11*i), expires: s.Now().Add(time.Hour)})
		}
	}
	for i := range 40 {
		s.state.open(&session{account: s.state.accounts[0], kind: usersv1.SessionType_SESSION_TYPE_API, id: "id-" + strconv.Itoa(i), expires: s.Now().Add(time.Hour),
			labels: map[string]string{"a": strings.Repeat("\x00", 150_000)}})
	}
	for _, x := range slices.Clone(s.state.sessions) { // larger, once they are there
		ctx := context.WithValue(t.Context(), callKey{}, &call{account: x.account})
		update := &usersv1.ApiSessionUpdate{Labels: map[string]string{"a": strings.Repeat("\x00", 300_000)}}
		_, _ = s.state.UpdateApiSession(ctx, &usersv1.UpdateApiSessionRequest{Id: x.id, ApiSession: update, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"labels"}}})
	}
	text, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	if labels := strings.Count(string(text), `\u0000`); labels < 3<<20 || labels > seed.MaxLabelBytes+2*seed.MaxMessages*seed.MaxText {
		t.Errorf("%d bytes of labels are kept", labels)
	}
	if err := s.Restore(text); err != nil {
		t.Fatal(err)
	}
	if again, err := s.Snapshot(); err != nil || len(s.state.accounts) != seed.MaxUsers || len(s.state.messages) != seed.MaxMessages || len(again) < len(text)-100 {
		t.Errorf("%d bytes became %d: %v", len(text), len(again), err)
	}
}
