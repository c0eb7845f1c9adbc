package sandbox

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// answerError is an error as it is answered.
type answerError struct {
	status  int
	code    string // empty: the answer has the shape {"error": message}
	message string
	allow   string        // the Allow header, if any
	wait    time.Duration // as Retry-After, if any
}

func (e *answerError) Error() string { return e.message }

// The live service gives the first in a shape of its own, and callers tell it
// from every other 403 by its words. The second is the sandbox's own, alike.
var (
	errSessionExpired = &answerError{status: http.StatusForbidden, message: "Session expired"}
	errOTPRequired    = &answerError{status: http.StatusForbidden, message: "OTP required"}
)

// errSignIn is the same whichever part was wrong, so that nobody learns who has
// an account.
var errSignIn = &answerError{status: http.StatusUnauthorized, code: "Unauthorized", message: "These credentials are not valid."}

func badRequest(message string) error {
	return &answerError{status: http.StatusBadRequest, code: "BadRequest", message: message}
}

func forbidden(message string) error {
	return &answerError{status: http.StatusForbidden, code: "Forbidden", message: message}
}

func notFound(message string) error {
	return &answerError{status: http.StatusNotFound, code: "NotFound", message: message}
}

func conflict(message string) error {
	return &answerError{status: http.StatusConflict, code: "Conflict", message: message}
}

func unprocessable(message string) error {
	return &answerError{status: http.StatusUnprocessableEntity, code: "UnprocessableEntity", message: message}
}

func methodNotAllowed(allow string) error {
	return &answerError{
		status: http.StatusMethodNotAllowed, code: "MethodNotAllowed",
		message: "This path does not have this method.", allow: allow,
	}
}

func tooManyTries(wait time.Duration) error {
	return &answerError{
		status: http.StatusTooManyRequests, code: "TooManyRequests",
		message: "Too many wrong passwords; wait.", wait: wait,
	}
}

// asAnswer finds the answer for any error. A behaviour that is missing is what
// the generated Unimplemented server says; all else would be a fault here.
func asAnswer(err error) *answerError {
	var f *answerError
	switch {
	case errors.As(err, &f):
		return f
	case status.Code(err) == codes.Unimplemented:
		return &answerError{status: http.StatusNotImplemented, code: "NotImplemented", message: "The sandbox does not do this."}
	default:
		return &answerError{status: http.StatusInternalServerError, code: "Internal", message: "The sandbox failed."}
	}
}

// writeError answers with an error. Its members are written by hand, since
// the upstream's errors have no schema.
func writeError(w http.ResponseWriter, err error) {
	f := asAnswer(err)
	members := map[string]string{"code": f.code, "message": f.message}
	if f.code == "" {
		members = map[string]string{"error": f.message}
	}
	if f.allow != "" {
		w.Header().Set("Allow", f.allow)
	}
	if f.wait > 0 {
		seconds := (f.wait + time.Second - 1) / time.Second // begun ones count
		w.Header().Set("Retry-After", strconv.Itoa(int(seconds)))
	}
	body, err := json.Marshal(members)
	if err != nil {
		body = nil // a map of strings always has a JSON form
	}
	writeJSON(w, f.status, body)
}

func writeJSON(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the caller has gone: nobody is left to tell
}
