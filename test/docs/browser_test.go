// Package docs_test opens pages in a real browser: the documentation, and the examples.
package docs_test

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"io"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/wingspan-grpc/session-facade/internal/docs"
	"github.com/wingspan-grpc/session-facade/internal/sandbox"
	"github.com/wingspan-grpc/session-facade/internal/sandbox/control"
	"github.com/wingspan-grpc/session-facade/internal/sandbox/seed"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

// waitLimit bounds each step: the machine may be busy.
const waitLimit = time.Minute

// watchPolicy makes the page's policy violations errors of its console.
const watchPolicy = `addEventListener("securitypolicyviolation", v =>
	console.error("policy: " + v.effectiveDirective + " forbids " + v.blockedURI + " " + v.sample))`

// newFacade starts a facade with the page, in front of a sandbox.
func newFacade(t *testing.T) *facadetest.Facade {
	t.Helper()
	upstream, err := sandbox.New(io.Discard, time.Now, seed.Default)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(upstream)
	t.Cleanup(server.Close)
	return facadetest.Start(t, server.URL, facadetest.Config{Docs: true, Mailbox: control.Messages(upstream)})
}

// newBrowser starts Chromium with nothing of its own to fetch, which trusts certificates
// that it would not. Only a machine that is not CI may be without it.
func newBrowser(t *testing.T, trusted ...tls.Certificate) context.Context {
	t.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("chromium is missing: install the package of that name")
		}
		t.Skip("NOT TESTED: CHROMIUM IS MISSING")
	}
	var keys []string
	for _, certificate := range trusted {
		hash := sha256.Sum256(certificate.Leaf.RawSubjectPublicKeyInfo)
		keys = append(keys, base64.StdEncoding.EncodeToString(hash[:]))
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath(program), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.UserDataDir(t.TempDir()), chromedp.WSURLReadTimeout(waitLimit),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("ignore-certificate-errors-spki-list", strings.Join(keys, ",")))
	t.Cleanup(stop)
	browser, quit := chromedp.NewContext(allocator)
	t.Cleanup(quit)
	if err := chromedp.Do(browser); err != nil {
		t.Fatal(err)
	}
	return browser
}

// tab is one page of the browser, with all that it complained of and fetched.
type tab struct {
	t    *testing.T
	ctx  context.Context
	host string

	mu         sync.Mutex
	complaints []string
	requests   []string
	protocols  map[string]bool // by which something was fetched
}

// screen is how a page is looked at.
type screen struct {
	width, height int64
	scheme        string // "light" or "dark"
}

// step is something done to a page.
type step = chromedp.Action[chromedp.Void]

// open opens the documentation page of the facade whose root is at a URL, and
// waits until it is drawn.
func open(t *testing.T, browser context.Context, root string, look screen) *tab {
	t.Helper()
	return openPage(t, browser, root+docs.Path, look, operation("postUsersSession"))
}

// openPage opens a page, and waits until something of it is drawn.
func openPage(t *testing.T, browser context.Context, address string, look screen, drawn chromedp.CSS) *tab {
	t.Helper()
	at, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	p := &tab{t: t, host: at.Host, protocols: map[string]bool{}}
	ctx, closeTab := chromedp.NewContext(browser, chromedp.WithListener(p.note))
	t.Cleanup(closeTab)
	p.ctx = ctx
	if err := chromedp.Do(ctx); err != nil { // whose context is the tab's, so it has no timeout
		t.Fatal(err)
	}
	p.do(
		chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
			_, err := cdp.Call(ctx, target, page.AddScriptToEvaluateOnNewDocument,
				page.AddScriptToEvaluateOnNewDocumentParams{Source: watchPolicy})
			return err
		}),
		chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
			_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: look.scheme}}})
			return err
		}),
		look.emulate(),
		chromedp.Navigate(address),
		chromedp.WaitVisible(drawn),
	)
	return p
}

// emulate makes the page as large as the screen, and a phone of a small one.
func (s screen) emulate() step {
	if s.width < 600 {
		return chromedp.EmulateViewport(s.width, s.height, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	return chromedp.EmulateViewport(s.width, s.height)
}

// operation selects what the page shows of an operation.
func operation(name string) chromedp.CSS {
	return chromedp.CSS("#operations-SessionAndAuthentication-" + name)
}

// note keeps what the browser reports.
func (p *tab) note(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch event := event.(type) {
	case *network.EventRequestWillBeSent:
		p.requests = append(p.requests, event.Request.URL)
	case *network.EventResponseReceived:
		p.protocols[event.Response.Protocol] = true
	case *log.EventEntryAdded:
		p.complaints = append(p.complaints, "log: "+event.Entry.Text+" "+event.Entry.URL)
	case *runtime.EventExceptionThrown:
		p.complaints = append(p.complaints, "exception: "+event.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		for _, argument := range event.Args {
			p.complaints = append(p.complaints, "console "+string(event.Type)+": "+string(argument.Value))
		}
	}
}

// run does one thing that has a result, within our waitLimit.
func run[T any](p *tab, action chromedp.Action[T]) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, waitLimit)
	defer cancel()
	result, err := chromedp.Run(ctx, action)
	if err != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.t.Fatalf("%v; the page's complaints: %q", err, p.complaints)
	}
	return result
}

// do takes steps.
func (p *tab) do(steps ...step) {
	p.t.Helper()
	for _, s := range steps {
		run(p, s)
	}
}

// check fails if the page has complained or has fetched from elsewhere.
func (p *tab) check() {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, complaint := range p.complaints {
		p.t.Errorf("the page complains: %s", complaint)
	}
	if len(p.requests) == 0 {
		p.t.Error("no request was seen")
	}
	for _, request := range p.requests {
		if target, err := url.Parse(request); err != nil || (target.Host != p.host && target.Scheme != "data") {
			p.t.Errorf("the page fetched %.200s", request)
		}
	}
}

// screenshot writes a picture to the file that SCREENSHOT names, if it does.
func (p *tab) screenshot(suffix string) {
	p.t.Helper()
	file := os.Getenv("SCREENSHOT")
	if file == "" {
		return
	}
	picture := run(p, chromedp.CaptureScreenshot())
	if err := os.WriteFile(strings.TrimSuffix(file, ".png")+suffix+".png", picture, 0o600); err != nil {
		p.t.Fatal(err)
	}
}
