package restgateway

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	usersv1json "github.com/wingspan-grpc/session-facade/gen/wirejson/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/apierror"
	"github.com/wingspan-grpc/session-facade/internal/transport"
	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

// upstreamError is an error that holds what the upstream answered. See upstream.Error,
// which is not named here: transport does not know where errors come from.
type upstreamError interface {
	error
	HTTPAnswer() (status int, header http.Header, body []byte)
}

// gatewayError is grpc-gateway's error handler.
func gatewayError(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, err error) {
	rec, ok := w.(*recorder)
	if !ok {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	if body, ok := r.Body.(*requestBody); ok && body.err != nil {
		err = body.err
	}
	writeError(rec, err)
}

// writeError answers with an error: the upstream's own as it sent it, any other as an
// ErrorBody.
func writeError(rec *recorder, err error) {
	rec.err = err
	var malformed *wirejson.Error
	if errors.As(err, &malformed) { // which is no status, and has a reason only here
		rec.err = refuse(codes.InvalidArgument, usersv1.ErrorReason_ERROR_REASON_INVALID_REQUEST, "")
	}
	if rec.status != 0 {
		return // a response has begun
	}
	header := rec.Header()
	var failed upstreamError
	status := 0
	if errors.As(err, &failed) {
		var answered http.Header
		var body []byte
		status, answered, body = failed.HTTPAnswer()
		relayHeader(header, answered)
		if len(body) > 0 {
			writeBody(rec, status, jsonType(answered), body)
			return
		}
	}
	text, reason := errorBody(rec.call.Method, err)
	if status == 0 {
		status = httpStatus(reason)
		setRetryAfter(header, err)
		header.Set(transport.RequestIDKey, rec.call.RequestID)
	}
	writeBody(rec, status, "application/json", text)
}

func writeBody(rec *recorder, status int, contentType string, body []byte) {
	rec.Header().Set("Content-Type", contentType)
	rec.Header().Set("Content-Length", strconv.Itoa(len(body)))
	rec.WriteHeader(status)
	_, _ = rec.Write(body)
}

// errorBody makes the text of an error of the facade's own.
func errorBody(method *transport.Method, err error) ([]byte, usersv1.ErrorReason) {
	body, reason := describe(method, err)
	text, encodeErr := usersv1json.ErrorBody.Append(nil, body)
	if encodeErr != nil {
		text = nil // only for a message that is not UTF-8: the status still tells
	}
	return text, reason
}

// setRetryAfter tells a REST caller what an error's RetryInfo tells a gRPC caller.
func setRetryAfter(header http.Header, err error) {
	for _, detail := range status.Convert(err).Details() {
		if retry, ok := detail.(*errdetails.RetryInfo); ok {
			seconds := math.Ceil(retry.GetRetryDelay().AsDuration().Seconds())
			header.Set("Retry-After", strconv.Itoa(int(seconds)))
		}
	}
}

// jsonType is the content type under which the upstream's JSON is relayed: its
// own, if it says that it is JSON.
func jsonType(header http.Header) string {
	own := header.Get("Content-Type")
	mediaType, _, _ := strings.Cut(own, ";")
	mediaType = strings.ToLower(strings.TrimSpace(mediaType))
	if mediaType == "application/json" || strings.HasSuffix(mediaType, "+json") {
		return own
	}
	return "application/json"
}

// describe makes what errorBody writes.
func describe(method *transport.Method, err error) (*usersv1.ErrorBody, usersv1.ErrorReason) {
	var malformed *wirejson.Error
	if errors.As(err, &malformed) {
		return bodyError(malformed), usersv1.ErrorReason_ERROR_REASON_INVALID_REQUEST
	}
	s := status.Convert(err)
	reason := transport.ReasonOf(s)
	body := &usersv1.ErrorBody{Code: apierror.ReasonName(reason), Message: s.Message()}
	for _, detail := range s.Details() {
		bad, _ := detail.(*errdetails.BadRequest)
		for _, f := range bad.GetFieldViolations() {
			body.Fields = append(body.Fields, &usersv1.FieldError{
				Field: jsonPath(method, f.GetField()), Description: f.GetDescription()})
		}
	}
	return body, reason
}

func bodyError(malformed *wirejson.Error) *usersv1.ErrorBody {
	body := &usersv1.ErrorBody{
		Code:    apierror.ReasonName(usersv1.ErrorReason_ERROR_REASON_INVALID_REQUEST),
		Message: "invalid request: " + malformed.Error(),
	}
	if malformed.Field != "" {
		body.Fields = []*usersv1.FieldError{{Field: malformed.Field, Description: malformed.Problem}}
	}
	return body
}

// httpStatus is the status for an error of the facade's own.
func httpStatus(reason usersv1.ErrorReason) int {
	switch reason {
	case usersv1.ErrorReason_ERROR_REASON_INVALID_REQUEST:
		return http.StatusBadRequest
	case usersv1.ErrorReason_ERROR_REASON_NOT_FOUND:
		return http.StatusNotFound
	case usersv1.ErrorReason_ERROR_REASON_METHOD_NOT_ALLOWED:
		return http.StatusMethodNotAllowed
	case usersv1.ErrorReason_ERROR_REASON_REQUEST_TOO_LARGE:
		return http.StatusRequestEntityTooLarge
	case usersv1.ErrorReason_ERROR_REASON_UNSUPPORTED_MEDIA_TYPE:
		return http.StatusUnsupportedMediaType
	case usersv1.ErrorReason_ERROR_REASON_UPSTREAM_CONTRACT,
		usersv1.ErrorReason_ERROR_REASON_UPSTREAM_UNREACHABLE:
		return http.StatusBadGateway
	case usersv1.ErrorReason_ERROR_REASON_UPSTREAM_TIMEOUT:
		return http.StatusGatewayTimeout
	case usersv1.ErrorReason_ERROR_REASON_UPSTREAM_SUSPENDED,
		usersv1.ErrorReason_ERROR_REASON_OVERLOADED:
		return http.StatusServiceUnavailable
	case usersv1.ErrorReason_ERROR_REASON_CANCELLED:
		return 499 // nginx's "client closed request"; nobody is left to read it
	default:
		return http.StatusInternalServerError
	}
}

// jsonPath spells a field's path, given in Protobuf's names, in JSON's, as seen
// from the body.
func jsonPath(method *transport.Method, path string) string {
	if method == nil {
		return path
	}
	message := method.Method.Input()
	var steps []string
	for step := range strings.SplitSeq(path, ".") {
		name, index, _ := strings.Cut(step, "[")
		var field protoreflect.FieldDescriptor
		if message != nil {
			field = message.Fields().ByName(protoreflect.Name(name))
		}
		if field == nil {
			return path // a header, or a key with a dot in it
		}
		message = field.Message()
		if field == method.BodyField {
			continue
		}
		spelled := field.JSONName()
		if index != "" {
			spelled += "[" + index
		}
		steps = append(steps, spelled)
	}
	return strings.Join(steps, ".")
}
