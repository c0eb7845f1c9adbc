package transport

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// maxSideBytes bounds what goes down to a gRPC caller beside the message:
// relayed headers and error details. Clients in other languages refuse more
// (Python's at 7 KB, all in all).
const maxSideBytes = 4 << 10

// mintedIDBytes is what of that is kept for a request id of ours; see fit.
const mintedIDBytes = len(requestIDKey) + mintedIDLength + headerOverhead

// upstreamAnswer is an error that holds what the upstream answered. See
// upstream.Error, which is not named here: transport does not know where errors
// come from.
type upstreamAnswer interface {
	error
	HTTPAnswer() (status int, header http.Header, body []byte)
}

// relay joins a call of a server to the call of the upstream that it makes.
type relay struct {
	grpc.ClientConnInterface
	statusKey string
}

// Relay wraps the connection that services call, so that the headers of the
// allow-lists pass from the caller to the upstream and back. statusKey is the
// header metadata key under which the connection tells the HTTP status of a
// success; a REST caller gets the same status.
func Relay(upstream grpc.ClientConnInterface, statusKey string) grpc.ClientConnInterface {
	return &relay{upstream, statusKey}
}

// Invoke implements grpc.ClientConnInterface.
func (r *relay) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	call := callFrom(ctx)
	up := metadata.MD{}
	if call != nil {
		up = call.up
	}
	var header, trailer metadata.MD
	err := r.ClientConnInterface.Invoke(
		metadata.NewOutgoingContext(ctx, up),
		method, args, reply, append(opts, grpc.Header(&header), grpc.Trailer(&trailer))...)
	var failed upstreamAnswer
	if errors.As(err, &failed) {
		_, answered, _ := failed.HTTPAnswer()
		header = asMetadata(answered)
	}
	down := downwardMetadata(header)
	if call == nil || call.door.name == doorGRPC {
		if call != nil {
			call.named = len(down[requestIDKey]) > 0
		}
		down = fit(down, maxSideBytes-mintedIDBytes-detailBytes(err))
	} else if status := header.Get(r.statusKey); len(status) == 1 {
		call.answered = status[0]
	}
	// They fail only where there is no server's call, so nobody to tell.
	_ = grpc.SetHeader(ctx, down)
	_ = grpc.SetTrailer(ctx, trailer)
	return err
}

// detailBytes is how much of a response's headers the details of an error take.
func detailBytes(err error) int {
	if err == nil {
		return 0
	}
	s := status.Convert(err)
	if len(s.Proto().GetDetails()) == 0 {
		return 0
	}
	return base64.RawStdEncoding.EncodedLen(proto.Size(s.Proto()))
}
