package docs_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/wingspan-grpc/session-facade/internal/docs"
)

func openSandbox(t *testing.T, browser context.Context, root string, look screen) *tab {
	t.Helper()
	return openPage(t, browser, root+docs.Path+"/sandbox", look, "#state")
}

// callWith makes a call with a message of one's own, which is to succeed.
func (p *tab) callWith(rpc, message string) {
	p.t.Helper()
	p.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.getElementById("%s-request").value = %q`, rpc, message)))
	if status, text := p.callTyped(rpc); status != "HTTP 200" {
		p.t.Fatalf("%s: %s %s", rpc, status, text)
	}
}

// TestSandboxPage_FinishesAnOTPSignIn: a person signs in with a password on the page of
// the typed API, reads the code on the sandbox's page, which was open before it was sent,
// and completes the sign-in; no terminal is needed, and nothing of it is in a URL or the log.
func TestSandboxPage_FinishesAnOTPSignIn(t *testing.T) {
	facade := newFacade(t)
	browser := newBrowser(t)
	mailbox := openSandbox(t, browser, facade.REST, screen{1280, 800, "light"})
	mailbox.do(chromedp.WaitVisible(chromedp.CSS("#state")))
	typed := openTyped(t, browser, facade.REST, screen{1280, 800, "light"})
	var opened struct{ Session struct{ Token string } }
	status, text := typed.callTyped("CreatePendingSession")
	if err := json.Unmarshal([]byte(text), &opened); err != nil || status != "HTTP 200" || opened.Session.Token == "" {
		t.Fatalf("signing in by password: %s", status)
	}
	typed.do(chromedp.SendKeys(chromedp.CSS("#token"), opened.Session.Token))
	if status, text := typed.callTyped("BeginOtpVerification"); status != "HTTP 200" {
		t.Fatalf("asking for the code: %s %s", status, text)
	}
	mailbox.do(chromedp.WaitVisible(chromedp.CSS("#messages li output")))
	code := run(mailbox, chromedp.Evaluate[string](`document.querySelector("#messages li output").textContent`))
	title := run(mailbox, chromedp.Evaluate[string](`document.querySelector("#messages li h2").textContent`))
	if len(code) != 6 || !strings.HasPrefix(title, "One-time password by ") || !strings.HasSuffix(title, " to ada@example.com") {
		t.Errorf("the page shows %q: %q", title, code)
	}
	typed.callWith("CompleteOtpVerification", fmt.Sprintf(`{"code": %q}`, code))
	if status, text := typed.callTyped("ListApiSessions"); status != "HTTP 200" {
		t.Errorf("the session, raised: %s %s", status, text)
	}
	const hostile = "<img src=x onerror=alert(1)>"
	typed.callWith("BeginPhoneVerification", fmt.Sprintf(`{"id": "user-ada", "phone": %q}`, hostile))
	mailbox.do(chromedp.WaitVisible(chromedp.CSS("#messages li:nth-child(2)")))
	if shown := run(mailbox, chromedp.Evaluate[string](`document.querySelector("#messages li h2").textContent`)); !strings.HasSuffix(shown, hostile) {
		t.Errorf("a number that is HTML is shown as %q", shown)
	}
	if kept := run(mailbox, chromedp.Evaluate[int](`localStorage.length + sessionStorage.length + document.cookie.length`)); kept != 0 {
		t.Error("the page keeps something in the browser")
	}
	mailbox.check()
	typed.check()
	if log := facade.Log.String(); strings.Contains(log, code) || strings.Contains(log, opened.Session.Token) {
		t.Error("a secret is in the log")
	}
}

// TestSandboxPage_LooksRight looks at the page on a desk and in a hand, by day and by
// night, with messages of each kind.
func TestSandboxPage_LooksRight(t *testing.T) {
	facade := newFacade(t)
	browser := newBrowser(t)
	axe := readAxe(t)
	typed := openTyped(t, browser, facade.REST, screen{1280, 800, "light"})
	empty := openSandbox(t, browser, facade.REST, screen{1280, 800, "light"})
	empty.do(chromedp.Poll[chromedp.Void](`document.getElementById("state").textContent === "Nothing was sent yet."`))
	var opened struct{ Session struct{ Token string } }
	_, text := typed.callTyped("CreateSession")
	if err := json.Unmarshal([]byte(text), &opened); err != nil {
		t.Fatal(err)
	}
	typed.do(chromedp.SendKeys(chromedp.CSS("#token"), opened.Session.Token))
	typed.callWith("Authenticate", `{"email": "katherine@example.com"}`)
	typed.callWith("BeginEmailVerification", `{"id": "user-ada", "email": "a.rather.long.address.of.somebody.who.has.it@mail.example.com"}`)
	typed.callWith("BeginPhoneVerification", `{"id": "user-ada", "phone": "+1 555 0100"}`)
	typed.callWith("BeginOtpVerification", `{"channel": "OTP_CHANNEL_EMAIL"}`)
	for _, look := range []screen{
		{1280, 800, "light"}, {1280, 800, "dark"}, {390, 844, "light"}, {390, 844, "dark"}} {
		name := fmt.Sprintf("%d-%s", look.width, look.scheme)
		t.Run(name, func(t *testing.T) {
			p := openSandbox(t, browser, facade.REST, look)
			p.do(chromedp.WaitVisible(chromedp.CSS("#messages li:nth-child(4)")))
			for _, text := range run(p, chromedp.Evaluate[[]string](faint)) {
				t.Errorf("hard to read: %s", text)
			}
			if wide := run(p, chromedp.Evaluate[int](`document.documentElement.scrollWidth`)); wide > int(look.width) {
				t.Errorf("the page is %d wide on a screen of %d", wide, look.width)
			}
			p.screenshot("-sandbox-" + name)
			p.check() // before axe, which breaks the policy with styles of its own
			p.checkAccessible(axe)
		})
	}
}
