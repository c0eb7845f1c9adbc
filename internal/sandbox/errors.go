package sandbox

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// failure is an error as the upstream responds with it.
type failure struct {
	status  int
	code    string // empty: the body has the shape {"error": message}
	message string
	header  http.Header // of the response, beside the usual ones
	body    []byte      // in place of the code and the message, if it is there
}

func (e *failure) Error() string { return e.message }

// refuse makes the failure of a status, whose name is its code.
func refuse(status int, message string) *failure {
	return &failure{status: status, code: strings.ReplaceAll(http.StatusText(status), " ", ""), message: message}
}

// The live service gives the first in a shape of its own, and callers tell it
// from every other 403 by its words. The second is the sandbox's own, alike.
var (
	errSessionExpired = &failure{status: http.StatusForbidden, message: "Session expired"}
	errOTPRequired    = &failure{status: http.StatusForbidden, message: "OTP required"}
	// The third is the same whichever part was wrong, so that nobody learns who has an
	// account.
	errSignIn = refuse(http.StatusUnauthorized, "These credentials are not valid.")
)

// writeError responds with an error. A behaviour that is missing is what the
// generated Unimplemented server says; all else that is no failure is a fault here.
// The members are written by hand, since the upstream's errors have no schema.
func writeError(w http.ResponseWriter, err error) {
	f, ok := errors.AsType[*failure](err)
	switch {
	case ok:
	case status.Code(err) == codes.Unimplemented:
		f = refuse(http.StatusNotImplemented, "The sandbox does not do this.")
	default:
		f = &failure{status: http.StatusInternalServerError, code: "Internal", message: "The sandbox failed."}
	}
	members := map[string]string{"code": f.code, "message": f.message}
	if f.code == "" {
		members = map[string]string{"error": f.message}
	}
	maps.Copy(w.Header(), f.header)
	body := f.body
	if body == nil {
		body, _ = json.Marshal(members) // a map of strings always has a JSON form
	}
	writeJSON(w, f.status, body)
}

func writeJSON(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the caller has gone: nobody is left to tell
}

// fail delays a call, or makes it fail, if the sandbox is told to.
func (s *Sandbox) fail(r *http.Request, op *operation) error {
	fault := s.faults.For(op.GetName())
	if fault == nil {
		return nil
	}
	if err := fault.Wait(r.Context()); err != nil || fault.Status == 0 {
		return err
	}
	failed := refuse(fault.Status, "The sandbox was told to fail.")
	failed.body = fault.Body
	if fault.RetryAfter > 0 {
		failed.header = http.Header{"Retry-After": {strconv.Itoa(fault.RetryAfter)}}
	}
	return failed
}

// limit refuses a call of an account that makes too many. Calls that sign in are one
// account's, which is nobody's.
func (s *Sandbox) limit(c *call, method string) error {
	id := ""
	if c.session != nil {
		id = c.session.account.ID
	}
	if s.faults.Allow(id, method != http.MethodGet, s.state.now()) {
		return nil
	}
	limited := refuse(http.StatusTooManyRequests, "This account makes too many calls.")
	limited.header = http.Header{"Retry-After": {"1"}}
	return limited
}
