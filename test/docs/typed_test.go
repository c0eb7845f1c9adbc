package docs_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"

	"github.com/wingspan-grpc/session-facade/internal/docs"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

func openTyped(t *testing.T, browser context.Context, root string, look screen) *tab {
	t.Helper()
	return openPage(t, browser, root+docs.Path+"/typed", look, "#CreateSession")
}

// TestTyped_LooksRight looks at the page of the typed API on a desk and in a hand, by day
// and by night.
func TestTyped_LooksRight(t *testing.T) {
	facade := newFacade(t)
	browser := newBrowser(t)
	axe := readAxe(t)
	var rpcs []string
	for i := range facadetest.Descriptor.Methods().Len() {
		rpcs = append(rpcs, string(facadetest.Descriptor.Methods().Get(i).Name()))
	}
	for _, look := range []screen{
		{1280, 800, "light"}, {1280, 800, "dark"}, {390, 844, "light"}, {390, 844, "dark"}} {
		name := fmt.Sprintf("%d-%s", look.width, look.scheme)
		t.Run(name, func(t *testing.T) {
			p := openTyped(t, browser, facade.REST, look)
			drawn := run(p, chromedp.Evaluate[[]string](`[...document.querySelectorAll("summary h2")].map(e => e.textContent)`))
			if diff := cmp.Diff(rpcs, drawn); diff != "" {
				t.Errorf("the page's RPCs (-want +got):\n%s", diff)
			}
			p.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("details").forEach(e => { e.open = true })`))
			if status, _ := p.callTyped("CreateSession"); status != "HTTP 200" {
				t.Errorf("signing in: %s", status)
			}
			for _, text := range run(p, chromedp.Evaluate[[]string](faint)) {
				t.Errorf("hard to read: %s", text)
			}
			if wide := run(p, chromedp.Evaluate[int](`document.documentElement.scrollWidth`)); wide > int(look.width) {
				t.Errorf("the page is %d wide on a screen of %d", wide, look.width)
			}
			p.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("details:not(#CreateSession)").forEach(e => { e.open = false })`))
			p.screenshot("-typed-" + name)
			p.check() // before axe, which breaks the policy with styles of its own
			p.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("details").forEach(e => { e.open = true })`))
			p.checkAccessible(axe)
		})
	}
}

// callTyped makes a call as the page offers it, and returns its status and its response.
func (p *tab) callTyped(rpc string) (status, text string) {
	p.t.Helper()
	p.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`{
		const rpc = document.getElementById(%q);
		rpc.open = true;
		rpc.querySelector("pre").textContent = "";
		rpc.querySelector("form").requestSubmit();
	}`, rpc)), chromedp.WaitVisible(chromedp.CSS("#"+rpc+" pre:not(:empty)")))
	shown := run(p, chromedp.Evaluate[string](fmt.Sprintf(`document.querySelector("#%s pre").textContent`, rpc)))
	status, text, _ = strings.Cut(shown, "\n")
	return status, text
}

// TestTyped_TryIt takes the page as it offers itself: it signs in, hands the token to the
// page and makes calls; the token is in no URL, no log and nowhere in the browser.
func TestTyped_TryIt(t *testing.T) {
	facade := newFacade(t)
	p := openTyped(t, newBrowser(t), facade.REST, screen{1280, 800, "light"})
	if status, text := p.callTyped("ListApiSessions"); status != "HTTP 401" || !strings.Contains(text, `"unauthenticated"`) {
		t.Errorf("without a token: %s %s", status, text)
	}
	var signedIn struct{ Session struct{ Token string } }
	status, text := p.callTyped("CreateSession")
	if err := json.Unmarshal([]byte(text), &signedIn); err != nil || status != "HTTP 200" || signedIn.Session.Token == "" {
		t.Fatalf("signing in: %s", status)
	}
	token := signedIn.Session.Token
	p.do(chromedp.SendKeys(chromedp.CSS("#token"), token))
	var made struct {
		APISession struct{ SessionID string }
	}
	status, text = p.callTyped("CreateApiSession")
	if err := json.Unmarshal([]byte(text), &made); err != nil || status != "HTTP 200" || made.APISession.SessionID == "" {
		t.Errorf("an API session: %s", status)
	}
	if status, text := p.callTyped("ListApiSessions"); status != "HTTP 200" || !strings.Contains(text, made.APISession.SessionID) {
		t.Errorf("the list: %s", status)
	}
	if status, text := p.callTyped("GetApiSession"); status != "HTTP 400" || !strings.Contains(text, "google.rpc.BadRequest") {
		t.Errorf("an empty id: %s %s", status, text)
	}
	if kept := run(p, chromedp.Evaluate[int](`localStorage.length + sessionStorage.length + document.cookie.length`)); kept != 0 {
		t.Error("the page keeps something in the browser")
	}
	p.mu.Lock()
	p.complaints = slices.DeleteFunc(p.complaints, func(complaint string) bool { // of the refusals
		return strings.HasPrefix(complaint, "log: Failed to load resource: the server responded with a status of 40")
	})
	for _, address := range p.requests {
		if strings.Contains(address, token) || strings.Contains(address, "/wingspan.") && strings.Contains(address, "?") {
			t.Error("a URL holds more than the path")
		}
	}
	p.mu.Unlock()
	p.check()
	if strings.Contains(facade.Log.String(), token) || strings.Count(facade.Log.String(), `:"connect","method":`) != 5 {
		t.Errorf("the log has the token, or not 5 calls:\n%s", facade.Log)
	}
}

// TestTyped_Keyboard gets by without a mouse.
func TestTyped_Keyboard(t *testing.T) {
	facade := newFacade(t)
	p := openTyped(t, newBrowser(t), facade.REST, screen{1280, 800, "light"})
	focused := func(selector string) {
		t.Helper()
		if !run(p, chromedp.Evaluate[bool](fmt.Sprintf("document.activeElement.matches(%q)", selector))) {
			t.Errorf("the focus is not on %s but on %s", selector, run(p, chromedp.Evaluate[string]("document.activeElement.outerHTML.slice(0, 200)")))
		}
	}
	p.do(chromedp.Focus(chromedp.CSS("#token")), chromedp.KeyEvent("a-token"), chromedp.KeyEvent(kb.Enter))
	if address := run(p, chromedp.Evaluate[string]("location.href")); address != facade.REST+docs.Path+"/typed" {
		t.Errorf("with the token, the page goes to %s", address)
	}
	p.do(chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(" "))
	focused("#show[aria-pressed=true]")
	if kind := run(p, chromedp.Evaluate[string](`document.getElementById("token").type`)); kind != "text" {
		t.Errorf("the token's field, to be shown, is a %s", kind)
	}
	p.do(chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter)) // opens Authenticate, the first
	focused("#Authenticate summary")
	p.do(chromedp.KeyEvent(kb.Tab))
	focused("#Authenticate textarea")
	p.do(chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(chromedp.CSS("#Authenticate pre:not(:empty)")))
	focused("#Authenticate button")
	p.do(chromedp.KeyEvent(kb.Tab))
	focused("#Authenticate pre")
	p.check()
}
