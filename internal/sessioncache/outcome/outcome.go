// Package outcome tells what an error of the upstream, or on the way there, says of sessions. It
// knows no sessions.
package outcome

import (
	"errors"
	"net/http"
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/apierror"
	"github.com/wingspan-grpc/session-facade/internal/relay"
)

// Error is an error with the upstream's response, if it gave one; see upstream.Error, which is
// not named here.
type Error interface {
	error
	GRPCStatus() *status.Status
	HTTPResponse() (status int, header http.Header, body []byte)
	WithHeader(header http.Header) error
}

// Of is the upstream's error in an error, if there is one.
func Of(err error) (Error, bool) { return errors.AsType[Error](err) }

// Response is the response that an error is of; nil where it is of none.
func Response(err error) *relay.Response {
	failed, ok := Of(err)
	if !ok {
		return nil
	}
	code, header, body := failed.HTTPResponse()
	return &relay.Response{Status: code, Header: header, Body: body}
}

// IsExpired tells whether the upstream says that there is no such session.
func IsExpired(err error) bool { return isOf(err, usersv1.ErrorReason_ERROR_REASON_SESSION_EXPIRED) }

// IsRateLimited tells whether there was no turn for a call in its time.
func IsRateLimited(err error) bool { return isOf(err, usersv1.ErrorReason_ERROR_REASON_RATE_LIMITED) }

// isRefused tells whether a call was not sent, since the upstream may not be called now.
func isRefused(err error) bool {
	return isOf(err, usersv1.ErrorReason_ERROR_REASON_RATE_LIMITED, usersv1.ErrorReason_ERROR_REASON_UPSTREAM_SUSPENDED)
}

func isOf(err error, reasons ...usersv1.ErrorReason) bool {
	failed, ok := Of(err)
	return ok && slices.Contains(reasons, apierror.Reason(failed.GRPCStatus()))
}

// awayCodes are those of an upstream that gave no response.
var awayCodes = []codes.Code{codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted}

// IsAway tells whether an error, with the status of the response if there was one, is not about
// the session, but about an upstream that answers nobody, or not so often.
func IsAway(err error, code int) bool {
	failed, ok := Of(err)
	if !ok {
		return false
	}
	if code != 0 {
		return code >= http.StatusInternalServerError || code == http.StatusTooManyRequests || code == http.StatusRequestTimeout
	}
	return slices.Contains(awayCodes, failed.GRPCStatus().Code())
}

// ErrPanicked is the error of a call that panicked.
var ErrPanicked = errors.New("the call panicked")

// IsKnown tells whether it is known what a call has done.
func IsKnown(err error) bool {
	failed, ok := Of(err)
	if err == nil || !ok && !errors.Is(err, ErrPanicked) {
		return true // or it was refused before it left
	}
	if !ok {
		return false
	}
	if isRefused(err) {
		return true
	}
	code, _, _ := failed.HTTPResponse()
	return code/100 == 4 && code != http.StatusRequestTimeout
}
