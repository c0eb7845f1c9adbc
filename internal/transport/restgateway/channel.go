package restgateway

import (
	"context"
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/wingspan-grpc/session-facade/internal/transport"
)

// channel calls a service's handlers through the shared pipeline, as a server would,
// without a connection: on the caller's goroutine and context, an error handed on as
// the value that it is. Its responses stay empty: a REST caller gets the upstream's
// bytes.
type channel struct {
	pipeline *transport.Pipeline
	service  any
	handlers map[string]grpc.MethodHandler
}

var _ grpc.ClientConnInterface = (*channel)(nil)

func newChannel(pipeline *transport.Pipeline, desc *grpc.ServiceDesc, service any) *channel {
	c := &channel{pipeline: pipeline, service: service, handlers: map[string]grpc.MethodHandler{}}
	for _, method := range desc.Methods {
		c.handlers["/"+desc.ServiceName+"/"+method.MethodName] = method.Handler
	}
	return c
}

// Invoke implements grpc.ClientConnInterface.
func (c *channel) Invoke(ctx context.Context, method string, args, _ any, _ ...grpc.CallOption) error {
	handler := c.handlers[method]
	request, ok := args.(proto.Message)
	if handler == nil || !ok {
		return status.Errorf(codes.Unimplemented, "the service has no method %s", method)
	}
	ctx, ended := startSpan(ctx)
	decode := func(into any) error {
		message, ok := into.(proto.Message)
		if !ok {
			return status.Errorf(codes.Internal, "%T is not a message", into)
		}
		proto.Merge(message, request)
		if query, ok := ctx.Value(queryKey{}).(proto.Message); ok {
			proto.Merge(message, query)
		}
		return nil
	}
	_, err := handler(c.service, ctx, decode, c.pipeline.Intercept)
	ended(err)
	return err
}

// startSpan tells the tracing of a call. The span knows the template of the path, which
// may hold a token.
func startSpan(ctx context.Context) (context.Context, func(error)) {
	call := transport.CallFromContext(ctx)
	ctx, ended := call.StartSpan(ctx)
	span := trace.SpanFromContext(ctx)
	if !span.IsRecording() {
		return ctx, ended
	}
	span.SetAttributes(attribute.String("http.request.method", call.Method.Verb), attribute.String("http.route", call.Method.Template))
	return ctx, func(err error) {
		code := call.Exchange.Response.Status
		if err != nil {
			code = statusOf(err)
		} else if code == 0 {
			code = http.StatusOK
		}
		span.SetAttributes(attribute.Int("http.response.status_code", code))
		ended(err)
	}
}

// NewStream implements grpc.ClientConnInterface. The service has no streams.
func (c *channel) NewStream(_ context.Context, _ *grpc.StreamDesc, method string, _ ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, status.Errorf(codes.Unimplemented, "the service has no streaming method %s", method)
}
