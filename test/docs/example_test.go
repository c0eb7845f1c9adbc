package docs_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/wingspan-grpc/session-facade/internal/sandbox"
	"github.com/wingspan-grpc/session-facade/internal/sandbox/seed"
	"github.com/wingspan-grpc/session-facade/test/certstest"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
	"github.com/wingspan-grpc/session-facade/test/testinputs"
)

const example = "../../examples/browser"

// buildExample bundles the pages as their README's commands do. Only a machine that is not
// CI may be without what that needs.
func buildExample(t *testing.T) {
	t.Helper()
	testinputs.Add(t, example, "../../gen/ts")
	for _, arguments := range [][]string{{"ci", "--ignore-scripts", "--no-audit", "--no-fund"}, {"run", "build"}} {
		command := exec.CommandContext(t.Context(), "npm", arguments...)
		command.Dir = example
		output, err := command.CombinedOutput()
		switch {
		case err == nil:
		case os.Getenv("CI") == "true" || arguments[0] == "run":
			t.Fatalf("npm %s: %v\n%s", arguments[0], err, output)
		default:
			t.Skipf("NOT TESTED: NPM IS MISSING, OR ITS PACKAGES: %v", err)
		}
	}
}

// newExample starts a server of the pages, and a facade before a sandbox that never
// answers about grants, which their origin may call if it is listed; with a certificate,
// the facade speaks TLS.
func newExample(t *testing.T, listed bool, certificate *tls.Certificate) (pages string, facade *facadetest.Facade) {
	t.Helper()
	made, err := sandbox.New(io.Discard, time.Now, seed.Default)
	if err != nil {
		t.Fatal(err)
	}
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/users/granted-subscriber/") {
			<-r.Context().Done()
			return
		}
		made.ServeHTTP(w, r)
	}))
	t.Cleanup(upstream.Close)
	server := httptest.NewServer(http.FileServer(http.Dir(example)))
	t.Cleanup(server.Close)
	config := facadetest.Config{Certificate: certificate}
	if listed {
		config.CORSOrigins = []string{server.URL}
	}
	return server.URL, facadetest.Start(t, upstream.URL, config)
}

// story makes the page's calls and returns what it prints.
func (p *tab) story(facade, format string) string {
	p.t.Helper()
	p.do(
		chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`{
			const form = document.querySelector("form");
			form.elements.facade.value = %q;
			form.elements.format.value = %q;
			form.requestSubmit();
		}`, facade, format)),
		chromedp.WaitReady(chromedp.CSS("output[data-done]")))
	return run(p, chromedp.Evaluate[string](`document.querySelector("output").textContent`))
}

// TestExamples_InABrowserOfAnotherOrigin: with each library, by each protocol that it has.
func TestExamples_InABrowserOfAnotherOrigin(t *testing.T) {
	certificate := certstest.NewAuthority(t).Issue(t).TLS(t)
	browser := newBrowser(t, certificate)
	buildExample(t)
	for _, c := range []struct {
		page, format, protocol, unauthenticated, invalid, late string
		certificate                                            *tls.Certificate
	}{
		{"connect", "connect", "connect", "Unauthenticated", "InvalidArgument", "DeadlineExceeded", nil},
		{"connect", "grpc-web", "grpcweb", "Unauthenticated", "InvalidArgument", "DeadlineExceeded", nil},
		{"grpc-web", "binary", "grpcweb", "UNAUTHENTICATED", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", nil},
		{"grpc-web", "text", "grpcweb", "UNAUTHENTICATED", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", nil},
		{"connect", "connect", "connect", "Unauthenticated", "InvalidArgument", "DeadlineExceeded", &certificate},
		{"connect", "grpc-web", "grpcweb", "Unauthenticated", "InvalidArgument", "DeadlineExceeded", &certificate},
		{"grpc-web", "text", "grpcweb", "UNAUTHENTICATED", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", &certificate},
	} {
		t.Run(fmt.Sprintf("%s/%s/TLS %t", c.page, c.format, c.certificate != nil), func(t *testing.T) {
			pages, facade := newExample(t, true, c.certificate)
			p := openPage(t, browser, pages+"/"+c.page+".html", screen{1280, 800, "light"}, "form")
			told := p.story(facade.REST, c.format)
			t.Logf("the page tells:\n%s", told)
			want := regexp.MustCompile(`^signed in as user-ada
created an API session with labels \{"example":"browser"\}
listed it
deleted it
wrong password: ` + c.unauthenticated + ` UPSTREAM_REJECTED: .+
empty email: ` + c.invalid + ` INVALID_REQUEST \[email: .+\]: .+
grants did not come within the deadline: ` + c.late + `.*
$`)
			if !want.MatchString(told) {
				t.Errorf("that is not like %s", want)
			}
			if lines := strings.Count(facade.Log.String(), `:"`+c.protocol+`","method":`); lines < 6 {
				t.Errorf("%d access lines of %s:\n%s", lines, c.protocol, facade.Log)
			}
			p.mu.Lock()
			defer p.mu.Unlock()
			if p.protocols["h2"] != (c.certificate != nil) {
				t.Errorf("the browser has spoken %v", p.protocols)
			}
			for _, complaint := range p.complaints {
				if !strings.HasPrefix(complaint, "log: Failed to load resource: the server responded with a status of ") {
					t.Errorf("the page complains: %s", complaint)
				}
			}
			for _, address := range p.requests {
				if !strings.HasPrefix(address, pages) && !strings.HasPrefix(address, facade.REST) && !strings.HasPrefix(address, "data:") ||
					strings.Contains(address, "?") {
					t.Errorf("the page fetched %.200s", address)
				}
			}
		})
	}
}

// TestExamples_OfAnOriginThatIsNotListed: the browser keeps the page from calling.
func TestExamples_OfAnOriginThatIsNotListed(t *testing.T) {
	browser := newBrowser(t)
	buildExample(t)
	pages, facade := newExample(t, false, nil)
	for page, format := range map[string]string{"connect": "connect", "grpc-web": "text"} {
		p := openPage(t, browser, pages+"/"+page+".html", screen{1280, 800, "light"}, "form")
		if told := p.story(facade.REST, format); !strings.HasPrefix(told, "failed: ") {
			t.Errorf("%s: %s", page, told)
		}
	}
	if strings.Contains(facade.Log.String(), `"code":"OK"`) { // preflights are refused
		t.Errorf("a call came through:\n%s", facade.Log)
	}
}
