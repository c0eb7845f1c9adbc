package sandbox_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/sandbox/faults"
	"github.com/wingspan-grpc/session-facade/internal/sandbox/seed"
)

// snapshot is what the sandbox remembers.
func (f *fixture) snapshot() []byte {
	f.t.Helper()
	text, err := f.sandbox.Snapshot()
	if err != nil {
		f.t.Fatal(err)
	}
	return text
}

func (f *fixture) restore(text []byte) {
	f.t.Helper()
	if err := f.sandbox.Restore(text); err != nil {
		f.t.Fatal(err)
	}
}

// TestSnapshot_BringsAllBack: what was open then is open again, with its codes, its tries
// and its time.
func TestSnapshot_BringsAllBack(t *testing.T) {
	t.Parallel()
	f := start(t)
	pending := f.call("", "POST", "/users/pending/session", object{"email": "ada@example.com", "password": "analytical-engine"}).want(200).text("token")
	f.call(pending, "POST", "/users/session/otp", nil).want(204)
	password := f.code("one-time password for ada@example.com by SMS")
	ada := f.signIn("ada@example.com", "analytical-engine")
	api := f.call(ada, "POST", "/users/session/api", object{"labels": object{"team": "engine"}, "isUnlimitedExpiration": true}).want(200)
	f.call(ada, "POST", "/users/user/user-ada/verification/email", object{"email": "countess@example.com"}).want(200)
	mailed := f.code("email verification id for countess@example.com")
	f.call(ada, "POST", "/users/user/user-ada/verification/phone", object{"phone": "+1 555 \"0100\"\n"}).want(200)
	phoned := f.code("phone verification code for ada@example.com by SMS")
	f.call("", "POST", "/users/authentication", object{"email": "katherine@example.com"}).want(200)
	single := f.code("single sign-on code for katherine@example.com")
	for range 4 {
		f.call(ada, "PATCH", "/users/user/user-ada/verification/phone", object{"code": "wrong"}).want(400)
	}
	saved := f.snapshot()
	for round := range 2 {
		f.call(pending, "GET", "/users/session/api", nil).wantError(403, "OTP required")
		f.call(pending, "PATCH", "/users/session/otp", object{"code": password}).want(200)
		listed := f.call(pending, "GET", "/users/session/api", nil).want(200)
		if !strings.Contains(listed.body, api.text("sessionId")) {
			t.Errorf("round %d: the list is %s", round, listed.body)
		}
		f.call(api.text("token"), "GET", "/users/session/api", nil).want(200)
		f.call("", "POST", "/users/session/single-sign-on", object{"singleSignOnCode": single}).want(200)
		f.call(ada, "PATCH", "/users/user/user-ada/verification/email", object{"emailVerificationId": mailed}).want(200)
		f.signIn("countess@example.com", "analytical-engine")
		if round == 0 {
			f.call(ada, "PATCH", "/users/user/user-ada/verification/phone", object{"code": phoned}).want(200)
		} else {
			void := f.call(ada, "PATCH", "/users/user/user-ada/verification/phone", object{"code": "wrong"}).want(400)
			equal(t, "the fifth try", strings.Contains(void.body, "void after too many tries"), true)
		}
		if _, err := f.sandbox.MoveClock(func(now time.Time) time.Time { return now.Add(25 * time.Hour) }); err != nil {
			t.Fatal(err)
		}
		f.call(ada, "GET", "/users/session/api", nil).wantError(403, "Session expired")
		f.call(api.text("token"), "GET", "/users/session/api", nil).want(200) // has no end
		f.restore(saved)
		equal(t, "the state", string(f.snapshot()), string(saved))
	}
}

// TestRestore_LeavesAllAsItWasIfItFails, also the clock.
func TestRestore_LeavesAllAsItWasIfItFails(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.signIn("ada@example.com", "analytical-engine")
	before := f.snapshot()
	err := f.sandbox.Restore([]byte(`{"now":"2032-01-01T00:00:00Z","users":[{"userId":"a","email":"nobody"}]}`))
	if err == nil || err.Error() != "users[0].email must be an email address" {
		t.Errorf("%v", err)
	}
	equal(t, "the state", string(f.snapshot()), string(before))
}

// TestReset_BeginsAnew: without the faults, at the real time, with the users of the seed.
func TestReset_BeginsAnew(t *testing.T) {
	t.Parallel()
	f := start(t)
	before := f.snapshot()
	token := f.signIn("ada@example.com", "analytical-engine")
	f.call(token, "POST", "/users/session/otp", nil).want(204)
	for range 6 {
		f.call("", "POST", "/users/session", object{"email": "grace@example.com", "password": "wrong"})
	}
	if err := f.sandbox.SetFaults(&faults.Set{Operations: map[string]*faults.Fault{faults.All: {Status: 503}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.sandbox.AddUser(seed.User{Email: "mary@example.com", Password: "heavens"}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.sandbox.MoveClock(func(now time.Time) time.Time { return now.Add(time.Hour) }); err != nil {
		t.Fatal(err)
	}
	f.call(token, "GET", "/users/session/api", nil).want(503)
	if err := f.sandbox.Reset(); err != nil {
		t.Fatal(err)
	}
	equal(t, "the state", string(f.snapshot()), string(before))
	f.call(token, "GET", "/users/session/api", nil).wantError(403, "Session expired")
	f.grace() // whose wrong passwords are forgotten
}

// TestControl_GoesOnBesideCalls, for the race detector: calls and what drives the sandbox
// share its state.
func TestControl_GoesOnBesideCalls(t *testing.T) {
	t.Parallel()
	f := start(t)
	saved := f.snapshot()
	var running sync.WaitGroup
	for _, do := range []func(){
		func() { f.sandbox.Messages("") },
		func() { _ = f.sandbox.Users() },
		func() { f.snapshot() },
		func() { f.restore(saved) },
		func() { _ = f.sandbox.Reset() },
		func() { _ = f.sandbox.Faults() },
		func() { _ = f.sandbox.SetFaults(&faults.Set{Preset: faults.Vendor}) },
		func() { _, _ = f.sandbox.MoveClock(func(now time.Time) time.Time { return now.Add(time.Second) }) },
		func() {
			token, _ := f.call("", "POST", "/users/session", object{"email": "ada@example.com", "password": "analytical-engine"}).object()["token"].(string)
			f.call(token, "POST", "/users/session/otp", nil)
			f.call(token, "POST", "/users/session/api", object{"labels": object{"a": "b"}})
			f.call(token, "GET", "/users/session/api", nil)
		},
	} {
		running.Go(func() {
			for range 50 {
				do()
			}
		})
	}
	running.Wait()
}

// TestSnapshot_OfWhatIsOddCanBeRestored: times at the end of what JSON can tell, and texts
// that are no UTF-8.
func TestSnapshot_OfWhatIsOddCanBeRestored(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.call("", "POST", "/users/session", object{"email": "ada@example.com", "password": "analytical-engine", "expiration": "9999-12-31T23:59:59-01:00"})
	ada := f.ada()
	f.call(ada, "POST", "/users/user/user-ada/verification/phone", "{\"phone\":\"+1\xff\"}")
	f.call(ada, "POST", "/users/session/api", "{\"labels\":{\"a\":\"\xff\"}}")
	f.call(ada, "POST", "/users/session/api", `{"labels":{"a":"\ud800"}}`)
	saved := f.snapshot()
	f.restore(saved)
	equal(t, "the state", string(f.snapshot()), string(saved))
}

// TestMessages_AreBoundedAndOfAUser: the newest stay, and are last.
func TestMessages_AreBoundedAndOfAUser(t *testing.T) {
	t.Parallel()
	f := start(t)
	ada := f.signIn("ada@example.com", "analytical-engine")
	f.call("", "POST", "/users/authentication", object{"email": "katherine@example.com"}).want(200)
	for range seed.MaxMessages {
		f.call(ada, "POST", "/users/session/otp", object{"channel": "Email"}).want(204)
	}
	all := f.sandbox.Messages("")
	last := all[len(all)-1]
	if len(all) != seed.MaxMessages || all[0].ID != 2 || last.ID != seed.MaxMessages+1 || len(f.sandbox.Messages("user-katherine")) != 0 {
		t.Errorf("%d messages, from %d to %d", len(all), all[0].ID, last.ID)
	}
	want := seed.Message{ID: last.ID, Time: f.clock.Now(), UserID: "user-ada", Kind: seed.OneTimePassword, Channel: "Email",
		To: "ada@example.com", Code: f.code("one-time password for ada@example.com by Email")}
	equal(t, "the last", last, want)
	if own := f.sandbox.Messages("user-ada"); len(own) != seed.MaxMessages {
		t.Errorf("%d are ada's", len(own))
	}
}

// TestAddUser_IsBoundedAndUnique.
func TestAddUser_IsBoundedAndUnique(t *testing.T) {
	t.Parallel()
	f := start(t)
	mary, err := f.sandbox.AddUser(seed.User{Email: "mary@example.com", Password: "heavens"})
	if err != nil {
		t.Fatal(err)
	}
	signedIn := f.call("", "POST", "/users/session", object{"email": "mary@example.com", "password": "heavens"}).want(200)
	equal(t, "the user", signedIn.text("userId"), mary.ID)
	for want, user := range map[string]seed.User{
		"email is another user's":             {Email: "MARY@example.com"},
		"userId is another user's":            {ID: "user-ada", Email: "a@example.com"},
		"email must be an email address":      {Email: "mary"},
		"userId must be 1 to 256 of the lett": {ID: "a/b", Email: "b@example.com"},
	} {
		if _, err := f.sandbox.AddUser(user); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%+v: %v", user, err)
		}
	}
	for i := range seed.MaxUsers {
		if _, err = f.sandbox.AddUser(seed.User{Email: fmt.Sprintf("u%d@example.com", i)}); err != nil {
			break
		}
	}
	if users := len(f.sandbox.Users()); err == nil || users != seed.MaxUsers {
		t.Errorf("%d users: %v", users, err)
	}
	f.restore(f.snapshot())
}

// TestFaults_AreResponsesOfTheVendors: with a body of their own, or one as the vendor's.
func TestFaults_AreResponsesOfTheVendors(t *testing.T) {
	t.Parallel()
	f := start(t)
	ada := f.signIn("ada@example.com", "analytical-engine")
	set := func(text string) {
		t.Helper()
		faulty := &faults.Set{}
		if err := seed.Unmarshal([]byte(text), faulty); err != nil {
			t.Fatal(err)
		}
		if err := f.sandbox.SetFaults(faulty); err != nil {
			t.Fatal(err)
		}
	}
	set(`{"operations":{"getUsersSessionApi":{"status":503,"retryAfter":7,"times":1},"postUsersSessionApi":{"status":418,"body":["tea"]}}}`)
	failed := f.call(ada, "GET", "/users/session/api", nil)
	failed.wantError(503, "ServiceUnavailable")
	equal(t, "Retry-After", failed.header.Get("Retry-After"), "7")
	f.call(ada, "GET", "/users/session/api", nil).want(200)
	equal(t, "the body", f.call(ada, "POST", "/users/session/api", object{}).want(418).body, `["tea"]`)
	set(`{"limits":{"getsPerSecond":1}}`)
	f.call(ada, "GET", "/users/session/api", nil).want(200)
	limited := f.call(ada, "GET", "/users/session/api", nil)
	limited.wantError(429, "TooManyRequests")
	equal(t, "Retry-After", limited.header.Get("Retry-After"), "1")
	grace := f.signIn("grace@example.com", "compile-the-world")
	f.call(grace, "GET", "/users/session/api", nil).want(200)
	f.clock.advance(time.Second)
	f.call(ada, "GET", "/users/session/api", nil).want(200)
}
