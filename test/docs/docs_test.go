package docs_test

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/wingspan-grpc/session-facade/internal/facadetest"
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
	for _, look := range []screen{
		{1280, 800, "light"}, {1280, 800, "dark"}, {390, 844, "light"}, {390, 844, "dark"}} {
		name := fmt.Sprintf("%d-%s", look.width, look.scheme)
		t.Run(name, func(t *testing.T) {
			p := open(t, browser, facade, look)
			drawn := run(p, chromedp.Evaluate[int](`document.querySelectorAll(".opblock").length`))
			if want := facadetest.Descriptor.Methods().Len(); drawn != want || want != 21 {
				t.Errorf("the page has %d operations, want %d", drawn, want)
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
			p.check()
		})
	}
}

// TestTryIt signs in on the page, hands the token to it and makes a call.
func TestTryIt(t *testing.T) {
	facade := newFacade(t)
	p := open(t, newBrowser(t), facade, screen{1280, 800, "light"})
	signIn, list := operation("postUsersSession"), operation("getUsersSessionApi")
	p.do(
		chromedp.Click(signIn+" .opblock-summary-control"),
		chromedp.Click(signIn+" .try-out__btn"),
		chromedp.Focus(signIn+" textarea"),
		chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)),
		chromedp.SendKeys(signIn+" textarea", `{"email":"ada@example.com","password":"analytical-engine"}`),
	)
	status, body := p.execute(signIn)
	var session struct{ Token string }
	if err := json.Unmarshal([]byte(body), &session); err != nil || status != http.StatusOK || session.Token == "" {
		t.Fatalf("signing in: %d, %v", status, err)
	}
	p.do(
		chromedp.Click(chromedp.CSS(".auth-wrapper .authorize")),
		chromedp.SendKeys(chromedp.CSS(".modal-ux input"), session.Token),
	)
	p.screenshot("-authorize")
	p.do(
		chromedp.Click(chromedp.CSS(".modal-ux .modal-btn.authorize")),
		chromedp.Click(chromedp.CSS(".modal-ux .btn-done")),
		chromedp.Click(list+" .opblock-summary-control"),
		chromedp.Click(list+" .try-out__btn"),
	)
	if status, body := p.execute(list); status != http.StatusOK || strings.TrimSpace(body) != "[]" {
		t.Errorf("the list: %d %s", status, body)
	}
	p.screenshot("-tried")
	if kept := run(p, chromedp.Evaluate[int](`localStorage.length + sessionStorage.length + document.cookie.length`)); kept != 0 {
		t.Error("the page keeps something in the browser")
	}
	p.check()
	if lines := strings.Count(facade.Log.String(), `"msg":"call"`); lines != 2 {
		t.Errorf("%d access lines for 2 calls:\n%s", lines, facade.Log)
	}
	if strings.Contains(facade.Log.String(), session.Token) {
		t.Error("the token is in the log")
	}
}

// execute makes an operation's call and returns what the page shows of the answer.
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
