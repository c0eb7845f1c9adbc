package restgateway

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	usersv1json "github.com/wingspan-grpc/session-facade/gen/wirejson/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/apierror"
	"github.com/wingspan-grpc/session-facade/internal/transport"
	"github.com/wingspan-grpc/session-facade/internal/transport/httpport"
)

// upstreamResponse is the response of the upstream; the status is 0 where there is none.
func upstreamResponse(err error) (status int, header http.Header, body []byte) {
	var failed transport.UpstreamError
	if errors.As(err, &failed) {
		return failed.HTTPResponse()
	}
	return 0, nil, nil
}

// statusOf is the HTTP status of a call that has failed.
func statusOf(err error) int {
	if code, _, _ := upstreamResponse(err); code != 0 {
		return code
	}
	return cmp.Or(httpStatuses[transport.ReasonOf(status.Convert(err))], http.StatusInternalServerError)
}

// gatewayError is grpc-gateway's error handler.
func gatewayError(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, _ *http.Request, err error) {
	if rec, ok := w.(*recorder); ok {
		writeError(rec, cmp.Or(rec.body.err, err))
	}
}

// writeError responds with an error: the upstream's own as it sent it, any other as an
// ErrorBody.
func writeError(rec *recorder, err error) {
	rec.err = err
	if rec.status != 0 {
		return // a response has begun
	}
	header := rec.Header()
	status, upstream, body := upstreamResponse(err)
	relayHeader(rec, err)
	if len(body) > 0 {
		writeBody(rec, status, jsonType(upstream), body)
		return
	}
	if status == 0 {
		status = statusOf(err)
		httpport.SetRetryAfter(header, err)
		header.Set(transport.RequestIDKey, rec.call.RequestID)
	}
	writeBody(rec, status, applicationJSON, errorBody(rec.call.Method, err))
}

// relayHeader adds what there is beside the body. What stands there already, of CORS,
// stays.
func relayHeader(rec *recorder, err error) {
	to := rec.Header()
	relayed, _ := rec.call.ResponseHeader(err)
	for name, values := range relayed {
		to[name] = append(to[name], values...)
	}
	httpport.ExposeHeader(to, relayed)
}

func writeBody(rec *recorder, status int, contentType []string, body []byte) {
	rec.Header()["Content-Type"] = contentType
	rec.Header().Set("Content-Length", strconv.Itoa(len(body)))
	rec.WriteHeader(status)
	_, _ = rec.Write(body)
}

// errorBody makes the text of an error of the facade's own.
func errorBody(method *transport.Method, err error) []byte {
	s := status.Convert(err)
	body := &usersv1.ErrorBody{Code: apierror.ReasonName(transport.ReasonOf(s)), Message: s.Message()}
	for _, detail := range s.Details() {
		bad, _ := detail.(*errdetails.BadRequest)
		for _, f := range bad.GetFieldViolations() {
			body.Fields = append(body.Fields, &usersv1.FieldError{
				Field: jsonPath(method, f.GetField()), Description: f.GetDescription()})
		}
	}
	text, encodeErr := usersv1json.ErrorBody.Append(nil, body)
	if encodeErr != nil {
		return nil // only for a message that is not UTF-8: the status still tells
	}
	return text
}

// applicationJSON is the content type of the facade's own JSON; read-only.
var applicationJSON = []string{"application/json"}

// jsonType is the content type under which the upstream's JSON is relayed: its
// own, if it says that it is JSON.
func jsonType(header http.Header) []string {
	own := header["Content-Type"]
	mediaType, _, _ := strings.Cut(header.Get("Content-Type"), ";")
	mediaType = strings.ToLower(strings.TrimSpace(mediaType))
	if mediaType == "application/json" || strings.HasSuffix(mediaType, "+json") {
		return own[:1]
	}
	return applicationJSON
}

// httpStatuses are those of errors of the facade's own; that of others is 500.
var httpStatuses = map[usersv1.ErrorReason]int{
	usersv1.ErrorReason_ERROR_REASON_INVALID_REQUEST:        http.StatusBadRequest,
	usersv1.ErrorReason_ERROR_REASON_NOT_FOUND:              http.StatusNotFound,
	usersv1.ErrorReason_ERROR_REASON_METHOD_NOT_ALLOWED:     http.StatusMethodNotAllowed,
	usersv1.ErrorReason_ERROR_REASON_REQUEST_TOO_LARGE:      http.StatusRequestEntityTooLarge,
	usersv1.ErrorReason_ERROR_REASON_UNSUPPORTED_MEDIA_TYPE: http.StatusUnsupportedMediaType,
	usersv1.ErrorReason_ERROR_REASON_UPSTREAM_CONTRACT:      http.StatusBadGateway,
	usersv1.ErrorReason_ERROR_REASON_UPSTREAM_UNREACHABLE:   http.StatusBadGateway,
	usersv1.ErrorReason_ERROR_REASON_UPSTREAM_TIMEOUT:       http.StatusGatewayTimeout,
	usersv1.ErrorReason_ERROR_REASON_UPSTREAM_SUSPENDED:     http.StatusServiceUnavailable,
	usersv1.ErrorReason_ERROR_REASON_OVERLOADED:             http.StatusServiceUnavailable,
	usersv1.ErrorReason_ERROR_REASON_RATE_LIMITED:           http.StatusTooManyRequests,
	usersv1.ErrorReason_ERROR_REASON_CANCELLED:              499, // nginx's "client closed request"; nobody is left to read it
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
