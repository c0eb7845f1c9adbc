package sandbox_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/wingspan-grpc/session-facade/test/contract"
)

func (f *fixture) pending(extra object) (token string) {
	f.t.Helper()
	body := object{"email": "ada@example.com", "password": "analytical-engine"}
	for name, value := range extra {
		body[name] = value
	}
	return f.call("", "POST", "/users/pending/session", body).want(200).text("token")
}

func (f *fixture) otp(token string) (code string) {
	f.t.Helper()
	f.call(token, "POST", "/users/session/otp", object{"channel": "SMS"}).want(204)
	return f.code("one-time password for ada@example.com by SMS")
}

func TestPendingSessionIsRaised(t *testing.T) {
	t.Parallel()
	f := start(t)
	token := f.pending(nil)
	for _, op := range calls() {
		if op.Is(contract.SignIn) || strings.HasPrefix(op.path, "/users/session/token/") || op.path == "/users/session/otp" {
			continue
		}
		if got := f.call(token, op.Verb(), op.path, op.body); got.status != http.StatusNotImplemented { // is told elsewhere
			got.wantError(403, "OTP required")
		}
	}
	f.call(token, "GET", tokenPath(token), nil).want(200)
	code := f.otp(token)
	if !regexp.MustCompile(`^\d{6}$`).MatchString(code) {
		t.Errorf("code is %q", code)
	}
	f.call(token, "PATCH", "/users/session/otp", object{"code": otherThan(code)}).wantError(400, "BadRequest")
	raised := f.call(token, "PATCH", "/users/session/otp", object{"code": code}).want(200)
	equal(t, "session", raised.object(), object{
		"expiration": "2031-05-07T07:08:09.123Z", "sessionType": "User", "token": token, "userId": "user-ada",
	})
	f.call(token, "GET", "/users/session/api", nil).want(200)
	f.call(token, "PATCH", "/users/session/otp", object{"code": code}).wantError(400, "BadRequest")
}

func TestPendingSessionCanBeDropped(t *testing.T) {
	t.Parallel()
	f := start(t)
	token := f.pending(nil)
	f.call(token, "DELETE", tokenPath(token), nil).want(204)
	f.call(token, "POST", "/users/session/otp", nil).wantError(403, "Session expired")
}

func TestOtpChannels(t *testing.T) {
	t.Parallel()
	f := start(t)
	token := f.ada()
	for _, c := range []struct {
		body any
		word string
	}{{nil, "SMS"}, {object{}, "SMS"}, {object{"channel": nil}, "SMS"}, {object{"channel": "Email", "appRedirectPath": "/in"}, "Email"}} {
		f.call(token, "POST", "/users/session/otp", c.body).want(204)
		f.code("one-time password for ada@example.com by " + c.word)
	}
}

func (f *fixture) redeem(token, code string) *answer {
	f.t.Helper()
	return f.call(token, "PATCH", "/users/session/otp", object{"code": code})
}

func TestOtpIsVoidBeforeItIsAskedFor(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.redeem(f.pending(nil), "000000").wantError(400, "BadRequest")
}

func TestOtpIsVoidAfterTenMinutes(t *testing.T) {
	t.Parallel()
	f := start(t)
	token := f.pending(nil)
	code := f.otp(token)
	f.clock.advance(10 * time.Minute)
	f.redeem(token, code).wantError(400, "BadRequest")
}

func TestOtpIsVoidAfterFiveWrongTries(t *testing.T) {
	t.Parallel()
	f := start(t)
	token := f.pending(nil)
	code := f.otp(token)
	for range 4 {
		f.redeem(token, otherThan(code)).wantError(400, "BadRequest")
	}
	f.redeem(token, code).want(200)
	code = f.otp(token)
	for range 5 {
		f.redeem(token, otherThan(code)).wantError(400, "BadRequest")
	}
	f.redeem(token, code).wantError(400, "BadRequest")
	f.redeem(token, f.otp(token)).want(200)
}

func TestOtpIsVoidOnceThereIsAnother(t *testing.T) {
	t.Parallel()
	f := start(t)
	token := f.pending(nil)
	first := f.otp(token)
	second := f.otp(token)
	for second == first {
		second = f.otp(token)
	}
	f.redeem(token, first).wantError(400, "BadRequest")
	f.redeem(token, second).want(200)
}

func TestOtpIsVoidForAnotherSession(t *testing.T) {
	t.Parallel()
	f := start(t)
	code := f.otp(f.pending(nil))
	f.redeem(f.pending(nil), code).wantError(400, "BadRequest")
}

func TestOtpExpiration(t *testing.T) {
	t.Parallel()
	f := start(t)
	soon := object{"otpExpiration": f.clock.in(5 * time.Minute)}
	left, raised := f.pending(soon), f.pending(soon)
	f.call(raised, "PATCH", "/users/session/otp", object{"code": f.otp(raised)}).want(200)
	body := object{"email": "ada@example.com", "password": "analytical-engine", "otpExpiration": f.clock.in(5 * time.Minute)}
	ordinary := f.call("", "POST", "/users/session", body).want(200).text("token")
	code := f.otp(ordinary)
	f.clock.advance(5 * time.Minute)
	f.call(left, "POST", "/users/session/otp", nil).wantError(403, "Session expired")
	f.call(raised, "GET", "/users/session/api", nil).want(200)
	f.call(ordinary, "PATCH", "/users/session/otp", object{"code": code}).wantError(400, "BadRequest")
	f.call(ordinary, "GET", "/users/session/api", nil).want(200)
}
