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
	guards   *guards
	refusals *refusals
}

// longestTapped is the longest deadline of a call that is refused by the tap.
// grpc-go does not end the context of such a call: its timer stays until it goes
// off, and callers who may choose when would fill the memory with them.
const longestTapped = 5 * time.Second

// tap refuses calls over the bound when nothing but their headers has been read.
// It only looks: a call that it lets pass may never get as far as an interceptor,
// and could not give back a place. Health checks are answered even then.
func (d *grpcDoor) tap(ctx context.Context, info *tap.Info) (context.Context, error) {
	op := d.operations[info.FullMethodName]
	if op == nil {
		return ctx, nil // health, reflection, or what is not there
	}
	if ends, bound := ctx.Deadline(); d.places.full() && (!bound || time.Until(ends) <= longestTapped) {
		c := &call{door: d.door, operation: op, started: time.Now()}
		c.arrival.header = info.Header
		d.identify(ctx, c)
		d.turnAway(ctx, c)
		return nil, errOverloaded
	}
	return d.arrive(ctx, op, info.Header), nil
}

// identify finds out whose call it is, for its access line.
func (d *grpcDoor) identify(ctx context.Context, c *call) {
	c.requestID, c.minted = requestIDFrom(c.arrival.header[requestIDKey])
	c.traceID = d.traceID(ctx, c.arrival.header)
	if from, ok := peer.FromContext(ctx); ok {
		c.peer = from.Addr.String()
	}
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
	c := callFrom(ctx)
	c.arrival.intercepted = true
	d.identify(ctx, c)
	if !d.places.enter() {
		d.turnAway(ctx, c)
		return nil, errOverloaded
	}
	c.up = upwardMetadata(c.arrival.header)
	c.passOnID()
	response, err := d.serve(ctx, c, request, info, handler)
	c.log(ctx, err, 0)
	return response, err
}

// serve answers a call that has a place.
func (d *grpcDoor) serve(ctx context.Context, c *call, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	defer d.places.leave()
	c.operation.inFlight.Add(1)
	defer c.operation.inFlight.Add(-1)
	strip(request)
	response, err := d.guards.intercept(ctx, request, info, handler)
	c.operation.durations.record(ctx, err, time.Since(c.started))
	if err != nil && c.minted && !c.named {
		// As a trailer: a client takes headers for the beginning of the answer, and
		// does not retry what has begun. It fails only where there is nobody to tell.
		_ = grpc.SetTrailer(ctx, metadata.MD{requestIDKey: c.up[requestIDKey]})
	}
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
