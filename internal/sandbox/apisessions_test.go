package sandbox_test

import (
	"strconv"
	"testing"
	"time"
)

// created is an API session that a test made.
type created struct{ id, token string }

func (f *fixture) apiSession(token string, body any) created {
	f.t.Helper()
	got := f.call(token, "POST", "/users/session/api", body).want(200)
	return created{id: got.text("sessionId"), token: got.text("token")}
}

func (f *fixture) apiSessionIDs(token string) []any {
	f.t.Helper()
	ids := []any{}
	for _, x := range f.call(token, "GET", "/users/session/api", nil).want(200).list() {
		ids = append(ids, x["sessionId"])
	}
	return ids
}

func TestAPISessionFromBeginningToEnd(t *testing.T) {
	t.Parallel()
	f := start(t)
	token := f.pending(nil)
	f.call(token, "PATCH", "/users/session/otp", object{"code": f.otp(token)}).want(200)
	equal(t, "empty list", f.call(token, "GET", "/users/session/api", nil).want(200).body, "[]")

	until := f.clock.in(48 * time.Hour)
	made := f.call(token, "POST", "/users/session/api", object{"expiration": until, "labels": object{"team": "payroll", "env": ""}}).want(200)
	want := object{
		"sessionId": made.text("sessionId"), "expiration": until, "isUnlimitedExpiration": false,
		"labels": object{"team": "payroll", "env": ""}, "sessionType": "API", "token": made.text("token"), "userId": "user-ada",
	}
	equal(t, "API session", made.object(), want)
	path := "/users/session/api/" + made.text("sessionId")
	equal(t, "API session read back", f.call(token, "GET", path, nil).want(200).object(), want)

	delete(want, "token")
	equal(t, "list", f.call(token, "GET", "/users/session/api", nil).want(200).list(), []object{want})
	want["labels"] = object{"team": "billing"}
	equal(t, "patched", f.call(token, "PATCH", path, object{"labels": object{"team": "billing"}}).want(200).object(), want)
	equal(t, "deleted", f.call(token, "DELETE", path, nil).want(200).object(), want)

	f.call(token, "GET", path, nil).wantError(404, "NotFound")
	f.call(token, "PATCH", path, object{}).wantError(404, "NotFound")
	f.call(token, "DELETE", path, nil).wantError(404, "NotFound")
	f.call(made.text("token"), "GET", "/users/session/api", nil).wantError(403, "Session expired")
	f.call(token, "DELETE", tokenPath(token), nil).want(204)
	f.call(token, "GET", "/users/session/api", nil).wantError(403, "Session expired")
}

func TestAPISessionTokenActsAsItsUser(t *testing.T) {
	t.Parallel()
	f := start(t)
	token := f.ada()
	program := f.apiSession(token, nil)
	got := f.call("", "GET", tokenPath(program.token), nil).want(200)
	equal(t, "session", got.object(), object{
		"expiration": f.clock.in(90 * 24 * time.Hour), "sessionType": "API", "token": program.token, "userId": "user-ada",
	})
	child := f.apiSession(program.token, object{})
	equal(t, "list", f.apiSessionIDs(token), []any{program.id, child.id})
	f.call(program.token, "DELETE", tokenPath(program.token), nil).want(204)
	equal(t, "list after its end", f.apiSessionIDs(token), []any{child.id})
}

func TestAPISessionsAreForeign(t *testing.T) {
	t.Parallel()
	f := start(t)
	hers := f.apiSession(f.ada(), nil)
	other := f.grace()
	equal(t, "list", f.apiSessionIDs(other), []any{})
	for _, verb := range []string{"GET", "PATCH", "DELETE"} {
		var body any
		if verb == "PATCH" {
			body = object{"labels": nil}
		}
		f.call(other, verb, "/users/session/api/"+hers.id, body).wantError(404, "NotFound")
	}
	f.call(hers.token, "GET", "/users/session/api/"+hers.id, nil).want(200)
}

func TestPatchTellsNullFromAbsentFromValue(t *testing.T) {
	t.Parallel()
	f := start(t)
	token := f.ada()
	later, fallback := f.clock.in(72*time.Hour), f.clock.in(90*24*time.Hour)
	begin := object{"expiration": f.clock.in(48 * time.Hour), "isUnlimitedExpiration": true, "labels": object{"a": "1"}}
	for name, c := range map[string]struct {
		body    any
		changes object // nil: the member goes
	}{
		"no body":         {nil, nil},
		"null body":       {`null`, nil},
		"empty":           {object{}, nil},
		"expiration":      {object{"expiration": later}, object{"expiration": later}},
		"expiration null": {object{"expiration": nil}, object{"expiration": fallback}},
		"unlimited false": {object{"isUnlimitedExpiration": false}, object{"isUnlimitedExpiration": false}},
		"unlimited null":  {object{"isUnlimitedExpiration": nil}, object{"isUnlimitedExpiration": false}},
		"labels":          {object{"labels": object{"b": "2"}}, object{"labels": object{"b": "2"}}},
		"labels empty":    {object{"labels": object{}}, object{"labels": nil}},
		"labels null":     {object{"labels": nil}, object{"labels": nil}},
		"escaped name":    {`{"\u006cabels":null}`, object{"labels": nil}},
		"all null": {object{"expiration": nil, "isUnlimitedExpiration": nil, "labels": nil},
			object{"expiration": fallback, "isUnlimitedExpiration": false, "labels": nil}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := f.in(t)
			id := f.apiSession(token, begin).id
			want := object{"sessionId": id, "sessionType": "API", "userId": "user-ada"}
			change(want, begin)
			change(want, c.changes)
			equal(t, "patched", f.call(token, "PATCH", "/users/session/api/"+id, c.body).want(200).object(), want)
		})
	}
}

// change gives an object the members of another, and takes away those that are
// nil there.
func change(to, by object) {
	for member, value := range by {
		if to[member] = value; value == nil {
			delete(to, member)
		}
	}
}

func TestAPISessionRefusesBadTimes(t *testing.T) {
	t.Parallel()
	f := start(t)
	token := f.ada()
	path := "/users/session/api/" + f.apiSession(token, object{"labels": object{"a": "1"}}).id
	before := f.call(token, "GET", path, nil).body
	for _, call := range [][2]string{{"POST", "/users/session/api"}, {"PATCH", path}} {
		f.call(token, call[0], call[1], object{"expiration": "soon", "labels": nil}).wantError(400, "BadRequest")
		f.call(token, call[0], call[1], object{"expiration": f.clock.in(0), "labels": nil}).wantError(422, "UnprocessableEntity")
	}
	equal(t, "API session", f.call(token, "GET", path, nil).body, before)
	equal(t, "number of API sessions", len(f.apiSessionIDs(token)), 1)
}

func TestAPISessionsExpire(t *testing.T) {
	t.Parallel()
	f := start(t)
	token := f.ada()
	soon := f.clock.in(time.Hour)
	ends := f.apiSession(token, object{"expiration": soon})
	stays := f.apiSession(token, object{"expiration": soon, "isUnlimitedExpiration": true})
	equal(t, "list", f.apiSessionIDs(token), []any{ends.id, stays.id})
	f.clock.advance(time.Hour)
	f.call(token, "GET", "/users/session/api/"+ends.id, nil).wantError(404, "NotFound")
	equal(t, "list", f.apiSessionIDs(token), []any{stays.id})
	f.call(ends.token, "GET", "/users/session/api", nil).wantError(403, "Session expired")
	f.call(stays.token, "GET", "/users/session/api", nil).want(200)
}

func TestOldestAPISessionMakesWay(t *testing.T) {
	t.Parallel()
	f := start(t)
	token := f.ada()
	first := f.apiSession(token, nil)
	for i := range 100 {
		f.apiSession(token, object{"labels": object{"n": strconv.Itoa(i)}})
	}
	list := f.call(token, "GET", "/users/session/api", nil).want(200).list()
	equal(t, "length", len(list), 100)
	equal(t, "first", list[0]["labels"], object{"n": "0"})
	f.call(first.token, "GET", "/users/session/api", nil).wantError(403, "Session expired")
}

func TestSubscriptionGrants(t *testing.T) {
	t.Parallel()
	f := start(t)
	const path = "/users/granted-subscriber/subscription-grant"
	grants := f.call(f.ada(), "GET", path, nil).want(200).list()
	equal(t, "grants", grants, []object{{
		"_id": "granted-subscriber-1", "grantorId": "user-grace", "memberId": "user-ada", "package": "Professional",
		"packageTier": "Premium", "status": "Active", "subscriptionGrantId": "subscription-grant-1",
	}})
	equal(t, "grants of another", f.call(f.grace(), "GET", path, nil).want(200).body, "[]")
}
