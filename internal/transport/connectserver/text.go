package connectserver

import (
	"encoding/base64"
	"io"
	"net/http"
	"strings"
)

// textSuffix makes gRPC-Web's content type that of gRPC-Web as text: base64, for
// browsers that read a response's body only as text.
const textSuffix = "-web-text"

// textWriter is a response that is sent as text.
type textWriter struct {
	http.ResponseWriter
	encoder io.WriteCloser // nil between the parts
}

// WriteHeader implements http.ResponseWriter.
func (w *textWriter) WriteHeader(status int) {
	header := w.Header()
	header.Set("Content-Type", strings.Replace(header.Get("Content-Type"), "-web", textSuffix, 1))
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *textWriter) Write(data []byte) (int, error) {
	if w.encoder == nil {
		w.encoder = base64.NewEncoder(base64.StdEncoding, w.ResponseWriter)
	}
	return w.encoder.Write(data)
}

// Close ends a part. Each is padded, as clients expect it.
func (w *textWriter) Close() error {
	if w.encoder == nil {
		return nil
	}
	encoder := w.encoder
	w.encoder = nil
	return encoder.Close()
}

// FlushError is what http.ResponseController calls.
func (w *textWriter) FlushError() error {
	if err := w.Close(); err != nil {
		return err
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Unwrap lets http.ResponseController reach the connection.
func (w *textWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
