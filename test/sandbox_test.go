package test

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

const (
	adaPassword   = "analytical-engine"
	gracePassword = "compile-the-world"
	emailPath     = "/users/user/user-ada/verification/email"
	existingPath  = "/users/user/user-ada/verification/existing-email"
	phonePath     = "/users/user/user-ada/verification/phone"
)

// TestSandbox lives the life of some sessions through a facade in front of the
// sandbox, once by REST and once by gRPC. TestOpenAPIExamples calls every RPC.
func TestSandbox(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]protocolCall{"REST": throughREST, "gRPC": throughGRPC} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, call)
			ada := s.passwordSession(t)
			s.pendingSession(t)
			s.apiSessions(t, ada)
			s.otherWaysIn(t)
			s.forOthers(t, ada)
			s.phone(t, ada)
			s.email(t, ada)
			s.endings(t, ada)
		})
	}
}

// signIn opens a session with a password.
func (s *stage) signIn(t *testing.T, path, email, password string, more string) *reply {
	t.Helper()
	return s.call(t, "", "POST", path, fmt.Sprintf(`{"email":%q,"password":%q%s}`, email, password, more))
}

// userSession is a session as the API shows it.
func userSession(token, user string) string {
	return fmt.Sprintf(`{"expiration":"2031-05-07T07:08:09.123Z","sessionType":"User","token":%q,"userId":%q}`, token, user)
}

// tokenPath is the path of the session that a token belongs to.
func tokenPath(token string) string { return "/users/session/token/" + token }

func (s *stage) passwordSession(t *testing.T) (token string) {
	t.Helper()
	s.call(t, "", "POST", "/users/authentication", `{"email":"ada@example.com"}`).
		want(t, 200, `{"authenticationStrategy":"Password"}`)
	s.signIn(t, "/users/session", "ada@example.com", "difference-engine", "").
		wantError(t, 401, "UNAUTHENTICATED", "These credentials are not valid.")
	for range 5 {
		s.signIn(t, "/users/session", "nobody@example.com", "guess", "").
			wantError(t, 401, "UNAUTHENTICATED", "These credentials are not valid.")
	}
	s.signIn(t, "/users/session", "nobody@example.com", "guess", "").
		wantError(t, 429, "RESOURCE_EXHAUSTED", "Too many wrong passwords; wait.")
	opened := s.signIn(t, "/users/session", "ada@example.com", adaPassword, "").want(t, 200, "")
	token = opened.text(t, "token")
	opened.want(t, 200, userSession(token, "user-ada"))
	s.call(t, token, "GET", tokenPath(token), "").want(t, 200, userSession(token, "user-ada"))
	s.call(t, "", "GET", "/users/session/api", "").wantError(t, 403, "UNAUTHENTICATED", "Session expired")
	s.call(t, "", "GET", tokenPath("nobody%27s%2Ftoken"), "").wantError(t, 403, "UNAUTHENTICATED", "Session expired")
	return token
}

func (s *stage) pendingSession(t *testing.T) {
	t.Helper()
	token := s.signIn(t, "/users/pending/session", "ada@example.com", adaPassword, `,"otpExpiration":"2031-05-06T07:10:09.123Z"`).
		want(t, 200, "").text(t, "token")
	s.call(t, token, "GET", "/users/session/api", "").wantError(t, 403, "PERMISSION_DENIED", "OTP required")
	s.call(t, token, "POST", "/users/session/otp", "").want(t, 204, "")
	s.code(t, "one-time password for ada@example.com by SMS")
	s.call(t, token, "POST", "/users/session/otp", `{"channel":"Email","appRedirectPath":"/in"}`).want(t, 204, "")
	code := s.code(t, "one-time password for ada@example.com by Email")
	s.call(t, token, "PATCH", "/users/session/otp", `{"code":"`+otherCode(code)+`"}`).
		wantError(t, 400, "INVALID_ARGUMENT", "The code is wrong.")
	s.call(t, token, "PATCH", "/users/session/otp", `{"code":"`+code+`"}`).want(t, 200, userSession(token, "user-ada"))
	s.call(t, token, "GET", "/users/session/api", "").want(t, 200, `[]`)
}

// otherCode is a code that is wrong.
func otherCode(code string) string {
	if code == "000000" {
		return "000001"
	}
	return "000000"
}

func (s *stage) apiSessions(t *testing.T, ada string) {
	t.Helper()
	const list = "/users/session/api"
	created := s.call(t, ada, "POST", list, `{"expiration":"2031-06-01T00:00:00.000Z","labels":{"team":"engine","":"é.\"\\"}}`).want(t, 200, "")
	id, token := created.text(t, "sessionId"), created.text(t, "token")
	s.call(t, token, "GET", "/users/session/token/"+token, "").want(t, 200, "")
	one := list + "/" + id
	// session is the API session with what is to be seen of it.
	session := func(expiration string, unlimited bool, more string) string {
		return fmt.Sprintf(`{"sessionId":%q,"expiration":%q,"isUnlimitedExpiration":%t,"sessionType":"API","userId":"user-ada"%s}`,
			id, expiration, unlimited, more)
	}
	labels := `,"labels":{"team":"engine","":"é.\"\\"}`
	created.want(t, 200, session("2031-06-01T00:00:00.000Z", false, labels+`,"token":"`+token+`"`))
	s.call(t, ada, "GET", list, "").want(t, 200, "["+session("2031-06-01T00:00:00.000Z", false, labels)+"]")
	s.call(t, ada, "GET", one, "").want(t, 200, session("2031-06-01T00:00:00.000Z", false, labels+`,"token":"`+token+`"`))
	// Value: what is not named stays.
	s.call(t, ada, "PATCH", one, `{"expiration":"2031-07-01T00:00:00.000Z"}`).want(t, 200, session("2031-07-01T00:00:00.000Z", false, labels))
	s.call(t, ada, "PATCH", one, `{"isUnlimitedExpiration":true}`).want(t, 200, session("2031-07-01T00:00:00.000Z", true, labels))
	// Null: the sandbox restores what a new one has, here 90 days.
	s.call(t, ada, "PATCH", one, `{"expiration":null,"labels":{"team":"mill"}}`).
		want(t, 200, session("2031-08-04T07:08:09.123Z", true, `,"labels":{"team":"mill"}`))
	s.call(t, ada, "PATCH", one, `{"isUnlimitedExpiration":null,"labels":null}`).want(t, 200, session("2031-08-04T07:08:09.123Z", false, ""))
	s.call(t, ada, "PATCH", one, `{}`).want(t, 200, session("2031-08-04T07:08:09.123Z", false, ""))
	s.call(t, ada, "DELETE", one, "").want(t, 200, session("2031-08-04T07:08:09.123Z", false, ""))
	s.call(t, ada, "GET", one, "").wantError(t, 404, "NOT_FOUND", "You have no such API session.")
	s.call(t, token, "GET", list, "").wantError(t, 403, "UNAUTHENTICATED", "Session expired")
}

func (s *stage) otherWaysIn(t *testing.T) {
	t.Helper()
	s.call(t, "", "POST", "/users/authentication", `{"email":"katherine@example.com"}`).want(t, 200,
		`{"authenticationStrategy":"SingleSignOn","authenticationUrl":"https://identity-provider.example.com/sign-in"}`)
	code := s.code(t, "single sign-on code for katherine@example.com")
	bySSO := s.call(t, "", "POST", "/users/session/single-sign-on", `{"singleSignOnCode":"`+code+`"}`)
	bySSO.want(t, 200, userSession(bySSO.text(t, "token"), "user-katherine"))
	s.call(t, "", "POST", "/users/session/single-sign-on", `{"singleSignOnCode":"`+code+`"}`).
		wantError(t, 401, "UNAUTHENTICATED", "These credentials are not valid.")
	byGoogle := s.call(t, "", "POST", "/users/session/social-auth/google", `{"idToken":"sandbox-google-ada"}`)
	byGoogle.want(t, 200, userSession(byGoogle.text(t, "token"), "user-ada"))
}

func (s *stage) forOthers(t *testing.T, ada string) {
	t.Helper()
	const grants = "/users/granted-subscriber/subscription-grant"
	adasGrants := `[{"_id":"granted-subscriber-1","grantorId":"user-grace","memberId":"user-ada","package":"Professional",
		"packageTier":"Premium","status":"Active","subscriptionGrantId":"subscription-grant-1"}]`
	grace := s.signIn(t, "/users/session", "grace@example.com", gracePassword, "").want(t, 200, "").text(t, "token")
	s.call(t, ada, "GET", grants, "").want(t, 200, adasGrants)
	s.call(t, grace, "GET", grants, "").want(t, 200, `[]`)
	s.call(t, grace, "GET", grants, "", "X-WINGSPAN-USER", "user-ada").want(t, 200, adasGrants)
	s.call(t, ada, "GET", grants, "", "X-WINGSPAN-USER", "user-grace").wantError(t, 403, "PERMISSION_DENIED", "You may act for yourself only.")
	s.call(t, ada, "POST", "/users/session/requesting-user", `{"email":"grace@example.com"}`).
		wantError(t, 403, "PERMISSION_DENIED", "You may not sign in as others.")
	asAda := s.call(t, grace, "POST", "/users/session/requesting-user", `{"email":"ada@example.com"}`)
	asAda.want(t, 200, userSession(asAda.text(t, "token"), "user-ada"))
}

func (s *stage) phone(t *testing.T, ada string) {
	t.Helper()
	verification := func(status string) string {
		return fmt.Sprintf(`{"phone":"(410) 435-0691 x609","session":%s,"status":%q,"userId":"user-ada"}`, userSession(ada, "user-ada"), status)
	}
	s.call(t, ada, "POST", phonePath, `{"phone":"(410) 435-0691 x609","channel":"PhoneCall"}`).want(t, 200, verification("Pending"))
	code := s.code(t, "phone verification code for ada@example.com by PhoneCall")
	s.call(t, ada, "PATCH", phonePath, `{"code":"`+code+`"}`).want(t, 200, verification("Verified"))
}

func (s *stage) email(t *testing.T, ada string) {
	t.Helper()
	s.call(t, ada, "POST", existingPath, "").want(t, 200, `{"email":"ada@example.com","status":"Pending","userId":"user-ada"}`)
	id := s.code(t, "email verification id for ada@example.com")
	s.call(t, ada, "PATCH", emailPath, `{"emailVerificationId":"`+id+`"}`).
		want(t, 200, `{"email":"ada@example.com","status":"Verified","userId":"user-ada"}`)
	s.call(t, ada, "POST", emailPath, `{"email":"grace@example.com"}`).
		wantError(t, 409, "ABORTED", "This email address belongs to another user.")
	s.call(t, ada, "POST", emailPath, `{"email":"nowhere"}`).wantError(t, 422, "INVALID_ARGUMENT", "This is not an email address.")
	s.call(t, ada, "POST", emailPath, `{"email":"countess@example.com","redirectPath":"/done"}`).
		want(t, 200, `{"email":"countess@example.com","status":"Pending","userId":"user-ada"}`)
	id = s.code(t, "email verification id for countess@example.com")
	s.call(t, ada, "PATCH", emailPath, `{"emailVerificationId":"`+id+`"}`).
		want(t, 200, `{"email":"countess@example.com","status":"Verified","userId":"user-ada"}`)
}

func (s *stage) endings(t *testing.T, ada string) {
	t.Helper()
	other := s.signIn(t, "/users/session", "countess@example.com", adaPassword, "").want(t, 200, "").text(t, "token")
	s.call(t, ada, "DELETE", tokenPath(ada), "").want(t, http.StatusNoContent, "")
	for _, ended := range []string{ada, other} {
		s.call(t, ended, "GET", tokenPath(ended), "").wantError(t, 403, "UNAUTHENTICATED", "Session expired")
		s.call(t, ended, "DELETE", tokenPath(ended), "").wantError(t, 403, "UNAUTHENTICATED", "Session expired")
		s.call(t, ended, "GET", "/users/session/api", "").wantError(t, 403, "UNAUTHENTICATED", "Session expired")
		s.passed.Store(int64(25 * time.Hour)) // the first was ended; the other expires
	}
}
