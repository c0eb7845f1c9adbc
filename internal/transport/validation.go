package transport

import (
	"errors"

	"buf.build/go/protovalidate"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/apierror"
)

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
		return apierror.New(codes.Internal, usersv1.ErrorReason_ERROR_REASON_INTERNAL,
			"a validation rule cannot be evaluated").Err()
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

// RefuseField is the refusal of a request for one of its fields or headers.
func RefuseField(field, problem string) error {
	return apierror.Invalid(&errdetails.BadRequest_FieldViolation{Field: field, Description: problem}).Err()
}
