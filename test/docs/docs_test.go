package docs_test

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

// faint lists the texts in view that are hard to read: of less contrast than
// WCAG's level AA asks for.
//
//go:embed contrast.js
var faint string

// TestPage looks at the page on a desk and in a hand, by day and by night.
func TestPage(t *testing.T) {
	facade := newFacade(t)
	browser := newBrowser(t)
	axe := readAxe(t)
	for _, look := range []screen{
		{1280, 800, "light"}, {1280, 800, "dark"}, {390, 844, "light"}, {390, 844, "dark"}} {
		name := fmt.Sprintf("%d-%s", look.width, look.scheme)
		t.Run(name, func(t *testing.T) {
			p := open(t, browser, facade.REST, look)
			drawn := run(p, chromedp.Evaluate[[]string](`[...document.querySelectorAll(".opblock-summary-operation-id")].map(e => e.textContent.trim())`))
			if diff := cmp.Diff(operationNames(t), slices.Sorted(slices.Values(drawn))); diff != "" {
				t.Errorf("the page's operations (-want +got):\n%s", diff)
			}
			p.screenshot("-" + name)
			for _, name := range []string{"getUsersSessionApi", "postUsersUserIdVerificationPhone", "patchUsersSessionApiId", "deleteUsersSessionApiId"} {
				p.do(chromedp.Click(operation(name)+" .opblock-summary-control"),
					chromedp.WaitVisible(operation(name)+" .responses-wrapper"))
			}
			p.do(chromedp.Click(chromedp.CSS(".models .models-control")), chromedp.WaitVisible(chromedp.CSS(".models.is-open .json-schema-2020-12")))
			for _, text := range run(p, chromedp.Evaluate[[]string](faint)) {
				t.Errorf("hard to read: %s", text)
			}
			if wide := run(p, chromedp.Evaluate[int](`document.documentElement.scrollWidth`)); wide > int(look.width) {
				t.Errorf("the page is %d wide on a screen of %d", wide, look.width)
			}
			p.screenshot("-" + name + "-open")
			p.check() // before axe, which breaks the policy with styles of its own
			p.checkAccessible(axe)
			p.do(chromedp.Click(chromedp.CSS(".auth-wrapper .authorize")), chromedp.WaitVisible(tokenField))
			p.checkAccessible(axe)
			p.screenshot("-" + name + "-authorize")
		})
	}
}

// operationNames are the vendor's operations, by the contract.
func operationNames(t *testing.T) (names []string) {
	t.Helper()
	for i := range facadetest.Descriptor.Methods().Len() {
		options := facadetest.Descriptor.Methods().Get(i).Options()
		operation, _ := proto.GetExtension(options, usersv1.E_Operation).(*usersv1.Operation)
		names = append(names, operation.GetName())
	}
	return slices.Sorted(slices.Values(names))
}

// tokenField is where a token is pasted.
const tokenField chromedp.CSS = ".modal-ux input"

// TestTryIt takes the page as it offers itself: it signs in, hands the token to
// the page and makes calls, and nowhere writes a request.
func TestTryIt(t *testing.T) {
	facade := newFacade(t)
	p := open(t, newBrowser(t), facade.REST, screen{1280, 800, "light"})
	token := p.signIn()
	p.do(
		chromedp.Click(chromedp.CSS(".auth-wrapper .authorize")),
		chromedp.SendKeys(tokenField, token),
	)
	p.screenshot("-authorize")
	p.do(
		chromedp.Click(chromedp.CSS(".modal-ux .modal-btn.authorize")),
		chromedp.Click(chromedp.CSS(".modal-ux .btn-done")),
	)
	var made struct {
		SessionID string `json:"sessionId"`
		Labels    map[string]string
	}
	status, body := p.try("postUsersSessionApi")
	if err := json.Unmarshal([]byte(body), &made); err != nil || status != http.StatusOK || made.Labels["team"] != "payroll" {
		t.Errorf("an API session: %d %s", status, body)
	}
	if status, body := p.try("getUsersSessionApi"); status != http.StatusOK || !strings.Contains(body, made.SessionID) {
		t.Errorf("the list: %d %s", status, body)
	}
	p.screenshot("-tried")
	if status, body := p.try("postUsersUserIdVerificationPhone"); status != http.StatusOK {
		t.Errorf("a phone: %d %s", status, body)
	}
	if kept := run(p, chromedp.Evaluate[int](`localStorage.length + sessionStorage.length + document.cookie.length`)); kept != 0 {
		t.Error("the page keeps something in the browser")
	}
	p.check()
	if lines := strings.Count(facade.Log.String(), `"msg":"call"`); lines != 4 {
		t.Errorf("%d access lines for 4 calls:\n%s", lines, facade.Log)
	}
	if strings.Contains(facade.Log.String(), token) {
		t.Error("the token is in the log")
	}
}

// TestBehindAPrefix: what stands in front of the facade may serve it below a path,
// and neither the page nor the calls leave that.
func TestBehindAPrefix(t *testing.T) {
	facade := newFacade(t)
	at, err := url.Parse(facade.REST)
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(http.StripPrefix("/some/prefix", httputil.NewSingleHostReverseProxy(at)))
	t.Cleanup(front.Close)
	p := open(t, newBrowser(t), front.URL+"/some/prefix", screen{1280, 800, "dark"})
	p.signIn()
	p.check()
}

// TestKeyboard gets by without a mouse.
func TestKeyboard(t *testing.T) {
	facade := newFacade(t)
	p := open(t, newBrowser(t), facade.REST, screen{1280, 800, "light"})
	focused := func(selector string) {
		t.Helper()
		if !run(p, chromedp.Evaluate[bool](fmt.Sprintf("document.activeElement.matches(%q)", selector))) {
			t.Errorf("the focus is not on %s but on %s", selector, run(p, chromedp.Evaluate[string]("document.activeElement.outerHTML")))
		}
	}
	const authorize, shown = ".auth-wrapper .authorize", `document.querySelector(".modal-ux input").type`
	p.do(
		chromedp.Focus(chromedp.CSS(authorize)), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(tokenField))
	focused("#auth-bearer-value")
	p.do(chromedp.KeyEvent("a-token"))
	if kind := run(p, chromedp.Evaluate[string](shown)); kind != "password" {
		t.Errorf("the token's field is a %s", kind)
	}
	p.do(chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(" "))
	focused(".token button[aria-pressed=true]")
	if kind := run(p, chromedp.Evaluate[string](shown)); kind != "text" {
		t.Errorf("the token's field, to be shown, is a %s", kind)
	}
	for range 3 { // Authorize, Close, and round to the first: the closing cross
		p.do(chromedp.KeyEvent(kb.Tab))
	}
	focused(".close-modal")
	p.do(chromedp.KeyEvent(kb.Tab, chromedp.KeyModifiers(chromedp.ModifierShift)))
	focused(".btn-done")
	p.do(chromedp.KeyEvent(kb.Escape), chromedp.WaitNotPresent(chromedp.CSS(".modal-ux")))
	focused(authorize)
	list := operation("getUsersSessionApi")
	p.do(chromedp.Focus(list+" .opblock-summary-control"), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(list+" .responses-wrapper"))
	p.check()
}

// signIn makes the call that signs in, as the page offers it, and returns the token.
func (p *tab) signIn() string {
	p.t.Helper()
	var session struct{ Token string }
	status, body := p.try("postUsersSession")
	if err := json.Unmarshal([]byte(body), &session); err != nil || status != http.StatusOK || session.Token == "" {
		p.t.Fatalf("signing in: %d %s", status, body)
	}
	return session.Token
}

// try opens an operation and makes its call as it is filled in.
func (p *tab) try(name string) (status int, body string) {
	p.t.Helper()
	p.do(
		chromedp.Click(operation(name)+" .opblock-summary-control"),
		chromedp.Click(operation(name)+" .try-out__btn"))
	return p.execute(operation(name))
}

// execute makes an operation's call and returns what the page shows of the response.
func (p *tab) execute(operation chromedp.CSS) (status int, body string) {
	p.t.Helper()
	live := operation + " .live-responses-table .response"
	p.do(chromedp.Click(operation + " .execute"))
	body = run(p, chromedp.Text(live+" .highlight-code code"))
	shown := strings.Fields(run(p, chromedp.Text(live+" .response-col_status")))
	status, err := strconv.Atoi(shown[0])
	if err != nil {
		p.t.Fatal(err)
	}
	return status, body
}
