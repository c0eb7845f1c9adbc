package sandbox_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/sandbox"
)

// operations are the calls of the contract, with the least body that they take.
var operations = []struct {
	verb, path string
	body       any
}{
	{"DELETE", "/users/session/api/x", nil},
	{"DELETE", "/users/session/token/x", nil},
	{"GET", "/users/granted-subscriber/subscription-grant", nil},
	{"GET", "/users/session/api", nil},
	{"GET", "/users/session/api/x", nil},
	{"GET", "/users/session/token/x", nil},
	{"PATCH", "/users/session/api/x", nil},
	{"PATCH", "/users/session/otp", object{"code": "1"}},
	{"PATCH", "/users/user/user-ada/verification/email", object{"emailVerificationId": "1"}},
	{"PATCH", "/users/user/user-ada/verification/phone", object{"code": "1"}},
	{"POST", "/users/authentication", object{"email": "a@b.example"}},
	{"POST", "/users/pending/session", object{"email": "a@b.example", "password": "p"}},
	{"POST", "/users/session", object{"email": "a@b.example", "password": "p"}},
	{"POST", "/users/session/api", nil},
	{"POST", "/users/session/otp", nil},
	{"POST", "/users/session/requesting-user", object{"email": "a@b.example"}},
	{"POST", "/users/session/single-sign-on", object{"singleSignOnCode": "1"}},
	{"POST", "/users/session/social-auth/google", object{"idToken": "1"}},
	{"POST", "/users/user/user-ada/verification/email", object{"email": "a@b.example"}},
	{"POST", "/users/user/user-ada/verification/existing-email", nil},
	{"POST", "/users/user/user-ada/verification/phone", object{"phone": "1"}},
}

func TestEveryOperationBehaves(t *testing.T) {
	t.Parallel()
	for _, op := range operations {
		t.Run(op.verb+" "+op.path, func(t *testing.T) {
			t.Parallel()
			f := start(t)
			switch got := f.call(f.ada(), op.verb, op.path, op.body); {
			case got.status >= 500, got.status == 405, strings.Contains(got.body, "no such path"):
				t.Errorf("%d %s", got.status, got.body)
			}
		})
	}
}

func TestTokenIsNeeded(t *testing.T) {
	t.Parallel()
	f := start(t)
	open := map[string]bool{
		"/users/authentication": true, "/users/pending/session": true, "/users/session": true,
		"/users/session/single-sign-on": true, "/users/session/social-auth/google": true,
	}
	for _, op := range operations {
		if open[op.path] {
			continue
		}
		f.call("", op.verb, op.path, op.body).wantError(403, "Session expired")
		f.call("nobody's", op.verb, op.path, op.body).wantError(403, "Session expired")
	}
}

func TestRouting(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.call("", "GET", "/users/nothing", nil).wantError(404, "NotFound")
	f.call("", "GET", "/", nil).wantError(404, "NotFound")
	f.call("", "GET", "/users/session/token/%2e%2e", nil).wantError(400, "BadRequest")
	f.call("", "GET", "/users/session/token/", nil).wantError(400, "BadRequest")
	wrong := f.call("", "PUT", "/users/session/api", object{})
	wrong.wantError(405, "MethodNotAllowed")
	equal(t, "Allow", wrong.header.Get("Allow"), "GET, POST")
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	f := start(t)
	equal(t, "X-Request-Id", f.call("", "GET", "/", nil, "X-Request-Id", "mine-1").header.Get("X-Request-Id"), "mine-1")
	if first, second := f.call("", "GET", "/", nil), f.call("", "GET", "/", nil); first.header.Get("X-Request-Id") == "" ||
		first.header.Get("X-Request-Id") == second.header.Get("X-Request-Id") {
		t.Error("no X-Request-Id of its own")
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	f := start(t)
	for name, body := range map[string]any{
		"malformed":        `{"email":`,
		"not an object":    `[]`,
		"trailing garbage": `{"email":"a@b.example"} x`,
		"wrong type":       `{"email":1}`,
		"twice":            `{"email":"a@b.example","email":"c@d.example"}`,
		"missing member":   `{}`,
		"null member":      `{"email":null}`,
		"empty member":     `{"email":""}`,
		"null":             `null`,
		"none":             nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f.in(t).call("", "POST", "/users/authentication", body).wantError(400, "BadRequest")
		})
	}
	f.call("", "POST", "/users/session", nil).wantError(400, "BadRequest")
	f.call(f.ada(), "POST", "/users/session/otp", object{"channel": "Pigeon"}).wantError(400, "BadRequest")
	huge := `{"email":"` + strings.Repeat("a", 1<<20) + `"}`
	f.call("", "POST", "/users/authentication", huge).wantError(413, "TooLarge")
	f.call(f.ada(), "POST", "/users/session/api", `null`).want(200)
}

// brokenTerminal can't be written to.
type brokenTerminal struct{}

func (brokenTerminal) Write([]byte) (int, error) { return 0, errors.New("closed") }

func TestCodeThatCannotBePrintedFailsItsCall(t *testing.T) {
	t.Parallel()
	s, err := sandbox.New(brokenTerminal{}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	recorder := httptest.NewRecorder()
	s.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/users/authentication",
		strings.NewReader(`{"email":"katherine@example.com"}`)))
	if recorder.Code != http.StatusInternalServerError {
		t.Errorf("status %d: %s", recorder.Code, recorder.Body)
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	f := start(t)
	t.Cleanup(func() { equal(t, "lines printed", len(f.terminal.lines()), 40) })
	for i := range 8 {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			f := f.in(t)
			token := f.ada()
			for range 5 {
				id := f.call(token, "POST", "/users/session/api", object{"labels": object{"team": "a"}}).text("sessionId")
				f.call(token, "GET", "/users/session/api", nil).want(200)
				f.call(token, "PATCH", "/users/session/api/"+id, object{"labels": object{"team": "b"}}).want(200)
				f.call(token, "POST", "/users/session/otp", nil).want(204)
				f.call(token, "DELETE", "/users/session/api/"+id, nil).want(200)
			}
			f.call(token, "DELETE", tokenPath(token), nil).want(204)
		})
	}
}
