package transport

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"time"

	"buf.build/go/protovalidate"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/apierror"
)

// guards are what every call passes, whichever door it came by, in this order:
//
//  1. recovery: a panic behind it becomes INTERNAL
//  2. deadline: what is behind it ends in time; the caller's applies if it is shorter
//  3. single: one token, one user, or none
//  4. validation: the rules of the .proto
//
// In front of them stand, at the gRPC door, the access line (so that refusals
// are seen), the bound on calls in flight and the stripping of residue. The REST
// door does the first two itself, since not all of its calls get as far as here.
//
// All of that is one interceptor for each door: several cost a closure each for
// every call, and say no better what comes after what.
type guards struct {
	logger    *slog.Logger
	timeout   time.Duration
	validator protovalidate.Validator
}

func newGuards(options Options) (*guards, error) {
	validator, err := protovalidate.New()
	return &guards{options.Logger, options.Timeout, validator}, err
}

// intercept is the interceptor of the calls within the process.
func (g *guards) intercept(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (response any, err error) {
	defer func() {
		if p := recover(); p != nil {
			response, err = nil, recovered(ctx, g.logger, p)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, g.timeout)
	defer cancel()
	if c := callFrom(ctx); c != nil {
		if err := single(c.up); err != nil {
			return nil, err
		}
	}
	if err := g.validate(request); err != nil {
		return nil, err
	}
	return handler(ctx, request)
}

// recovered logs a panic and makes the error that the caller gets. Of the value
// only what the runtime itself says is logged: any other may hold a secret.
func recovered(ctx context.Context, logger *slog.Logger, p any) error {
	what := "a value of its own"
	var runtimeError runtime.Error
	if err, ok := p.(error); ok && errors.As(err, &runtimeError) {
		what = runtimeError.Error()
	}
	id, trace := "", ""
	if c := callFrom(ctx); c != nil {
		id, trace = c.requestID, c.traceID
	}
	logger.ErrorContext(ctx, "panic", "value", what, "request_id", id, "trace_id", trace, "stack", string(debug.Stack()))
	return apierror.New(codes.Internal, usersv1.ErrorReason_ERROR_REASON_INTERNAL,
		"the facade failed; its log says more under request id "+id).Err()
}

// single refuses a call that gives the upstream something several times: which of
// two tokens or users counts would be for each server on the way to guess. Cookie
// and Tracestate are lists by their nature.
func single(up metadata.MD) error {
	for key, values := range up {
		if len(values) > 1 && key != "cookie" && key != "tracestate" {
			return refuseField(key, "must be given only once")
		}
	}
	return nil
}

// validate refuses a request that the rules of the .proto do not allow.
func (g *guards) validate(request any) error {
	message, ok := request.(proto.Message)
	if !ok {
		return nil
	}
	err := g.validator.Validate(message)
	if err == nil {
		return nil
	}
	var invalid *protovalidate.ValidationError
	if !errors.As(err, &invalid) {
		return apierror.New(codes.Internal, usersv1.ErrorReason_ERROR_REASON_INTERNAL,
			"a validation rule cannot be evaluated").Err()
	}
	var fields []*errdetails.BadRequest_FieldViolation
	for _, v := range invalid.Violations {
		fields = append(fields, &errdetails.BadRequest_FieldViolation{
			Field:       protovalidate.FieldPathString(v.Proto.GetField()),
			Description: v.Proto.GetMessage(),
		})
	}
	return apierror.Invalid(fields...).Err()
}

// mintedIDLength is the length of a request id that is made here.
const mintedIDLength = 16

// newRequestID makes a name for a call, which guards nothing.
func newRequestID() string {
	var id [mintedIDLength / 2]byte
	binary.BigEndian.PutUint64(id[:], rand.Uint64()) //nolint:gosec // see above
	return hex.EncodeToString(id[:])
}
