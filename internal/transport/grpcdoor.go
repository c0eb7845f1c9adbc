package transport

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/tap"
	"google.golang.org/protobuf/proto"

	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

// grpcDoor takes gRPC calls.
type grpcDoor struct {
	*door
	guards *guards
}

// longestTapped is the longest deadline of a call that is refused by the tap.
// grpc-go does not end the context of such a call: its timer stays until it goes
// off, and callers who may choose when would fill the memory with them.
const longestTapped = 5 * time.Second

// tap refuses calls over the bound when nothing but their headers has been read.
// It only looks: a call that it lets pass may never get as far as an interceptor,
// and could not give back a place. Health checks are answered even then.
func (d *grpcDoor) tap(ctx context.Context, info *tap.Info) (context.Context, error) {
	if !d.places.full() {
		return ctx, nil
	}
	op := d.operations[info.FullMethodName]
	if op == nil {
		return ctx, nil
	}
	if ends, bound := ctx.Deadline(); bound && time.Until(ends) > longestTapped {
		return ctx, nil
	}
	d.turnAway(ctx, d.newCall(ctx, op, info.Header))
	return nil, errOverloaded
}

func (d *grpcDoor) newCall(ctx context.Context, op *operation, md metadata.MD) *call {
	c := &call{door: d.door, operation: op, requestID: requestIDFrom(md[requestIDKey]), started: time.Now(), traceID: d.traceID(ctx, md)}
	if from, ok := peer.FromContext(ctx); ok {
		c.peer = from.Addr.String()
	}
	return c
}

func (d *grpcDoor) turnAway(ctx context.Context, c *call) {
	d.shed.Add(1)
	c.logShed(ctx, c.operation.logShed)
}

// intercept is the door's interceptor; see guards.
func (d *grpcDoor) intercept(ctx context.Context, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	op := d.operations[info.FullMethod]
	if op == nil {
		return handler(ctx, request) // health and reflection stay silent
	}
	md, _ := metadata.FromIncomingContext(ctx) // which copies it: once is enough
	c := d.newCall(ctx, op, md)
	if !d.places.enter() {
		d.turnAway(ctx, c)
		return nil, errOverloaded
	}
	c.up = upwardMetadata(md)
	response, err := d.serve(withCall(ctx, c), op, request, info, handler)
	c.log(ctx, err, 0)
	return response, err
}

// serve answers a call that has a place.
func (d *grpcDoor) serve(ctx context.Context, op *operation, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	defer d.places.leave()
	op.inFlight.Add(1)
	defer op.inFlight.Add(-1)
	strip(request)
	response, err := d.guards.intercept(ctx, request, info, handler)
	op.durations.record(ctx, err, time.Since(callFrom(ctx).started))
	if err == nil {
		strip(response)
	}
	return response, err
}

// strip takes off what the JSON codec stores beside a message inside the process:
// a gRPC caller could otherwise write JSON of its own choice into the upstream's
// request.
func strip(message any) {
	if m, ok := message.(proto.Message); ok {
		wirejson.Strip(m.ProtoReflect())
	}
}
