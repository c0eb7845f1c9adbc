package transport

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"buf.build/go/protovalidate"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/recovery"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/apierror"
	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

// guards are the interceptors that every call passes, whichever door it came by,
// in this order:
//
//  1. recovery: a panic behind it becomes INTERNAL
//  2. deadline: what is behind it ends in time
//  3. single: one token, one user, or none
//  4. validation: the rules of the .proto
//
// In front of them stand, at the gRPC door, the access line (so that refusals
// are seen), the bound on calls in flight and the stripping of residue. The REST
// door does the first two itself, since not all of its calls get as far as an
// interceptor.
func (s *Server) guards() ([]grpc.UnaryServerInterceptor, error) {
	validator, err := protovalidate.New()
	if err != nil {
		return nil, err
	}
	return []grpc.UnaryServerInterceptor{
		recovery.UnaryServerInterceptor(recovery.WithRecoveryHandlerContext(
			func(ctx context.Context, p any) error { return recovered(ctx, s.options.Logger, p) })),
		deadline(s.options.Timeout),
		single,
		validate(validator),
	}, nil
}

// recovered logs a panic and makes the error that the caller gets. Of the value
// only what the runtime itself says is logged: any other may hold a secret.
func recovered(ctx context.Context, logger *slog.Logger, p any) error {
	what := "a value of its own"
	var runtimeError runtime.Error
	if err, ok := p.(error); ok && errors.As(err, &runtimeError) {
		what = runtimeError.Error()
	}
	id := ""
	if c := callFrom(ctx); c != nil {
		id = c.requestID
	}
	logger.ErrorContext(ctx, "panic", "value", what, "request_id", id, "stack", string(debug.Stack()))
	return apierror.New(codes.Internal, usersv1.ErrorReason_ERROR_REASON_INTERNAL,
		"the facade failed; its log says more under request id "+id).Err()
}

// deadline bounds a call by the facade's own timeout; the caller's applies if it
// is shorter.
func deadline(timeout time.Duration) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		return handler(ctx, request)
	}
}

// single picks what the upstream gets of a caller's metadata, and refuses a call
// that gives one of it several times: which of two tokens or users counts would be
// for each server on the way to guess. Cookie and Tracestate are lists by their
// nature.
func single(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	up := upwardMetadata(md)
	for key, values := range up {
		if len(values) > 1 && key != "cookie" && key != "tracestate" {
			return nil, refuseField(key, "must be given only once")
		}
	}
	if c := callFrom(ctx); c != nil {
		c.up = up
	}
	return handler(ctx, request)
}

// validate refuses a request that the rules of the .proto do not allow.
func validate(validator protovalidate.Validator) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		message, ok := request.(proto.Message)
		if !ok {
			return handler(ctx, request)
		}
		err := validator.Validate(message)
		var invalid *protovalidate.ValidationError
		switch {
		case err == nil:
			return handler(ctx, request)
		case !errors.As(err, &invalid):
			return nil, apierror.New(codes.Internal, usersv1.ErrorReason_ERROR_REASON_INTERNAL,
				"a validation rule cannot be evaluated").Err()
		}
		var fields []*errdetails.BadRequest_FieldViolation
		for _, v := range invalid.Violations {
			fields = append(fields, &errdetails.BadRequest_FieldViolation{
				Field:       protovalidate.FieldPathString(v.Proto.GetField()),
				Description: v.Proto.GetMessage(),
			})
		}
		return nil, apierror.Invalid(fields...).Err()
	}
}

// stripResidue keeps what the JSON codec stores beside a message inside the
// process: a gRPC caller could otherwise write JSON of its own choice into the
// upstream's request.
func stripResidue(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	if message, ok := request.(proto.Message); ok {
		wirejson.Strip(message.ProtoReflect())
	}
	response, err := handler(ctx, request)
	if message, ok := response.(proto.Message); ok && err == nil {
		wirejson.Strip(message.ProtoReflect())
	}
	return response, err
}

func newRequestID() string {
	var id [8]byte
	_, _ = rand.Read(id[:]) // never fails
	return hex.EncodeToString(id[:])
}

// chain makes one interceptor of several, the first outermost. grpc-go does the
// same for its own server only.
func chain(interceptors []grpc.UnaryServerInterceptor) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		for _, interceptor := range slices.Backward(interceptors) {
			next := handler
			handler = func(ctx context.Context, request any) (any, error) {
				return interceptor(ctx, request, info, next)
			}
		}
		return handler(ctx, request)
	}
}
