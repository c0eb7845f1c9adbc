// Package docs serves the documentation page of the REST surface: Swagger UI
// over the OpenAPI document. All of it is embedded, and its policy lets a browser
// fetch nothing from anywhere else.
package docs

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/swaggest/swgui/v5/static"

	"github.com/wingspan-grpc/session-facade/gen/openapi"
)

// Path is where the page is; what it needs is below.
const Path = "/docs"

// policy is the page's Content-Security-Policy. There is no inline script and no
// inline style, so there is nothing to make an exception for.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

//go:embed page
var page embed.FS

// asset is one file, kept compressed: the scripts are large.
type asset struct {
	mediaType string
	zipped    []byte
	tag       string // of its content
	plain     func() ([]byte, error)
}

// handler implements http.Handler.
type handler struct {
	next   http.Handler
	assets map[string]*asset // by name; "" is the page itself
}

// InFrontOf serves the page, and leaves every other path to the next handler as
// it came.
func InFrontOf(next http.Handler) (http.Handler, error) {
	h := &handler{next: next, assets: map[string]*asset{}}
	h.add("openapi.json", "application/json", zip(openapi.Document))
	for name, mediaType := range map[string]string{
		"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript"} {
		zipped, err := static.FS.ReadFile(name + ".gz")
		if err != nil {
			return nil, fmt.Errorf("documentation page: %w", err)
		}
		h.add(name, mediaType, zipped)
	}
	for name, mediaType := range map[string]string{"docs.css": "text/css", "docs.js": "text/javascript"} {
		text, err := page.ReadFile("page/" + name)
		if err != nil {
			return nil, fmt.Errorf("documentation page: %w", err)
		}
		h.add(name, mediaType, zip(text))
	}
	text, err := page.ReadFile("page/index.html")
	if err != nil {
		return nil, fmt.Errorf("documentation page: %w", err)
	}
	h.add("", "text/html", zip(h.versioned(text)))
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

func (h *handler) add(name, mediaType string, zipped []byte) {
	sum := sha256.Sum256(zipped)
	h.assets[name] = &asset{mediaType: mediaType + "; charset=utf-8", zipped: zipped,
		tag: hex.EncodeToString(sum[:8]), plain: sync.OnceValues(func() ([]byte, error) {
			reader, err := gzip.NewReader(bytes.NewReader(zipped))
			if err != nil {
				return nil, err
			}
			return io.ReadAll(reader)
		})}
}

func zip(text []byte) []byte {
	var out bytes.Buffer
	writer := gzip.NewWriter(&out)
	_, _ = writer.Write(text) // into memory: can't fail
	_ = writer.Close()
	return out.Bytes()
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

func (a *asset) serve(w http.ResponseWriter, r *http.Request) {
	header, body := w.Header(), a.zipped
	header.Set("Content-Type", a.mediaType)
	header.Set("Vary", "Accept-Encoding")
	header.Set("Etag", `"`+a.tag+`-gzip"`)
	if r.URL.RawQuery == "v="+a.tag {
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		text, err := a.plain()
		if err != nil {
			http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
			return
		}
		body = text
		header.Set("Etag", `"`+a.tag+`"`)
	} else {
		header.Set("Content-Encoding", "gzip")
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}
