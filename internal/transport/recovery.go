package transport

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"runtime/debug"

	"google.golang.org/grpc/codes"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/apierror"
)

// Recovered logs a panic and makes the error that the caller gets. Of the value only
// what the runtime itself says is logged: any other may hold a secret.
func (c *Call) Recovered(ctx context.Context, logger *slog.Logger, panicked any) error {
	value := "a value of its own"
	var runtimeError runtime.Error
	if err, ok := panicked.(error); ok && errors.As(err, &runtimeError) {
		value = runtimeError.Error()
	}
	c.FindTrace(ctx)
	logger.ErrorContext(ctx, "panic", "value", value, "request_id", c.loggedRequestID(), "trace_id", c.traceID,
		"stack", string(debug.Stack()))
	return apierror.New(codes.Internal, usersv1.ErrorReason_ERROR_REASON_INTERNAL,
		"the facade failed; its log says more under request id "+c.loggedRequestID()).Err()
}
