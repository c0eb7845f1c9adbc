package transport

import (
	"context"
	"reflect"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"
)

// inProcess calls a service's handlers through an interceptor, as a server
// would, without a connection: on the caller's goroutine and context, the
// messages moved rather than copied, an error handed on as the value that it is.
type inProcess struct {
	service     any
	handlers    map[string]grpc.MethodHandler
	interceptor grpc.UnaryServerInterceptor
	stats       stats.Handler
}

var _ grpc.ClientConnInterface = (*inProcess)(nil)

func newInProcess(desc *grpc.ServiceDesc, service any, interceptor grpc.UnaryServerInterceptor, stats stats.Handler) *inProcess {
	c := &inProcess{service: service, handlers: map[string]grpc.MethodHandler{}, interceptor: interceptor, stats: stats}
	for _, method := range desc.Methods {
		c.handlers["/"+desc.ServiceName+"/"+method.MethodName] = method.Handler
	}
	return c
}

// Invoke implements grpc.ClientConnInterface.
func (c *inProcess) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	handler := c.handlers[method]
	if handler == nil {
		return status.Errorf(codes.Unimplemented, "the service has no method %s", method)
	}
	if outgoing, ok := metadata.FromOutgoingContext(ctx); ok {
		ctx = metadata.NewIncomingContext(ctx, outgoing)
	}
	stream := &headerStream{method: method}
	ctx = grpc.NewContextWithServerTransportStream(ctx, stream)
	ctx, ended := c.began(ctx, method)
	call := callFrom(ctx)
	if call != nil {
		call.traceID = call.door.traceID(ctx, call.up)
	}
	decode := func(into any) error { return move(into, args) }
	response, err := handler(c.service, ctx, decode, c.interceptor)
	ended(err)
	if call != nil {
		call.operation.durations.record(ctx, err, time.Since(call.started))
	}
	for _, opt := range opts {
		if header, ok := opt.(grpc.HeaderCallOption); ok {
			*header.HeaderAddr = stream.header
		}
	}
	if err != nil {
		return err
	}
	return move(reply, response)
}

// began tells the stats handler of a call, as a server does; the function that it
// returns tells of its end.
func (c *inProcess) began(ctx context.Context, method string) (context.Context, func(error)) {
	if c.stats == nil {
		return ctx, func(error) {}
	}
	ctx = c.stats.TagRPC(ctx, &stats.RPCTagInfo{FullMethodName: method})
	begin := time.Now()
	c.stats.HandleRPC(ctx, &stats.Begin{BeginTime: begin})
	spanRoute(ctx)
	return ctx, func(err error) {
		spanStatus(ctx, err)
		c.stats.HandleRPC(ctx, &stats.End{BeginTime: begin, EndTime: time.Now(), Error: err})
	}
}

// NewStream implements grpc.ClientConnInterface. The service has no streams.
func (c *inProcess) NewStream(_ context.Context, _ *grpc.StreamDesc, method string, _ ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, status.Errorf(codes.Unimplemented, "the service has no streaming method %s", method)
}

// move makes an empty message hold what another one of its type does, which is not
// used afterwards. A generated message is a struct: that is copied as it stands.
func move(to, from any) error {
	target, source := reflect.ValueOf(to), reflect.ValueOf(from)
	if target.Kind() != reflect.Pointer || target.Type() != source.Type() {
		return status.Errorf(codes.Internal, "a %T cannot be moved to a %T", from, to)
	}
	target.Elem().Set(source.Elem())
	return nil
}

// headerStream keeps the headers that a handler sets. Unary handlers run on one
// goroutine, so there is nothing to guard.
type headerStream struct {
	method string
	header metadata.MD
}

// Method implements grpc.ServerTransportStream.
func (s *headerStream) Method() string { return s.method }

// SetHeader implements grpc.ServerTransportStream.
func (s *headerStream) SetHeader(md metadata.MD) error {
	if s.header == nil {
		s.header = md // which nobody changes any more
		return nil
	}
	s.header = metadata.Join(s.header, md)
	return nil
}

// SendHeader implements grpc.ServerTransportStream.
func (s *headerStream) SendHeader(md metadata.MD) error { return s.SetHeader(md) }

// SetTrailer implements grpc.ServerTransportStream. A REST answer has none.
func (s *headerStream) SetTrailer(metadata.MD) error { return nil }
