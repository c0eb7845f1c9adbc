package docs

import (
	"bytes"
	"embed"
	"fmt"
	"maps"
	"regexp"
	"sync"

	"github.com/swaggest/swgui/v5/static"

	"github.com/wingspan-grpc/session-facade/gen/openapi"
	"github.com/wingspan-grpc/session-facade/internal/contentcoding"
)

//go:embed page
var files embed.FS

// assetsOf makes the assets with and without a sandbox, once: tests start many servers in
// a process.
var assetsOf = map[bool]func() (map[string]*asset, error){
	false: sync.OnceValues(func() (map[string]*asset, error) { return newAssets(false) }),
	true:  sync.OnceValues(func() (map[string]*asset, error) { return newAssets(true) }),
}

// typed is what the page of the typed API shows: most servers are never asked.
var typed = sync.OnceValues(typedDocument)

// newAssets makes all that is served, by name; "" is the page of REST.
func newAssets(sandbox bool) (map[string]*asset, error) {
	assets := map[string]*asset{"openapi.json": newAsset("application/json", contentcoding.Gzip(openapi.Document))}
	mediaTypes := map[string]string{"theme.css": "text/css", "docs.css": "text/css", "docs.js": "text/javascript",
		"typed.css": "text/css", "typed.js": "text/javascript"}
	pages := map[string]string{"": "index.html", "typed": "typed.html"}
	if sandbox {
		mediaTypes["sandbox.css"], mediaTypes["sandbox.js"] = "text/css", "text/javascript"
		pages["sandbox"] = "sandbox.html"
	}
	for name, mediaType := range mediaTypes {
		text, err := files.ReadFile("page/" + name)
		if err != nil {
			return nil, fmt.Errorf("documentation page: %w", err)
		}
		assets[name] = newAsset(mediaType, contentcoding.Gzip(text))
	}
	for name, mediaType := range map[string]string{
		"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript"} {
		zipped, err := static.FS.ReadFile(name + ".gz")
		if err != nil {
			return nil, fmt.Errorf("documentation page: %w", err)
		}
		assets[name] = newAsset(mediaType, zipped)
	}
	made := map[string]*asset{}
	for name, file := range pages {
		text, err := files.ReadFile("page/" + file)
		if err != nil {
			return nil, fmt.Errorf("documentation page: %w", err)
		}
		if !sandbox {
			text = sandboxLink.ReplaceAll(text, nil)
		}
		made[name] = newAsset("text/html", contentcoding.Gzip(versioned(text, assets)))
	}
	maps.Copy(assets, made)
	return assets, nil
}

// sandboxLink is what leads to the sandbox's page, where there is none.
var sandboxLink = regexp.MustCompile(` <a href="(?:docs/)?sandbox">[^<]*</a>`)

// versioned makes a page name each asset together with its version, so that a browser may
// keep it for ever. The page of the typed API is below Path itself.
func versioned(text []byte, assets map[string]*asset) []byte {
	for name, a := range assets {
		for _, prefix := range []string{`="docs/`, `="`} {
			text = bytes.ReplaceAll(text, []byte(prefix+name+`"`), []byte(prefix+name+`?v=`+a.tag+`"`))
		}
	}
	return text
}
