package facadetest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// basePath is where a Recorder's paths begin: an upstream need not be at its
// host's root.
const basePath = "/v0/base"

// Seen is a request as the upstream saw it.
type Seen struct {
	Method string
	// Path is the escaped path as it came over the wire, with its query, less the
	// base path.
	Path   string
	Header http.Header
	Body   []byte
}

// Recorder is an upstream that records what it sees and answers as it is told.
type Recorder struct {
	// URL is where its paths begin.
	URL string

	mu     sync.Mutex
	seen   []Seen
	answer http.HandlerFunc
}

// NewRecorder starts an upstream that answers with the given handler. It is
// stopped when the test ends.
func NewRecorder(tb testing.TB, answer http.HandlerFunc) *Recorder {
	tb.Helper()
	r := &Recorder{answer: answer}
	server := httptest.NewServer(http.HandlerFunc(r.serve))
	tb.Cleanup(server.Close)
	r.URL = server.URL + basePath
	return r
}

func (r *Recorder) serve(w http.ResponseWriter, request *http.Request) {
	body, _ := io.ReadAll(request.Body)
	path, ok := strings.CutPrefix(request.RequestURI, basePath)
	if !ok {
		path = "outside the base path: " + request.RequestURI
	}
	r.mu.Lock()
	r.seen = append(r.seen, Seen{Method: request.Method, Path: path, Header: request.Header, Body: body})
	answer := r.answer
	r.mu.Unlock()
	answer(w, request)
}

// Answer makes later requests be answered by another handler.
func (r *Recorder) Answer(answer http.HandlerFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

// Take returns what was seen since the last call, and forgets it.
func (r *Recorder) Take() []Seen {
	r.mu.Lock()
	defer r.mu.Unlock()
	seen := r.seen
	r.seen = nil
	return seen
}

// Respond is a handler that always gives the same response.
func Respond(status int, header http.Header, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for name, values := range header {
			w.Header()[http.CanonicalHeaderKey(name)] = values
		}
		if body != "" && w.Header().Get("Content-Type") == "" {
			w.Header().Set("Content-Type", "application/json")
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}
