package sandbox_test

import (
	"strings"
	"testing"
	"time"
)

const (
	emailPath    = "/users/user/user-ada/verification/email"
	existingPath = "/users/user/user-ada/verification/existing-email"
	phonePath    = "/users/user/user-ada/verification/phone"
)

func TestEmailVerification(t *testing.T) {
	t.Parallel()
	f := start(t)
	token := f.ada()
	begun := f.call(token, "POST", emailPath, object{"email": "countess@example.com", "redirectPath": "/done"}).want(200)
	equal(t, "begun", begun.object(), object{"email": "countess@example.com", "status": "Pending", "userId": "user-ada"})
	id := f.code("email verification id for countess@example.com")
	f.signIn("ada@example.com", "analytical-engine") // not yet changed
	f.call(token, "PATCH", emailPath, object{"emailVerificationId": "wrong"}).wantError(400, "BadRequest")
	done := f.call(token, "PATCH", emailPath, object{"emailVerificationId": id}).want(200)
	equal(t, "completed", done.object(), object{"email": "countess@example.com", "status": "Verified", "userId": "user-ada"})
	f.call(token, "PATCH", emailPath, object{"emailVerificationId": id}).wantError(400, "BadRequest")
	f.signIn("countess@example.com", "analytical-engine")
	f.call("", "POST", "/users/session", object{"email": "ada@example.com", "password": "analytical-engine"}).wantError(401, "Unauthorized")
}

func TestExistingEmailVerification(t *testing.T) {
	t.Parallel()
	f := start(t)
	token := f.ada()
	f.call(token, "PATCH", emailPath, object{"emailVerificationId": "early"}).wantError(400, "BadRequest")
	begun := f.call(token, "POST", existingPath, nil).want(200)
	equal(t, "begun", begun.object(), object{"email": "ada@example.com", "status": "Pending", "userId": "user-ada"})
	first := f.code("email verification id for ada@example.com")
	f.call(token, "POST", existingPath, object{"redirectPath": nil}).want(200)
	second := f.code("email verification id for ada@example.com")
	f.call(token, "PATCH", emailPath, object{"emailVerificationId": first}).wantError(400, "BadRequest")
	done := f.call(token, "PATCH", emailPath, object{"emailVerificationId": second}).want(200)
	equal(t, "status", done.text("status"), "Verified")
	f.call(token, "POST", existingPath, nil).want(200)
	f.clock.advance(10 * time.Minute)
	late := object{"emailVerificationId": f.code("email verification id for ada@example.com")}
	f.call(token, "PATCH", emailPath, late).wantError(400, "BadRequest")
}

func TestEmailThatCannotBeHad(t *testing.T) {
	t.Parallel()
	f := start(t)
	token := f.ada()
	f.call(token, "POST", emailPath, object{"email": "Grace@example.com"}).wantError(409, "Conflict")
	for _, email := range []string{"no address", "a@b\nsandbox: forged", "a@", strings.Repeat("a", 65) + "@b.example"} {
		f.call(token, "POST", emailPath, object{"email": email}).wantError(422, "UnprocessableEntity")
	}
	equal(t, "printed", f.terminal.lines(), []string{""})

	f.call(token, "POST", emailPath, object{"email": "shared@example.com"}).want(200)
	hers := f.code("email verification id for shared@example.com")
	other := f.grace()
	const otherPath = "/users/user/user-grace/verification/email"
	f.call(other, "POST", otherPath, object{"email": "shared@example.com"}).want(200)
	f.call(other, "PATCH", otherPath, object{"emailVerificationId": f.code("email verification id for shared@example.com")}).want(200)
	f.call(token, "PATCH", emailPath, object{"emailVerificationId": hers}).wantError(409, "Conflict")
}

func TestPhoneVerification(t *testing.T) {
	t.Parallel()
	f := start(t)
	token := f.ada()
	const phone = "(410) 435-0691 x609"
	f.call(token, "PATCH", phonePath, object{"code": "000000"}).wantError(400, "BadRequest")
	want := object{
		"phone": phone, "status": "Pending", "userId": "user-ada",
		"session": f.call(token, "GET", tokenPath(token), nil).want(200).object(),
	}
	begun := f.call(token, "POST", phonePath, object{"phone": phone}).want(200)
	equal(t, "begun", begun.object(), want)
	f.code("phone verification code for ada@example.com by SMS")
	f.call(token, "POST", phonePath, object{"phone": phone, "channel": "PhoneCall"}).want(200)
	code := f.code("phone verification code for ada@example.com by PhoneCall")
	f.call(token, "PATCH", phonePath, object{"code": otherThan(code)}).wantError(400, "BadRequest")
	want["status"] = "Verified"
	equal(t, "completed", f.call(token, "PATCH", phonePath, object{"code": code}).want(200).object(), want)
	f.call(token, "PATCH", phonePath, object{"code": code}).wantError(400, "BadRequest")
}

func TestVerificationIsForOneself(t *testing.T) {
	t.Parallel()
	f := start(t)
	token, admin := f.ada(), f.grace()
	for _, id := range []string{"user-grace", "user-nobody"} {
		f.call(token, "POST", "/users/user/"+id+"/verification/email", object{"email": "a@b.example"}).wantError(403, "Forbidden")
		f.call(token, "POST", "/users/user/"+id+"/verification/existing-email", nil).wantError(403, "Forbidden")
		f.call(token, "POST", "/users/user/"+id+"/verification/phone", object{"phone": "1"}).wantError(403, "Forbidden")
		f.call(token, "PATCH", "/users/user/"+id+"/verification/email", object{"emailVerificationId": "1"}).wantError(403, "Forbidden")
		f.call(token, "PATCH", "/users/user/"+id+"/verification/phone", object{"code": "1"}).wantError(403, "Forbidden")
	}
	equal(t, "userId", f.call(admin, "POST", existingPath, nil).want(200).text("userId"), "user-ada")
	f.call(admin, "POST", "/users/user/user-nobody/verification/existing-email", nil).wantError(404, "NotFound")
}

func TestSigningInAsAnother(t *testing.T) {
	t.Parallel()
	f := start(t)
	const path = "/users/session/requesting-user"
	token, admin := f.ada(), f.grace()
	f.call(token, "POST", path, object{"email": "grace@example.com"}).wantError(403, "Forbidden")
	f.call(admin, "POST", path, object{"email": "nobody@example.com"}).wantError(404, "NotFound")
	f.call(admin, "POST", path, object{}).wantError(400, "BadRequest")
	f.call(admin, "POST", path, object{"email": "ada@example.com", "expiration": "x"}).wantError(400, "BadRequest")
	opened := f.call(admin, "POST", path, object{"email": "ada@example.com"}).want(200)
	equal(t, "userId", opened.text("userId"), "user-ada")
	f.call(opened.text("token"), "POST", path, object{"email": "grace@example.com"}).wantError(403, "Forbidden")
}

func TestActingForAnother(t *testing.T) {
	t.Parallel()
	f := start(t)
	const header = "X-WINGSPAN-USER"
	token, admin := f.ada(), f.grace()
	made := f.call(admin, "POST", "/users/session/api", nil, header, "user-ada").want(200)
	equal(t, "userId", made.text("userId"), "user-ada")
	equal(t, "list of the other", f.apiSessionIDs(token), []any{made.text("sessionId")})
	equal(t, "own list", f.apiSessionIDs(admin), []any{})
	f.call(admin, "GET", "/users/session/api", nil, header, "user-nobody").wantError(404, "NotFound")
	f.call(token, "GET", "/users/session/api", nil, header, "user-grace").wantError(403, "Forbidden")
	f.call(token, "GET", "/users/session/api", nil, header, "user-nobody").wantError(403, "Forbidden")
	f.call(token, "GET", "/users/session/api", nil, header, "user-ada").want(200)
	f.call(made.text("token"), "GET", "/users/session/api", nil, header, "user-grace").wantError(403, "Forbidden")
}
