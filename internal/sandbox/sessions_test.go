package sandbox_test

import (
	"strings"
	"testing"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/sandbox/seed"
)

func TestSessionFromBeginningToEnd(t *testing.T) {
	t.Parallel()
	f := start(t)
	opened := f.call("", "POST", "/users/session", object{"email": "Ada@Example.com", "password": "analytical-engine"}).want(200)
	token := opened.text("token")
	want := object{"expiration": "2031-05-07T07:08:09.123Z", "sessionType": "User", "token": token, "userId": "user-ada"}
	equal(t, "session", opened.object(), want)
	equal(t, "session read back", f.call("", "GET", tokenPath(token), nil).want(200).object(), want)
	f.call(token, "DELETE", tokenPath(token), nil).want(204)
	f.call(token, "GET", tokenPath(token), nil).wantError(403, "Session expired")
	f.call(token, "DELETE", tokenPath(token), nil).wantError(403, "Session expired")
	f.call(token, "GET", "/users/session/api", nil).wantError(403, "Session expired")
}

func TestUsersCanSignIn(t *testing.T) {
	t.Parallel()
	f := start(t)
	state, err := seed.Decode(seed.Default)
	if err != nil {
		t.Fatal(err)
	}
	for _, user := range state.Users {
		if user.ID == "" || user.Role() == "" {
			t.Errorf("%+v has no id or role", user)
		}
		if user.Password != "" {
			f.signIn(user.Email, user.Password)
		}
		if user.GoogleIDToken != "" {
			got := f.call("", "POST", "/users/session/social-auth/google", object{"idToken": user.GoogleIDToken}).want(200)
			equal(t, "userId", got.text("userId"), user.ID)
		}
	}
}

func TestWrongCredentialsAreAllAlike(t *testing.T) {
	t.Parallel()
	f := start(t)
	wrong := f.call("", "POST", "/users/session", object{"email": "ada@example.com", "password": "difference-engine"})
	wrong.wantError(401, "Unauthorized")
	for _, body := range []object{
		{"email": "nobody@example.com", "password": "analytical-engine"},
		{"email": "katherine@example.com", "password": "analytical-engine"},
	} {
		for _, path := range []string{"/users/session", "/users/pending/session"} {
			got := f.call("", "POST", path, body)
			got.wantError(401, "Unauthorized")
			equal(t, "answer", got.body, wrong.body)
		}
	}
	f.call("", "POST", "/users/session", object{"email": "katherine@example.com", "password": ""}).wantError(400, "BadRequest")
	f.call("", "POST", "/users/session/social-auth/google", object{"idToken": "forged"}).wantError(401, "Unauthorized")
}

func TestWrongPasswordsCloseAnAddress(t *testing.T) {
	t.Parallel()
	for _, email := range []string{"ada@example.com", "nobody@example.com"} {
		f := start(t)
		try := func(path, email, password string) *answer {
			return f.call("", "POST", path, object{"email": email, "password": password})
		}
		for _, path := range []string{"/users/session", "/users/pending/session", "/users/session", "/users/session", "/users/session"} {
			try(path, email, "wrong").wantError(401, "Unauthorized")
			f.clock.advance(time.Second)
		}
		for _, path := range []string{"/users/session", "/users/pending/session"} {
			closed := try(path, strings.ToUpper(email), "analytical-engine")
			closed.wantError(429, "TooManyRequests")
			equal(t, "Retry-After", closed.header.Get("Retry-After"), "29")
		}
		f.grace() // others are not concerned
		f.clock.advance(29*time.Second - time.Millisecond)
		closed := try("/users/session", email, "wrong")
		closed.wantError(429, "TooManyRequests")
		equal(t, "Retry-After", closed.header.Get("Retry-After"), "1")
		f.clock.advance(time.Millisecond)
		try("/users/session", email, "wrong").wantError(401, "Unauthorized") // the first of five again
		if email == "ada@example.com" {
			f.ada()
		}
	}
}

func TestWrongPasswordsAreForgotten(t *testing.T) {
	t.Parallel()
	for name, forget := range map[string]func(*fixture){
		"by the right one": func(f *fixture) { f.ada() },
		"in a minute":      func(f *fixture) { f.clock.advance(time.Minute) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t)
			wrong := func() *answer {
				return f.call("", "POST", "/users/session", object{"email": "ada@example.com", "password": "wrong"})
			}
			for range 4 {
				wrong().wantError(401, "Unauthorized")
			}
			forget(f)
			for range 5 {
				wrong().wantError(401, "Unauthorized")
			}
			wrong().wantError(429, "TooManyRequests")
		})
	}
}

func TestSessionExpires(t *testing.T) {
	t.Parallel()
	f := start(t)
	byDefault := f.ada()
	until := f.clock.in(time.Hour)
	asked := f.call("", "POST", "/users/session", object{
		"email": "ada@example.com", "password": "analytical-engine", "expiration": until,
	}).want(200)
	equal(t, "expiration", asked.text("expiration"), until)
	f.clock.advance(time.Hour - time.Millisecond)
	f.call("", "GET", tokenPath(asked.text("token")), nil).want(200)
	f.clock.advance(time.Millisecond)
	f.call("", "GET", tokenPath(asked.text("token")), nil).wantError(403, "Session expired")
	f.call(asked.text("token"), "GET", "/users/session/api", nil).wantError(403, "Session expired")
	f.call(byDefault, "GET", "/users/session/api", nil).want(200)
	f.clock.advance(23 * time.Hour)
	f.call(byDefault, "GET", "/users/session/api", nil).wantError(403, "Session expired")
}

func TestExpirationIsJudged(t *testing.T) {
	t.Parallel()
	f := start(t)
	for _, path := range []string{"/users/session", "/users/pending/session"} {
		for _, member := range []string{"expiration", "otpExpiration"} {
			body := object{"email": "ada@example.com", "password": "analytical-engine"}
			body[member] = "tomorrow"
			f.call("", "POST", path, body).wantError(400, "BadRequest")
			body[member] = f.clock.in(-time.Second)
			f.call("", "POST", path, body).wantError(422, "UnprocessableEntity")
			body[member] = nil
			f.call("", "POST", path, body).want(200)
		}
	}
}

func TestSingleSignOn(t *testing.T) {
	t.Parallel()
	f := start(t)
	asked := f.call("", "POST", "/users/authentication", object{"email": "katherine@example.com"}).want(200)
	equal(t, "authenticationStrategy", asked.text("authenticationStrategy"), "SingleSignOn")
	asked.text("authenticationUrl")
	code := f.code("single sign-on code for katherine@example.com")
	f.call("", "POST", "/users/session/single-sign-on", object{"singleSignOnCode": "wrong"}).wantError(401, "Unauthorized")
	opened := f.call("", "POST", "/users/session/single-sign-on", object{"singleSignOnCode": code}).want(200)
	equal(t, "userId", opened.text("userId"), "user-katherine")
	f.call(opened.text("token"), "GET", "/users/session/api", nil).want(200)
	f.call("", "POST", "/users/session/single-sign-on", object{"singleSignOnCode": code}).wantError(401, "Unauthorized")

	f.call("", "POST", "/users/authentication", object{"email": "katherine@example.com"}).want(200)
	code = f.code("single sign-on code for katherine@example.com")
	f.clock.advance(10 * time.Minute)
	f.call("", "POST", "/users/session/single-sign-on", object{"singleSignOnCode": code}).wantError(401, "Unauthorized")
}

func TestAuthenticateTellsNobodyWhoHasAPassword(t *testing.T) {
	t.Parallel()
	f := start(t)
	for _, email := range []string{"ada@example.com", "nobody@example.com"} {
		got := f.call("", "POST", "/users/authentication", object{"email": email}).want(200)
		equal(t, "answer", got.object(), object{"authenticationStrategy": "Password"})
	}
	equal(t, "printed", f.terminal.lines(), []string{""})
}

func TestOldestSessionMakesWay(t *testing.T) {
	t.Parallel()
	f := start(t)
	first := f.ada()
	f.call(first, "GET", "/users/session/api", nil).want(200)
	second := f.ada()
	for range 999 {
		f.ada()
	}
	f.call(first, "GET", "/users/session/api", nil).wantError(403, "Session expired")
	f.call(second, "GET", "/users/session/api", nil).want(200)
}
