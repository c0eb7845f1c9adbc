package docs

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/contentcoding"
)

// asset is one file, kept compressed: the scripts are large.
type asset struct {
	mediaType string
	zipped    []byte
	tag       string // of its content
	plain     func() ([]byte, error)
}

func newAsset(mediaType string, zipped []byte) *asset {
	sum := sha256.Sum256(zipped)
	return &asset{
		mediaType: mediaType + "; charset=utf-8",
		zipped:    zipped,
		tag:       hex.EncodeToString(sum[:8]),
		plain: sync.OnceValues(func() ([]byte, error) {
			reader, err := gzip.NewReader(bytes.NewReader(zipped))
			if err != nil {
				return nil, err
			}
			return io.ReadAll(reader)
		}),
	}
}

// serve answers with the asset, or with 304 to whoever has it.
func (a *asset) serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", a.mediaType)
	header.Set("Vary", "Accept-Encoding")
	if r.URL.RawQuery == "v="+a.tag {
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if contentcoding.AcceptsGzip(r.Header) {
		header.Set("Content-Encoding", "gzip")
		header.Set("Etag", `"`+a.tag+`-gzip"`)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(a.zipped))
		return
	}
	text, err := a.plain()
	if err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	header.Set("Etag", `"`+a.tag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(text))
}
