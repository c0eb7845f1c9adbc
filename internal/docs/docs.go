// Package docs serves the documentation pages: of the REST surface, Swagger UI over the
// OpenAPI document; of the typed API, a form for each RPC over the contract's
// descriptors; and of a sandbox, what it sent. All of it is embedded, and their policy lets a browser fetch nothing from
// anywhere else.
package docs

import (
	"bytes"
	"embed"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"strings"
	"sync"

	"github.com/swaggest/swgui/v5/static"

	"github.com/wingspan-grpc/session-facade/gen/openapi"
	"github.com/wingspan-grpc/session-facade/internal/contentcoding"
)

// Path is where the page of REST is; the others, and what they need, are below.
const Path = "/docs"

// policy is the pages' Content-Security-Policy. There is no inline script and no
// inline style, so there is nothing to make an exception for.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

var (
	//go:embed page
	files embed.FS
)

// handler implements http.Handler.
type handler struct {
	next    http.Handler
	mailbox http.Handler           // nil without a sandbox
	assets  map[string]*asset      // by name; "" is the page of REST
	typed   func() (*asset, error) // what the other shows: most servers are never asked
}

// Handler serves the pages, and leaves every other path to the next handler as
// it came. mailbox lists what a sandbox sent, for its page; nil where there is none.
func Handler(next, mailbox http.Handler) (http.Handler, error) {
	h := &handler{next: next, mailbox: mailbox, assets: map[string]*asset{}, typed: sync.OnceValues(typedDocument)}
	h.assets["openapi.json"] = newAsset("application/json", contentcoding.Gzip(openapi.Document))
	for name, mediaType := range map[string]string{"theme.css": "text/css", "docs.css": "text/css", "docs.js": "text/javascript",
		"typed.css": "text/css", "typed.js": "text/javascript", "sandbox.css": "text/css", "sandbox.js": "text/javascript"} {
		text, err := files.ReadFile("page/" + name)
		if err != nil {
			return nil, fmt.Errorf("documentation page: %w", err)
		}
		h.assets[name] = newAsset(mediaType, contentcoding.Gzip(text))
	}
	for name, mediaType := range map[string]string{
		"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript"} {
		zipped, err := static.FS.ReadFile(name + ".gz")
		if err != nil {
			return nil, fmt.Errorf("documentation page: %w", err)
		}
		h.assets[name] = newAsset(mediaType, zipped)
	}
	pages := map[string]*asset{}
	for name, file := range map[string]string{"": "index.html", "typed": "typed.html", "sandbox": "sandbox.html"} {
		text, err := files.ReadFile("page/" + file)
		if err != nil {
			return nil, fmt.Errorf("documentation page: %w", err)
		}
		pages[name] = newAsset("text/html", contentcoding.Gzip(h.versioned(h.withSandbox(text))))
	}
	maps.Copy(h.assets, pages)
	if mailbox == nil {
		for _, name := range []string{"sandbox", "sandbox.css", "sandbox.js"} {
			delete(h.assets, name)
		}
	}
	return h, nil
}

// withSandbox takes the link to the sandbox's page out of a page, where there is none.
func (h *handler) withSandbox(text []byte) []byte {
	if h.mailbox != nil {
		return text
	}
	return sandboxLink.ReplaceAll(text, nil)
}

var sandboxLink = regexp.MustCompile(` <a href="(?:docs/)?sandbox">[^<]*</a>`)

// versioned makes a page name each asset together with its version, so that a browser may
// keep it for ever. The page of the typed API is below Path itself.
func (h *handler) versioned(text []byte) []byte {
	for name, a := range h.assets {
		for _, prefix := range []string{`="docs/`, `="`} {
			text = bytes.ReplaceAll(text, []byte(prefix+name+`"`), []byte(prefix+name+`?v=`+a.tag+`"`))
		}
	}
	return text
}

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	below, ours := strings.CutPrefix(r.URL.Path, Path)
	if !ours || (below != "" && below[0] != '/') {
		h.next.ServeHTTP(w, r)
		return
	}
	header := w.Header()
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Content-Security-Policy", policy)
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Cache-Control", "no-cache")
	if r.ContentLength != 0 {
		header.Set("Connection", "close") // nobody reads that body
	}
	a, found := h.assets[strings.TrimPrefix(below, "/")]
	if below == "/typed.json" {
		var err error
		a, err = h.typed()
		found = err == nil
	}
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "there is only something to read here", http.StatusMethodNotAllowed)
	case below == "/sandbox/messages" && h.mailbox != nil:
		h.mailbox.ServeHTTP(w, r)
	case below == "/": // relative, for what may be in front of us
		header.Set("Location", ".."+Path)
		w.WriteHeader(http.StatusPermanentRedirect)
	case !found:
		http.NotFound(w, r)
	default:
		a.serve(w, r)
	}
}
