package sandbox_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/sandbox"
	"github.com/wingspan-grpc/session-facade/internal/sandbox/seed"
	"github.com/wingspan-grpc/session-facade/test/contract"
)

// call is an operation of the contract, with the least body that it takes.
type call struct {
	contract.Operation
	path string
	body any
}

func calls() []call {
	var all []call
	for _, o := range contract.Operations {
		c := call{Operation: o, path: pathVariable.ReplaceAllString(o.Path(), "user-ada")}
		if o.Body != "" {
			c.body = contract.Least(o.Request)
		}
		for i, parameter := range contract.Members(o.Query) {
			if word, _, _ := strings.Cut(parameter.Type, "|"); !parameter.Optional {
				value := map[string]string{"string": "1", "int": "1", "bool": "true", word: word}[parameter.Type]
				c.path += map[bool]string{true: "?", false: "&"}[i == 0] + parameter.Name + "=" + value
			}
		}
		all = append(all, c)
	}
	return all
}

var pathVariable = regexp.MustCompile(`\{\w+\}`)

func TestEveryOperationBehaves(t *testing.T) {
	t.Parallel()
	for _, op := range calls() {
		t.Run(op.RPC, func(t *testing.T) {
			t.Parallel()
			f := start(t)
			switch got := f.call(f.ada(), op.Verb(), op.path, op.body); {
			case got.status == http.StatusNotImplemented:
				t.Errorf("%s has no behaviour: give it a method in internal/sandbox", op.RPC)
			case got.status >= 500, got.status == 405, strings.Contains(got.body, "no such path"):
				t.Errorf("%d %s", got.status, got.body)
			}
		})
	}
}

func TestTokenIsNeeded(t *testing.T) {
	t.Parallel()
	f := start(t)
	for _, op := range calls() {
		if op.Is(contract.SignIn) {
			continue
		}
		for _, token := range []string{"", "nobody's"} {
			if got := f.call(token, op.Verb(), op.path, op.body); got.status != http.StatusNotImplemented { // is told above
				got.wantError(403, "Session expired")
			}
		}
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
	s, err := sandbox.New(brokenTerminal{}, time.Now, seed.Default)
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
