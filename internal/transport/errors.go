package transport

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"buf.build/go/protovalidate"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/apierror"
)

// reason is why a call failed.
type reason = usersv1.ErrorReason

// reasons are those of errors that have a code only; that of others is INTERNAL.
var reasons = map[codes.Code]reason{
	codes.DeadlineExceeded: usersv1.ErrorReason_ERROR_REASON_UPSTREAM_TIMEOUT,
	codes.Canceled:         usersv1.ErrorReason_ERROR_REASON_CANCELLED,
	codes.InvalidArgument:  usersv1.ErrorReason_ERROR_REASON_INVALID_REQUEST,
}

// ReasonOf is the reason of an error. One that did not come from the facade's own code
// but from grpc-go's or grpc-gateway's has a code only.
func ReasonOf(s *status.Status) usersv1.ErrorReason {
	return cmp.Or(apierror.Reason(s), reasons[s.Code()], usersv1.ErrorReason_ERROR_REASON_INTERNAL)
}

// Refuse is the refusal of a request as a whole.
func Refuse(code codes.Code, reason usersv1.ErrorReason, message string, options ...apierror.Option) error {
	return apierror.New(code, reason, message, options...).Err()
}

// RefuseInvalid is the refusal of a request that cannot be read.
func RefuseInvalid(message string) error {
	return Refuse(codes.InvalidArgument, usersv1.ErrorReason_ERROR_REASON_INVALID_REQUEST, message)
}

// RefuseField is the refusal of a request for one of its fields or headers.
func RefuseField(field, problem string) error {
	return apierror.Invalid(&errdetails.BadRequest_FieldViolation{Field: field, Description: problem}).Err()
}

// TooLarge is the refusal of what is larger than a request may be.
func (p *Pipeline) TooLarge(what string) error {
	return Refuse(codes.ResourceExhausted, usersv1.ErrorReason_ERROR_REASON_REQUEST_TOO_LARGE,
		fmt.Sprintf("the %s is larger than %d bytes", what, p.MaxRequestBytes))
}

// ErrOverloaded refuses a call over the limit. It is made once: where there are many,
// each must cost little.
var ErrOverloaded = overloaded("the facade has as many calls in flight as it takes; call again in a while")

// ErrNoMemory refuses a call for whose request there is no memory before its deadline.
var ErrNoMemory = overloaded("the facade holds as many bytes of bodies as it may; call again in a while")

func overloaded(message string) error {
	return Refuse(codes.ResourceExhausted, usersv1.ErrorReason_ERROR_REASON_OVERLOADED, message, apierror.RetryAfter(time.Second))
}

// validate refuses a request that the rules of the .proto do not allow.
func (p *Pipeline) validate(request any) error {
	message, ok := request.(proto.Message)
	if !ok {
		return nil
	}
	err := p.validator.Validate(message)
	if err == nil {
		return nil
	}
	var invalid *protovalidate.ValidationError
	if !errors.As(err, &invalid) {
		return Refuse(codes.Internal, usersv1.ErrorReason_ERROR_REASON_INTERNAL, "a validation rule cannot be evaluated")
	}
	fields := make([]*errdetails.BadRequest_FieldViolation, 0, len(invalid.Violations))
	for _, v := range invalid.Violations {
		fields = append(fields, &errdetails.BadRequest_FieldViolation{
			Field:       protovalidate.FieldPathString(v.Proto.GetField()),
			Description: v.Proto.GetMessage(),
		})
	}
	return apierror.Invalid(fields...).Err()
}
