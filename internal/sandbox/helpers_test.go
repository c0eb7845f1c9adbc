package sandbox_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/sandbox"
	"github.com/wingspan-grpc/session-facade/internal/sandbox/seed"
	"github.com/wingspan-grpc/session-facade/test/httpclient"
)

// object is a JSON object, written by hand: these tests must not share a codec
// with what they test.
type object = map[string]any

// clock is a time that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// in is a time as a request spells it.
func (c *clock) in(d time.Duration) string { return c.Now().Add(d).Format("2006-01-02T15:04:05.000Z") }

// terminal keeps what a sandbox prints.
type terminal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *terminal) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *terminal) lines() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Split(strings.TrimSuffix(p.text.String(), "\n"), "\n")
}

// fixture is a running sandbox.
type fixture struct {
	t        *testing.T
	url      string
	clock    *clock
	terminal *terminal
	sandbox  *sandbox.Sandbox
}

func start(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{t: t, clock: &clock{now: time.Date(2031, 5, 6, 7, 8, 9, 123e6, time.UTC)}, terminal: &terminal{}}
	s, err := sandbox.New(f.terminal, f.clock.Now, seed.Default)
	if err != nil {
		t.Fatal(err)
	}
	f.sandbox = s
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	f.url = server.URL
	return f
}

// in is the same sandbox for a subtest.
func (f *fixture) in(t *testing.T) *fixture {
	t.Helper()
	same := *f
	same.t = t
	return &same
}

// code returns the code in the last line printed, which must begin with prefix.
func (f *fixture) code(prefix string) string {
	f.t.Helper()
	lines := f.terminal.lines()
	code, ok := strings.CutPrefix(lines[len(lines)-1], "sandbox: "+prefix+": ")
	if !ok || code == "" {
		f.t.Fatalf("last line printed is %q, want %q and a code", lines[len(lines)-1], prefix)
	}
	return code
}

// answer is an HTTP response, read.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   string
}

// call makes a request. The body may be nil, a string as it stands, or a value.
// Headers come in pairs.
func (f *fixture) call(token, verb, path string, body any, header ...string) *answer {
	f.t.Helper()
	var reader io.Reader
	switch body := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(body)
	default:
		text, err := json.Marshal(body)
		if err != nil {
			f.t.Fatal(err)
		}
		reader = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(f.t.Context(), verb, f.url+path, reader)
	if err != nil {
		f.t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := httpclient.Shared.Do(request)
	if err != nil {
		f.t.Fatal(err)
	}
	text, err := io.ReadAll(response.Body)
	if err := response.Body.Close(); err != nil {
		f.t.Error(err)
	}
	if err != nil {
		f.t.Fatal(err)
	}
	return &answer{t: f.t, status: response.StatusCode, header: response.Header, body: string(text)}
}

// want checks the status.
func (a *answer) want(status int) *answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("status %d, want %d; body %s", a.status, status, a.body)
	}
	if status == http.StatusNoContent && a.body != "" {
		a.t.Fatalf("204 with body %q", a.body)
	}
	if status != http.StatusNoContent && !strings.HasPrefix(a.header.Get("Content-Type"), "application/json") {
		a.t.Fatalf("Content-Type is %q", a.header.Get("Content-Type"))
	}
	return a
}

// wantError checks the status and the reason that an error gives, in either of
// its two shapes.
func (a *answer) wantError(status int, reason string) {
	a.t.Helper()
	got := a.want(status).object()
	if len(got) == 1 && got["error"] == reason {
		return
	}
	if message, _ := got["message"].(string); len(got) != 2 || got["code"] != reason || message == "" {
		a.t.Errorf("error is %s, want %s and a message", a.body, reason)
	}
}

func (a *answer) object() object {
	a.t.Helper()
	return decode[object](a)
}

func (a *answer) list() []object {
	a.t.Helper()
	return decode[[]object](a)
}

func decode[T any](a *answer) T {
	a.t.Helper()
	var value T
	if err := json.Unmarshal([]byte(a.body), &value); err != nil {
		a.t.Fatalf("%v: %s", err, a.body)
	}
	return value
}

// text returns a member that must be a non-empty string.
func (a *answer) text(member string) string {
	a.t.Helper()
	value, _ := a.object()[member].(string)
	if value == "" {
		a.t.Fatalf("%s is missing in %s", member, a.body)
	}
	return value
}

func (f *fixture) signIn(email, password string) (token string) {
	f.t.Helper()
	return f.call("", "POST", "/users/session", object{"email": email, "password": password}).want(200).text("token")
}

func (f *fixture) ada() string { f.t.Helper(); return f.signIn("ada@example.com", "analytical-engine") }

func (f *fixture) grace() string {
	f.t.Helper()
	return f.signIn("grace@example.com", "compile-the-world")
}

// tokenPath is the path of a session as the vendor's client writes it.
func tokenPath(token string) string { return "/users/session/token/" + url.PathEscape(token) }

// otherThan is a code of the same form that is wrong.
func otherThan(code string) string {
	if code == "000000" {
		return "000001"
	}
	return "000000"
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	g, errG := json.Marshal(got)
	w, errW := json.Marshal(want)
	if errG != nil || errW != nil || !bytes.Equal(g, w) {
		t.Errorf("%s is %s, want %s", what, g, w)
	}
}
