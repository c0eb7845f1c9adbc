package sandboxtest_test

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/sandboxtest"
	"github.com/wingspan-grpc/session-facade/test/httpclient"
)

// TestMain shows that what Start starts ends with the test.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// signIn opens a pending session, and returns the context of calls with its token.
func signIn(t *testing.T, s *sandboxtest.Sandbox) context.Context {
	t.Helper()
	opened, err := s.Client.CreatePendingSession(t.Context(), &usersv1.CreatePendingSessionRequest{Email: new("ada@example.com"), Password: new("analytical-engine")})
	if err != nil {
		t.Fatal(err)
	}
	return metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+opened.GetSession().GetToken())
}

// TestStart_LetsATestDriveTheSandbox: a sign-in with its code, time that passes, faults and
// a snapshot.
func TestStart_LetsATestDriveTheSandbox(t *testing.T) {
	t.Parallel()
	s := sandboxtest.Start(t)
	ada := signIn(t, s)
	if _, err := s.Client.BeginOtpVerification(ada, &usersv1.BeginOtpVerificationRequest{}); err != nil {
		t.Fatal(err)
	}
	sent := s.Snapshot()
	s.Advance(10 * time.Minute)
	if _, err := s.Client.CompleteOtpVerification(ada, &usersv1.CompleteOtpVerificationRequest{Code: s.Code("user-ada")}); status.Code(err) != codes.InvalidArgument {
		t.Errorf("ten minutes later the code is taken: %v", err)
	}
	s.Restore(sent)
	if _, err := s.Client.CompleteOtpVerification(ada, &usersv1.CompleteOtpVerificationRequest{Code: s.Code("user-ada")}); err != nil {
		t.Error(err)
	}
	s.SetFaults(sandboxtest.Faults{Operations: map[string]*sandboxtest.Fault{"postUsersSessionApi": {Status: http.StatusServiceUnavailable, Times: 1}}})
	if _, err := s.Client.CreateApiSession(ada, &usersv1.CreateApiSessionRequest{}); status.Code(err) != codes.Unavailable {
		t.Errorf("with a fault: %v", err)
	}
	if _, err := s.Client.CreateApiSession(ada, &usersv1.CreateApiSessionRequest{}); err != nil {
		t.Errorf("the fault is over: %v", err)
	}
	mary := s.AddUser(sandboxtest.User{Email: "mary@example.com", Password: "heavens"})
	if _, err := s.Client.CreateSession(t.Context(), &usersv1.CreateSessionRequest{Email: &mary.Email, Password: &mary.Password}); err != nil {
		t.Error(err)
	}
	s.Reset()
	if _, err := s.Client.ListApiSessions(ada, &usersv1.ListApiSessionsRequest{}); status.Code(err) != codes.Unauthenticated || len(s.Messages("")) != 0 {
		t.Errorf("after the reset: %v, %d messages", err, len(s.Messages("")))
	}
	s = sandboxtest.StartFrom(t, sent)
	if code := s.Code("user-ada"); len(code) != 6 {
		t.Errorf("started from the snapshot, the code is %q", code)
	}
}

// TestStart_ServesAllPorts: REST, the pages and the sandbox's own API.
func TestStart_ServesAllPorts(t *testing.T) {
	t.Parallel()
	s := sandboxtest.Start(t)
	for url, want := range map[string]string{
		s.HTTP + "/docs/sandbox":          "What the sandbox sent",
		s.HTTP + "/docs/sandbox/messages": `{"messages":[]}`,
		s.HTTP + "/users/session/api":     "Session expired",
		s.Control + "/users":              "ada@example.com",
	} {
		response, err := httpclient.Shared.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s: %.200s, %v", url, text, err)
		}
	}
}

// TestStart_EachIsAlone: what one test does, another does not see.
func TestStart_EachIsAlone(t *testing.T) {
	t.Parallel()
	for i := range 10 {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			s := sandboxtest.Start(t)
			user := s.AddUser(sandboxtest.User{ID: "user-" + strconv.Itoa(i), Email: "same@example.com", Password: "same"})
			opened, err := s.Client.CreateSession(t.Context(), &usersv1.CreateSessionRequest{Email: &user.Email, Password: &user.Password})
			if err != nil || opened.GetSession().GetUserId() != user.ID {
				t.Errorf("%v, %v", opened.GetSession().GetUserId(), err)
			}
		})
	}
}

// BenchmarkStart_HundredInParallel is what a hundred tests in parallel wait for.
func BenchmarkStart_HundredInParallel(b *testing.B) {
	for b.Loop() {
		var started sync.WaitGroup
		for range 100 {
			started.Go(func() { sandboxtest.Start(b) })
		}
		started.Wait()
	}
}
