package control_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/wingspan-grpc/session-facade/internal/sandbox"
	"github.com/wingspan-grpc/session-facade/internal/sandbox/control"
	"github.com/wingspan-grpc/session-facade/internal/sandbox/seed"
	"github.com/wingspan-grpc/session-facade/test/httpclient"
)

// start serves a sandbox's control, and returns its URL.
func start(t *testing.T) (*sandbox.Sandbox, string) {
	t.Helper()
	box, err := sandbox.New(io.Discard, time.Now, seed.Default)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(control.Handler(box))
	t.Cleanup(server.Close)
	return box, server.URL
}

func request(t *testing.T, method, url, body string, header ...string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

func send(t *testing.T, r *http.Request) (response *http.Response, body string) {
	t.Helper()
	response, err := httpclient.Shared.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(text)
}

// TestDocument_IsTrue: the document is valid, and each operation takes its example and
// responds as the document says.
func TestDocument_IsTrue(t *testing.T) {
	t.Parallel()
	_, url := start(t)
	document, err := openapi3.NewLoader().LoadFromData(control.Document())
	if err != nil {
		t.Fatal(err)
	}
	if err := document.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	answered := 0
	for path, item := range document.Paths.Map() {
		for method, operation := range item.Operations() {
			body := ""
			if operation.RequestBody != nil {
				text, err := json.Marshal(operation.RequestBody.Value.Content["application/json"].Example)
				if err != nil {
					t.Fatal(err)
				}
				body = string(text)
			}
			query := ""
			for _, parameter := range operation.Parameters {
				query = "?" + parameter.Value.Name + "=" + parameter.Value.Example.(string)
			}
			r := request(t, method, url+path+query, body)
			input := &openapi3filter.RequestValidationInput{Request: r, Route: &routers.Route{
				Spec: document, Path: path, PathItem: item, Method: method, Operation: operation}}
			if err := openapi3filter.ValidateRequest(t.Context(), input); err != nil {
				t.Errorf("%s %s: its example: %v", method, path, err)
			}
			response, text := send(t, request(t, method, url+path+query, body))
			if response.StatusCode >= 300 {
				t.Errorf("%s %s: %d %s", method, path, response.StatusCode, text)
			}
			if err := openapi3filter.ValidateResponse(t.Context(), &openapi3filter.ResponseValidationInput{
				RequestValidationInput: input, Status: response.StatusCode, Header: response.Header, Body: io.NopCloser(strings.NewReader(text)),
			}); err != nil {
				t.Errorf("%s %s: %v", method, path, err)
			}
			answered++
		}
	}
	if answered != 13 {
		t.Errorf("%d operations were called", answered)
	}
	if _, text := send(t, request(t, http.MethodGet, url+"/sandbox/openapi.json", "")); text != string(control.Document()) {
		t.Error("what is served is another document")
	}
	if _, text := send(t, request(t, http.MethodGet, url+"/sandbox/schema.json", "")); text != string(seed.Schema) {
		t.Error("what is served is another schema")
	}
}

// TestHostileRequests_AreRefused by the name of what is wrong with them, and change nothing.
func TestHostileRequests_AreRefused(t *testing.T) {
	t.Parallel()
	box, url := start(t)
	before := len(box.Users())
	for name, c := range map[string]struct {
		method, path, body string
		header             []string
		status             int
		says               string
	}{
		"another path":        {"GET", "/sandbox/", "", nil, 404, ""},
		"another method":      {"PATCH", "/sandbox/state", "{}", nil, 405, ""},
		"no JSON":             {"POST", "/sandbox/users", "{", nil, 400, "the JSON is malformed at byte 1"},
		"nothing":             {"POST", "/sandbox/users", "", []string{"Content-Type", "application/json"}, 400, "the JSON is malformed at byte 0"},
		"a form":              {"POST", "/sandbox/users", `{"email":"m@example.com"}`, []string{"Content-Type", "text/plain"}, 415, "Content-Type must be application/json"},
		"no type":             {"PUT", "/sandbox/state", `{"users":[]}`, []string{"Content-Type", ""}, 415, "Content-Type must be application/json"},
		"a long user":         {"POST", "/sandbox/users", `{"email":"` + strings.Repeat("m", 1<<14) + `"}`, nil, 413, "the body is longer than 16384 bytes"},
		"long faults":         {"PUT", "/sandbox/faults", strings.Repeat(" ", 1<<21+1), nil, 413, "the body is longer than 2097152 bytes"},
		"a long state":        {"PUT", "/sandbox/state", strings.Repeat(" ", seed.MaxBytes+1), nil, 413, "the body is longer than 67108864 bytes"},
		"an unknown member":   {"POST", "/sandbox/users", `{"mail":"m@example.com"}`, nil, 400, "mail is unknown"},
		"a taken address":     {"POST", "/sandbox/users", `{"email":"Ada@example.com"}`, nil, 400, "email is another user's"},
		"a wrong state":       {"PUT", "/sandbox/state", `{"users":[{"userId":"a","email":"a@b","administrator":1}]}`, nil, 400, "users[0].administrator must be true or false"},
		"a wrong fault":       {"PUT", "/sandbox/faults", `{"operations":{"all":{"status":99}}}`, nil, 400, "operations.all.status must be from 400 to 599"},
		"no operation":        {"PUT", "/sandbox/faults", `{"operations":{"CreateSession":{"status":500}}}`, nil, 400, `operations names "CreateSession", which is neither`},
		"backwards":           {"POST", "/sandbox/clock", `{"advance":"-1s"}`, nil, 400, "advance moves the clock backwards"},
		"into the past":       {"POST", "/sandbox/clock", `{"now":"2020-01-01T00:00:00Z"}`, nil, 400, "now moves the clock backwards"},
		"far into the future": {"POST", "/sandbox/clock", `{"now":"2200-01-01T00:00:01Z"}`, nil, 400, "now moves the clock beyond 2200-01-01"},
		"by ages":             {"POST", "/sandbox/clock", `{"advance":"2500000h"}`, nil, 400, "advance moves the clock beyond 2200-01-01"},
		"no duration":         {"POST", "/sandbox/clock", `{"advance":"tomorrow"}`, nil, 400, "advance must be a duration"},
		"no time":             {"POST", "/sandbox/clock", `{"now":"tomorrow"}`, nil, 400, "now must be a time such as"},
		"both":                {"POST", "/sandbox/clock", `{"advance":"1s","now":"2199-01-01T00:00:00Z"}`, nil, 400, "the JSON must have either advance or now"},
		"neither":             {"POST", "/sandbox/clock", `{}`, nil, 400, "the JSON must have either advance or now"},
		"another parameter":   {"GET", "/sandbox/messages?user=ada", "", nil, 400, `"user" is no parameter: userId is`},
		"another page":        {"POST", "/sandbox/users", `{"email":"m@example.com"}`, []string{"Origin", "https://evil.example"}, 403, ""},
		"another site":        {"DELETE", "/sandbox/state", "", []string{"Sec-Fetch-Site", "cross-site"}, 403, ""},
	} {
		response, text := send(t, request(t, c.method, url+c.path, c.body, c.header...))
		var told struct{ Error string }
		_ = json.Unmarshal([]byte(text), &told)
		if response.StatusCode != c.status || !strings.HasPrefix(told.Error, c.says) {
			t.Errorf("%s: %d %.200s, want %d %s", name, response.StatusCode, text, c.status, c.says)
		}
		if response.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: pages of other origins may read it", name)
		}
	}
	if after := len(box.Users()); after != before || box.Now().After(time.Now()) {
		t.Errorf("%d users became %d, and it is %s", before, after, box.Now())
	}
}

// TestState_ComesAndGoes by the API as it does by the sandbox.
func TestState_ComesAndGoes(t *testing.T) {
	t.Parallel()
	box, url := start(t)
	_, saved := send(t, request(t, http.MethodGet, url+"/sandbox/state", ""))
	send(t, request(t, http.MethodPost, url+"/sandbox/users", `{"email":"mary@example.com"}`))
	if response, text := send(t, request(t, http.MethodPost, url+"/sandbox/clock", `{"advance":"24h"}`)); response.StatusCode != http.StatusOK {
		t.Errorf("%d %s", response.StatusCode, text)
	}
	if len(box.Users()) != 4 || time.Until(box.Now()) < 23*time.Hour {
		t.Errorf("%d users, and it is %s", len(box.Users()), box.Now())
	}
	if response, text := send(t, request(t, http.MethodPut, url+"/sandbox/state", saved)); response.StatusCode != http.StatusNoContent {
		t.Errorf("%d %s", response.StatusCode, text)
	}
	if len(box.Users()) != 3 || time.Until(box.Now()) > 0 {
		t.Errorf("%d users, and it is %s", len(box.Users()), box.Now())
	}
	send(t, request(t, http.MethodPut, url+"/sandbox/state", `{"users":[]}`))
	send(t, request(t, http.MethodDelete, url+"/sandbox/state", ""))
	if _, text := send(t, request(t, http.MethodGet, url+"/sandbox/users", "")); !bytes.Contains([]byte(text), []byte("ada@example.com")) {
		t.Errorf("after the reset the users are %s", text)
	}
}
