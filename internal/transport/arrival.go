package transport

import (
	"context"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/apierror"
)

// grpc-go refuses some calls before any interceptor sees them: an unknown method,
// a compression that it does not know, a message that is too large or cannot be
// decoded. A stats.Handler would be told of these, but costs every call 15
// allocations. So a call is watched from its arrival:
//
//   - tap sees the headers of a call of one of our RPCs;
//   - begin stands around the RPC's handler, which reads the message before it
//     calls the interceptor;
//   - neverBegun is for calls that end without getting as far as that;
//   - unknown answers calls of methods that are not there.

// arrival is what is known of a gRPC call before its handler is called.
type arrival struct {
	header      metadata.MD
	forget      func() bool // that the call may never get to its handler
	told        atomic.Bool // whether the access line is written or somebody will
	intercepted bool
}

// settled is how long after its end a call is taken to be one that never got to
// its handler. Where its caller has left, the handler is called all the same, but
// perhaps a moment later.
const settled = time.Second

// arrive notes a call of which the headers are there.
func (d *grpcDoor) arrive(ctx context.Context, op *operation, header metadata.MD) context.Context {
	c := &call{door: d.door, operation: op, started: time.Now()}
	c.arrival.header = header
	ctx = withCall(ctx, c)
	c.arrival.forget = context.AfterFunc(ctx, func() {
		time.AfterFunc(settled, func() { d.neverBegun(ctx, c) })
	})
	return ctx
}

// begin wraps an RPC's handler.
func (d *grpcDoor) begin(handle grpc.MethodHandler) grpc.MethodHandler {
	return func(service any, ctx context.Context, decode func(any) error, interceptor grpc.UnaryServerInterceptor) (any, error) {
		c := callFrom(ctx)
		if !c.arrival.forget() && !c.arrival.told.CompareAndSwap(false, true) {
			return nil, status.FromContextError(ctx.Err()).Err() // nobody waits any more
		}
		response, err := handle(service, ctx, decode, interceptor)
		if !c.arrival.intercepted {
			d.identify(ctx, c)
			d.refused(ctx, c, refusalOf(status.Code(err)), err)
		}
		return response, err
	}
}

// neverBegun is for a call that has ended without its handler.
func (d *grpcDoor) neverBegun(ctx context.Context, c *call) {
	if !c.arrival.told.CompareAndSwap(false, true) {
		return
	}
	code := codes.Unimplemented // its compression; see grpc-go's processRPC
	if ctx.Err() == context.DeadlineExceeded {
		code = codes.DeadlineExceeded
	}
	d.identify(ctx, c)
	c.started = c.started.Add(settled) // which is not part of the call
	d.refused(ctx, c, refusalOf(code), status.Error(code, ""))
}

// unknown is the handler of methods that are not there.
func (d *grpcDoor) unknown(_ any, stream grpc.ServerStream) error {
	ctx := stream.Context()
	c := &call{door: d.door, started: time.Now()}
	c.arrival.header, _ = metadata.FromIncomingContext(ctx)
	d.identify(ctx, c)
	method, _ := grpc.Method(ctx)
	err := status.Errorf(codes.Unimplemented, "unknown method %s", method)
	d.refused(ctx, c, usersv1.ErrorReason_ERROR_REASON_NOT_FOUND, err)
	return err
}

// refused counts a call that is no RPC and writes its access line.
func (d *grpcDoor) refused(ctx context.Context, c *call, why reason, err error) {
	d.refusals.add(ctx, why)
	c.log(ctx, apierror.New(status.Code(err), why, "").Err(), 0)
}

// watched is a service whose handlers are wrapped.
func (d *grpcDoor) watched(desc grpc.ServiceDesc) *grpc.ServiceDesc {
	methods := make([]grpc.MethodDesc, len(desc.Methods))
	for i, method := range desc.Methods {
		methods[i] = grpc.MethodDesc{MethodName: method.MethodName, Handler: d.begin(method.Handler)}
	}
	desc.Methods = methods
	return &desc
}
