package contentcoding

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
)

func TestAcceptsGzip(t *testing.T) {
	t.Parallel()
	for accepted, want := range map[string]bool{
		"": false, "gzip": true, "GZIP": true, "br, gzip": true, "gzip;q=0.5, br": true, " gzip ; q=0.001": true, "gzip;Q=1.000": true,
		"*": true, "*;q=0": false, "br, *;q=0.1": true, "*;q=0, gzip": true, "gzip;q=0, *": false,
		"gzip;q=0": false, "gzip;q=0.0": false, "gzip;q=0.000": false, "gzip; q=0": false,
		"identity": false, "br": false, "gzipped": false, "x-gzip": false, "deflate": false,
		"identity;q=0, gzip": true, "identity;q=0": false, "identity;q=1, gzip;q=0.5": false, "identity;q=0.5, gzip;q=0.5": true,
		"gzip;q=2": false, "gzip;q=-1": false, "gzip;q=NaN": false, "gzip;q=Inf": false, "gzip;q=": false, "gzip;q": false, "gzip;": false,
		"gzip;level=9": false, "gzip;q=0.5;q=1": false, ",,,gzip,,": true, "\x00gzip": false,
		strings.Repeat("br,", 10_000) + "gzip": true,
	} {
		if got := AcceptsGzip(http.Header{"Accept-Encoding": {accepted}}); got != want {
			t.Errorf("%.40q: %v, want %v", accepted, got, want)
		}
	}
	if !AcceptsGzip(http.Header{"Accept-Encoding": {"br", "gzip"}}) || AcceptsGzip(http.Header{}) {
		t.Error("several headers are one list, and none accepts nothing")
	}
}

// TestGzip_Concurrently: no text gets into another's.
func TestGzip_Concurrently(t *testing.T) {
	t.Parallel()
	var running sync.WaitGroup
	for i := range 20 {
		running.Go(func() {
			text := bytes.Repeat([]byte{byte(i)}, i*1000)
			reader, err := gzip.NewReader(bytes.NewReader(Gzip(text)))
			if err != nil {
				t.Error(err)
				return
			}
			if got, err := io.ReadAll(reader); err != nil || !bytes.Equal(got, text) {
				t.Errorf("%d bytes became %d others: %v", len(text), len(got), err)
			}
		})
	}
	running.Wait()
}
