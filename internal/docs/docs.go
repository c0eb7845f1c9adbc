// Package docs serves the documentation page of the REST surface: Swagger UI
// over the OpenAPI document. All of it is embedded, and its policy lets a browser
// fetch nothing from anywhere else.
package docs

import (
	"bytes"
	_ "embed" // the page
	"fmt"
	"net/http"
	"strings"

	"github.com/swaggest/swgui/v5/static"

	"github.com/wingspan-grpc/session-facade/gen/openapi"
)

// Path is where the page is; what it needs is below.
const Path = "/docs"

// policy is the page's Content-Security-Policy. There is no inline script and no
// inline style, so there is nothing to make an exception for.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

var (
	//go:embed page/index.html
	page []byte
	//go:embed page/docs.css
	style []byte
	//go:embed page/docs.js
	script []byte
)

// handler implements http.Handler.
type handler struct {
	next   http.Handler
	assets map[string]*asset // by name; "" is the page itself
}

// Handler serves the page, and leaves every other path to the next handler as
// it came.
func Handler(next http.Handler) (http.Handler, error) {
	h := &handler{next: next, assets: map[string]*asset{}}
	h.assets["openapi.json"] = newAsset("application/json", zip(openapi.Document))
	h.assets["docs.css"] = newAsset("text/css", zip(style))
	h.assets["docs.js"] = newAsset("text/javascript", zip(script))
	for name, mediaType := range map[string]string{
		"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript"} {
		zipped, err := static.FS.ReadFile(name + ".gz")
		if err != nil {
			return nil, fmt.Errorf("documentation page: %w", err)
		}
		h.assets[name] = newAsset(mediaType, zipped)
	}
	h.assets[""] = newAsset("text/html", zip(h.versioned(page)))
	return h, nil
}

// versioned makes the page name each asset together with its version, so that a
// browser may keep it for ever.
func (h *handler) versioned(text []byte) []byte {
	for name, a := range h.assets {
		text = bytes.ReplaceAll(text, []byte(`="docs/`+name+`"`), []byte(`="docs/`+name+`?v=`+a.tag+`"`))
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
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "there is only something to read here", http.StatusMethodNotAllowed)
	case below == "/": // relative, for what may be in front of us
		header.Set("Location", ".."+Path)
		w.WriteHeader(http.StatusPermanentRedirect)
	case !found:
		http.NotFound(w, r)
	default:
		a.serve(w, r)
	}
}
