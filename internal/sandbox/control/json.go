package control

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"github.com/go-json-experiment/json"

	"github.com/wingspan-grpc/session-facade/internal/sandbox/seed"
)

// refusal is an error with its status.
type refusal struct {
	error
	status int
}

// body reads a request's. That it must be called JSON keeps out the forms of pages.
func body(w http.ResponseWriter, r *http.Request, most int64) ([]byte, error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return nil, refusal{errors.New("Content-Type must be application/json"), http.StatusUnsupportedMediaType}
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, refusal{fmt.Errorf("the body is longer than %d bytes", most), http.StatusRequestEntityTooLarge}
	}
	if err != nil {
		return nil, refusal{errors.New("the body could not be read"), http.StatusBadRequest}
	}
	return text, nil
}

func read(w http.ResponseWriter, r *http.Request, most int64, into any) error {
	text, err := body(w, r, most)
	if err != nil {
		return err
	}
	return seed.Unmarshal(text, into)
}

func writeError(w http.ResponseWriter, err error) {
	status := http.StatusInternalServerError
	if refused, ok := errors.AsType[refusal](err); ok {
		status = refused.status
	} else if _, ok := errors.AsType[*seed.Error](err); ok {
		status = http.StatusBadRequest
	} else {
		err = errors.New("the sandbox failed")
	}
	write(w, status, map[string]string{"error": err.Error()})
}

func write(w http.ResponseWriter, status int, value any) {
	text, err := json.Marshal(value, json.Deterministic(true))
	if err != nil { // a text that is no UTF-8 was refused before
		status, text = http.StatusInternalServerError, []byte(`{"error":"the sandbox failed"}`)
	}
	writeText(w, status, text)
}

func writeText(w http.ResponseWriter, status int, text []byte) {
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(text) // the caller has gone: nobody is left to tell
}
