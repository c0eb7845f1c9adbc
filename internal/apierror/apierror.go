// Package apierror makes the errors that callers see: a gRPC status whose
// details say why (google.rpc.ErrorInfo), which fields are at fault
// (google.rpc.BadRequest) and when to call again (google.rpc.RetryInfo).
package apierror

import (
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
)

// Domain is the domain of every ErrorInfo: reasons are an ErrorReason in it.
const Domain = "session-facade"

// StatusKey is the metadata key of an ErrorInfo under which the upstream's HTTP
// status stands, where there was one.
const StatusKey = "http_status"

// maxFields is how many fields a BadRequest names at most: error details travel
// in a gRPC header, and clients in some languages refuse large ones.
const maxFields = 16

// Option is a detail that an error has beside its reason.
type Option = protoadapt.MessageV1

// HTTPStatus adds the upstream's HTTP status, in decimal.
func HTTPStatus(code string) Option {
	return &errdetails.ErrorInfo{Metadata: map[string]string{StatusKey: code}}
}

// RetryAfter adds how long to wait before the next call.
func RetryAfter(delay time.Duration) Option {
	return &errdetails.RetryInfo{RetryDelay: durationpb.New(delay)}
}

// Fields adds the fields that are at fault, by their names in the .proto. Those
// over a bound are left out.
func Fields(fields ...*errdetails.BadRequest_FieldViolation) Option {
	return &errdetails.BadRequest{FieldViolations: fields[:min(len(fields), maxFields)]}
}

// New makes the status of an error. The message is for the caller: it must not
// hold a secret that the caller does not know.
func New(code codes.Code, reason usersv1.ErrorReason, message string, options ...Option) *status.Status {
	info := &errdetails.ErrorInfo{Reason: ReasonName(reason), Domain: Domain}
	details := []protoadapt.MessageV1{info}
	for _, option := range options {
		if more, ok := option.(*errdetails.ErrorInfo); ok {
			info.Metadata = more.GetMetadata() // there is one ErrorInfo
			continue
		}
		details = append(details, option)
	}
	plain := status.New(code, message)
	detailed, err := plain.WithDetails(details...)
	if err != nil {
		return plain // only for codes.OK, which is no error
	}
	return detailed
}

// Invalid makes the status of a request that is refused before the upstream
// sees it.
func Invalid(fields ...*errdetails.BadRequest_FieldViolation) *status.Status {
	said := make([]string, 0, maxFields)
	for _, f := range fields[:min(len(fields), maxFields)] {
		said = append(said, f.GetField()+": "+f.GetDescription())
	}
	return New(codes.InvalidArgument, usersv1.ErrorReason_ERROR_REASON_INVALID_REQUEST,
		"invalid request: "+strings.Join(said, "; "), Fields(fields...))
}

// ReasonName is a reason as it stands in an ErrorInfo or ErrorBody: the enum
// value without its prefix.
func ReasonName(reason usersv1.ErrorReason) string {
	return strings.TrimPrefix(reason.String(), "ERROR_REASON_")
}

// Reason finds the reason in an error's ErrorInfo; the zero value if it has
// none of ours.
func Reason(s *status.Status) usersv1.ErrorReason {
	for _, detail := range s.Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok && info.GetDomain() == Domain {
			return usersv1.ErrorReason(usersv1.ErrorReason_value["ERROR_REASON_"+info.GetReason()])
		}
	}
	return usersv1.ErrorReason_ERROR_REASON_UNSPECIFIED
}
