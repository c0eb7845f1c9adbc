package upstream

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/net/http2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/apierror"
	"github.com/wingspan-grpc/session-facade/internal/relay"
	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

// Error is a call that the upstream failed. Callers see the status; a REST
// caller sees the upstream's own response, if there was one.
type Error struct {
	status   *status.Status
	cause    string
	response relay.Response
	fault    fault
	progress progress
	waited   time.Duration // for a response that did not come in time
	attempts int
}

// fault is why an attempt brought no response, if it did not, as metrics name it.
type fault string

const (
	answered     fault = ""              // it did, whatever the response was
	noConnection fault = "no_connection" // none could be made, or it broke
	timedOut     fault = "timeout"
	cancelled    fault = "cancelled"
	noMemory     fault = "overloaded" // for what came
	rateLimited  fault = "rate_limited"
)

// progress is how far an attempt came that brought no response.
type progress int

const (
	maybeProcessed progress = iota
	unsent                  // there was no connection, or it broke before the headers left
	notProcessed            // the upstream said so
)

// newError makes an error. The cause is for the log, the message for the caller.
func newError(f fault, code codes.Code, reason usersv1.ErrorReason, cause, message string, options ...apierror.Option) *Error {
	return &Error{status: apierror.New(code, reason, message, options...), cause: cause, fault: f}
}

// Error is for the log: it never holds what the upstream said.
func (e *Error) Error() string { return "upstream: " + e.cause }

// GRPCStatus is the status for gRPC callers.
func (e *Error) GRPCStatus() *status.Status { return e.status }

// HTTPResponse is the upstream's own error answer: its status, headers and JSON
// body. The status is 0 where it gave none, the body empty where it is not JSON.
func (e *Error) HTTPResponse() (status int, header http.Header, body []byte) {
	return e.response.Status, e.response.Header, e.response.Body
}

// WithHeader is the same error, where the response had other headers.
func (e *Error) WithHeader(header http.Header) error {
	other := *e
	other.response.Header = header
	return &other
}

// Attempts is how often the call may have reached the upstream.
func (e *Error) Attempts() int { return e.attempts }

// Cause says what happened, for the log: the status, or what kind of fault kept
// the upstream from answering. It is free of secrets.
func (e *Error) Cause() string { return e.cause }

// maxMessage bounds the upstream's message in a status, in bytes.
const maxMessage = 1 << 10

// failure is the error for a response whose status is not 2xx.
func failure(a *relay.Response) *Error {
	if a.Status/100 == 3 {
		return brokenContract(fmt.Sprintf("it answered with a redirect, HTTP %d, which is not followed", a.Status))
	}
	a.Body = wirejson.TrimBOM(a.Body)
	// Half a surrogate pair is JSON as JavaScript writes it; other bytes must be UTF-8.
	if !utf8.Valid(a.Body) || !jsontext.Value(a.Body).IsValid(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)) {
		a.Body = nil
	}
	message := messageOf(a)
	code, reason := codeOf(a.Status), usersv1.ErrorReason_ERROR_REASON_UPSTREAM_REJECTED
	if a.Status == http.StatusForbidden && message == sessionExpired {
		code, reason = codes.Unauthenticated, usersv1.ErrorReason_ERROR_REASON_SESSION_EXPIRED
	}
	options := []apierror.Option{apierror.HTTPStatus(strconv.Itoa(a.Status))}
	if delay, ok := retryAfter(a.Header); ok {
		options = append(options, apierror.RetryAfter(delay))
	}
	e := newError(answered, code, reason, fmt.Sprintf("HTTP %d", a.Status), message, options...)
	e.response = *a
	return e
}

// sessionExpired is what the upstream says in a 403 to a token that it does not
// know: unlike any other 403, it means "not signed in".
const sessionExpired = "Session expired"

// messageOf is what the upstream's error says in words.
func messageOf(a *relay.Response) string {
	var members map[string]json.RawMessage
	_ = json.Unmarshal(a.Body, &members) // not an object: no members
	for _, name := range []string{"message", "error"} {
		var text string
		if json.Unmarshal(members[name], &text) == nil && text != "" {
			text = strings.ToValidUTF8(text, "\uFFFD")
			return strings.ToValidUTF8(text[:min(len(text), maxMessage)], "") // what is cut in two goes
		}
	}
	return cmp.Or(http.StatusText(a.Status), fmt.Sprintf("HTTP %d", a.Status))
}

// namedCodes are the gRPC codes for HTTP error statuses, by the contract's table.
var namedCodes = map[int]codes.Code{
	400: codes.InvalidArgument, 422: codes.InvalidArgument,
	401: codes.Unauthenticated,
	403: codes.PermissionDenied,
	404: codes.NotFound, 410: codes.NotFound,
	408: codes.DeadlineExceeded, 504: codes.DeadlineExceeded,
	409: codes.Aborted,
	429: codes.ResourceExhausted,
	499: codes.Canceled,
	501: codes.Unimplemented,
	502: codes.Unavailable, 503: codes.Unavailable,
}

// codeOf is the gRPC code for an HTTP error status.
func codeOf(httpStatus int) codes.Code {
	if code, named := namedCodes[httpStatus]; named {
		return code
	}
	if httpStatus/100 == 4 {
		return codes.FailedPrecondition
	}
	return codes.Internal
}

// brokenContract is the error for a response that the contract does not allow.
func brokenContract(what string) *Error {
	return newError(answered, codes.Internal, usersv1.ErrorReason_ERROR_REASON_UPSTREAM_CONTRACT, what,
		"the upstream broke its contract: "+what)
}

// noResponse is the error for an exchange that brought no response.
func noResponse(ctx context.Context, err error, p progress) *Error {
	var e *Error
	switch {
	case hasLeft(ctx):
		e = newError(cancelled, codes.Canceled, usersv1.ErrorReason_ERROR_REASON_CANCELLED, "cancelled by the caller",
			"the caller went away before the upstream answered")
	case ctx.Err() != nil:
		e = newError(timedOut, codes.DeadlineExceeded, usersv1.ErrorReason_ERROR_REASON_UPSTREAM_TIMEOUT, "timeout",
			"the upstream did not answer in time")
	default:
		cause := kindOf(err)
		e = newError(noConnection, codes.Unavailable, usersv1.ErrorReason_ERROR_REASON_UPSTREAM_UNREACHABLE, cause,
			"the upstream could not be reached: "+cause)
	}
	e.progress = p
	return e
}

// hasLeft tells whether the caller of a call has left it. A caller whose deadline has
// come has not: its own timer may have been a moment faster than ours, and have
// cancelled the call instead.
func hasLeft(ctx context.Context) bool {
	const moment = 100 * time.Millisecond
	deadline, bounded := ctx.Deadline()
	return errors.Is(ctx.Err(), context.Canceled) && (!bounded || time.Until(deadline) >= moment)
}

// truncated is the error for a success whose body could not be read to its end.
func truncated(ctx context.Context, err error) *Error {
	if ctx.Err() != nil {
		late := noResponse(ctx, err, maybeProcessed)
		late.fault = answered // the headers had come
		return late
	}
	return brokenContract("its response was cut off: " + kindOf(err))
}

// overloaded is the error for a response that there was no memory for. The call has
// been processed.
func overloaded(ctx context.Context) *Error {
	if hasLeft(ctx) {
		return noResponse(ctx, ctx.Err(), maybeProcessed)
	}
	return newError(noMemory, codes.ResourceExhausted, usersv1.ErrorReason_ERROR_REASON_OVERLOADED, "no memory for the response",
		"too many large responses at the same time; the upstream has processed the call", apierror.RetryAfter(time.Second))
}

// isRefusal tells whether the upstream says that it has not processed a request
// (RFC 9113, section 8.7): by REFUSED_STREAM, or by a GOAWAY whose last stream is
// before this one. For the latter net/http has no type, and no such text for
// streams that the GOAWAY includes.
func isRefusal(err error) bool {
	if stream, ok := errors.AsType[http2.StreamError](err); ok {
		return stream.Code == http2.ErrCodeRefusedStream
	}
	text := err.Error()
	return text == "http2: Transport received Server's graceful shutdown GOAWAY" ||
		strings.HasPrefix(text, "http2: Transport received GOAWAY from server ErrCode:")
}

// kindOf names a network fault without its text, which may quote what was on
// the wire.
func kindOf(err error) string {
	network, isNetwork := errors.AsType[net.Error](err)
	switch {
	case is[*net.DNSError](err):
		return "its name cannot be resolved"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "connection reset"
	case is[*tls.CertificateVerificationError](err), is[x509.UnknownAuthorityError](err):
		return "its certificate is not trusted"
	case is[tls.RecordHeaderError](err), is[tls.AlertError](err):
		return "TLS failed"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "connection closed"
	case isNetwork && network.Timeout():
		return "connecting timed out"
	default:
		return "the connection broke"
	}
}

// is tells whether an error is of a type.
func is[T error](err error) bool {
	_, ok := errors.AsType[T](err)
	return ok
}
