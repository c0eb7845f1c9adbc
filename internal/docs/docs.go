// Package docs serves the documentation pages: of the REST surface, Swagger UI over the
// OpenAPI document; of the typed API, a form for each RPC over the contract's
// descriptors; and of a sandbox, what it sent. All of it is embedded, and their policy lets a browser fetch nothing from
// anywhere else.
package docs

import (
	"net/http"
	"strings"
)

// Path is where the page of REST is; the others, and what they need, are below.
const Path = "/docs"

// policy is the pages' Content-Security-Policy. There is no inline script and no
// inline style, so there is nothing to make an exception for.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// handler implements http.Handler.
type handler struct {
	next    http.Handler
	mailbox http.Handler      // nil without a sandbox
	assets  map[string]*asset // by name; "" is the page of REST
}

// Handler serves the pages, and leaves every other path to the next handler as
// it came. mailbox lists what a sandbox sent, for its page; nil where there is none.
func Handler(next, mailbox http.Handler) (http.Handler, error) {
	assets, err := assetsOf[mailbox != nil]()
	return &handler{next: next, mailbox: mailbox, assets: assets}, err
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
		a, err = typed()
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
