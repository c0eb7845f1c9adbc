// Package contentcoding compresses HTTP responses for whoever asks for it.
package contentcoding

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// MinBytes is the size from which on a response is worth its compression.
const MinBytes = 1 << 10

// writers are used again: each takes most of a megabyte.
var writers = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

// Gzip compresses a text.
func Gzip(text []byte) []byte {
	var out bytes.Buffer
	writer, _ := writers.Get().(*gzip.Writer)
	defer writers.Put(writer)
	writer.Reset(&out)
	_, _ = writer.Write(text) // into memory: can't fail
	_ = writer.Close()
	return out.Bytes()
}

// AcceptsGzip tells whether a client accepts gzip, and prefers nothing to it
// (RFC 9110, section 12.5.3). What cannot be read accepts nothing.
func AcceptsGzip(header http.Header) bool {
	accepted := map[string]float64{}
	for _, list := range header["Accept-Encoding"] {
		for item := range strings.SplitSeq(list, ",") {
			coding, parameter, weighted := strings.Cut(item, ";")
			weight := 1.0
			if weighted {
				weight = weightOf(parameter)
			}
			accepted[strings.ToLower(strings.TrimSpace(coding))] = weight
		}
	}
	weight, named := accepted["gzip"]
	if !named {
		weight = accepted["*"]
	}
	return weight > 0 && weight >= accepted["identity"]
}

// weightOf reads "q=0.5"; 0 where it is malformed.
func weightOf(parameter string) float64 {
	name, value, _ := strings.Cut(strings.TrimSpace(parameter), "=")
	weight, err := strconv.ParseFloat(value, 64)
	if err != nil || !strings.EqualFold(name, "q") || !(weight >= 0 && weight <= 1) {
		return 0
	}
	return weight
}
