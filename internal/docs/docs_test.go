package docs

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/wingspan-grpc/session-facade/gen/openapi"
)

// teapot is what is behind the page.
var teapot = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Path", r.URL.EscapedPath())
	w.WriteHeader(http.StatusTeapot)
})

// ask makes a request, with headers as pairs of name and value.
func ask(t *testing.T, method, target string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	return askOf(t, mailbox, method, target, header...)
}

// mailbox lists what a sandbox sent.
var mailbox = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "messages") })

func askOf(t *testing.T, mailbox http.Handler, method, target string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	handler, err := Handler(teapot, mailbox)
	if err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, request)
	return answer
}

func TestOtherPathsPassAsTheyCame(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/", "/docsy", "/doc", "//docs", "/users/session", "/users//docs", "/users/session/api/%2E%2e", "/users/session/api/a%2Fb"} {
		answer := ask(t, http.MethodGet, "http://facade"+path)
		if got := answer.Header().Get("Path"); answer.Code != http.StatusTeapot || got != path {
			t.Errorf("%s: %d, passed as %q", path, answer.Code, got)
		}
		if answer.Header().Get("Content-Security-Policy") != "" {
			t.Errorf("%s has the page's headers", path)
		}
	}
}

// TestPagesAreStrict shows that the pages keep their own policy: no inline scripts
// and styles, nothing from elsewhere; and that what they name is there.
func TestPagesAreStrict(t *testing.T) {
	t.Parallel()
	for path, assets := range map[string]int{Path: 4, Path + "/typed": 3, Path + "/sandbox": 3} {
		response := ask(t, http.MethodGet, path)
		page := response.Body.String()
		for _, forbidden := range []string{"<script>", "<style", " style=", " onload=", " onclick=", `="http`, `="//`} {
			if strings.Contains(page, forbidden) {
				t.Errorf("%s has %s", path, forbidden)
			}
		}
		named := regexp.MustCompile(`(?:src|href)="(?:docs/)?([^"/]+\?v=[^"]+)"`).FindAllStringSubmatch(page, -1)
		if len(named) != assets {
			t.Errorf("%s names %q", path, named)
		}
		for _, name := range named {
			got := ask(t, http.MethodGet, Path+"/"+name[1])
			if got.Code != http.StatusOK || got.Header().Get("Cache-Control") != "public, max-age=31536000, immutable" {
				t.Errorf("%s: %d, %q", name[1], got.Code, got.Header().Get("Cache-Control"))
			}
		}
		for name, want := range map[string]string{
			"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-cache", "Content-Security-Policy": policy,
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"} {
			if got := response.Header().Get(name); got != want {
				t.Errorf("%s: %s: %q, want %q", path, name, got, want)
			}
		}
	}
	if strings.Contains(policy, "-inline") || strings.Contains(policy, "-eval") || strings.Contains(policy, "http") || !strings.HasPrefix(policy, "default-src 'none';") {
		t.Errorf("the policy is %q", policy)
	}
}

// TestSandboxPage_IsThereOnlyWithASandbox, and what was sent is read, never written, there.
func TestSandboxPage_IsThereOnlyWithASandbox(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", ".css", ".js", "/messages"} {
		if got := askOf(t, nil, http.MethodGet, Path+"/sandbox"+name); got.Code != http.StatusNotFound {
			t.Errorf("without a sandbox, sandbox%s: %d", name, got.Code)
		}
	}
	got := ask(t, http.MethodGet, Path+"/sandbox/messages")
	if got.Body.String() != "messages" || got.Header().Get("Content-Security-Policy") != policy || got.Header().Get("Cross-Origin-Resource-Policy") != "same-origin" {
		t.Errorf("%d %s %v", got.Code, got.Body, got.Header())
	}
	if got := ask(t, http.MethodPost, Path+"/sandbox/messages"); got.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", got.Code)
	}
	for path, link := range map[string]string{Path: `href="docs/sandbox"`, Path + "/typed": `href="sandbox"`} {
		if strings.Contains(askOf(t, nil, http.MethodGet, path).Body.String(), link) || !strings.Contains(ask(t, http.MethodGet, path).Body.String(), link) {
			t.Errorf("%s: the link to the sandbox's page is there without one, or is missing with one", path)
		}
	}
}

func TestDocumentIsServedInBothEncodings(t *testing.T) {
	t.Parallel()
	tags := map[string]bool{}
	for _, accepted := range []string{"", "gzip, br", "identity", "gzip;q=0", "br, gzip;q=0.5"} {
		answer := ask(t, http.MethodGet, Path+"/openapi.json", "Accept-Encoding", accepted)
		var body io.Reader = answer.Body
		zipped := answer.Header().Get("Content-Encoding") == "gzip"
		if zipped {
			reader, err := gzip.NewReader(body)
			if err != nil {
				t.Fatal(err)
			}
			body = reader
		}
		if want := strings.Contains(accepted, "gzip") && accepted != "gzip;q=0"; zipped != want {
			t.Errorf("%q: compressed is %v", accepted, zipped)
		}
		text, err := io.ReadAll(body)
		if err != nil || string(text) != string(openapi.Document) {
			t.Errorf("%q: another document, %v", accepted, err)
		}
		tag := answer.Header().Get("Etag")
		tags[tag] = true
		again := ask(t, http.MethodGet, Path+"/openapi.json", "Accept-Encoding", accepted, "If-None-Match", tag)
		if again.Code != http.StatusNotModified || answer.Header().Get("Vary") != "Accept-Encoding" {
			t.Errorf("%q: %d with the ETag %s", accepted, again.Code, tag)
		}
	}
	if len(tags) != 2 {
		t.Errorf("the ETags are %v", tags)
	}
}

func TestWhatIsNotThere(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		method, path string
		status       int
		header, want string
	}{
		{http.MethodGet, "/docs/", http.StatusPermanentRedirect, "Location", "../docs"},
		{http.MethodGet, "/docs/nothing", http.StatusNotFound, "Content-Security-Policy", policy},
		{http.MethodGet, "/docs//", http.StatusNotFound, "X-Content-Type-Options", "nosniff"},
		{http.MethodGet, "/docs/../users/session", http.StatusNotFound, "Location", ""},
		{http.MethodGet, "/docs/swagger-ui-bundle.js?v=old", http.StatusOK, "Cache-Control", "no-cache"},
		{http.MethodHead, "/docs", http.StatusOK, "Content-Type", "text/html; charset=utf-8"},
		{http.MethodPost, "/docs", http.StatusMethodNotAllowed, "Allow", "GET, HEAD"},
		{http.MethodOptions, "/docs/docs.js", http.StatusMethodNotAllowed, "Allow", "GET, HEAD"},
	} {
		answer := ask(t, c.method, c.path)
		if got := answer.Header().Get(c.header); answer.Code != c.status || got != c.want {
			t.Errorf("%s %s: %d, %s %q", c.method, c.path, answer.Code, c.header, got)
		}
	}
}

// TestBodyIsNotRead shows that a connection with a body that nobody reads is not used
// again, and one without is.
func TestBodyIsNotRead(t *testing.T) {
	t.Parallel()
	handler, err := Handler(teapot, nil)
	if err != nil {
		t.Fatal(err)
	}
	for body, want := range map[string]string{"": "", "GET / HTTP/1.1": "close"} {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, Path, strings.NewReader(body)))
		if got := answer.Header().Get("Connection"); got != want {
			t.Errorf("with the body %q: Connection: %q, want %q", body, got, want)
		}
	}
}

// TestBadgesHaveColours: of every verb that an RPC may have.
func TestBadgesHaveColours(t *testing.T) {
	t.Parallel()
	style, err := os.ReadFile("page/docs.css")
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"get", "post", "put", "patch", "delete"} {
		if !strings.Contains(string(style), "\n.opblock-"+verb+" { --verb:") {
			t.Errorf("%s has no colour in page/docs.css", verb)
		}
	}
}
