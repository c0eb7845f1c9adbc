package grpcserver

import (
	"sync/atomic"

	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
)

// response is a message that is charged to its call until it is written.
type response struct {
	message    any
	stream     *stream
	connection *connection
}

// codec is grpc-go's own, which also tells when a response has been written: there
// is no other hook for that. grpc-go calls a response sent as soon as it is queued,
// and its peer may leave it there.
type codec struct{ encoding.CodecV2 }

func newCodec() codec { return codec{encoding.GetCodecV2(proto.Name)} }

// Marshal implements encoding.CodecV2.
func (c codec) Marshal(v any) (mem.BufferSlice, error) {
	r, ok := v.(*response)
	if !ok {
		return c.CodecV2.Marshal(v)
	}
	data, err := c.CodecV2.Marshal(r.message)
	if err != nil || mem.IsBelowBufferPoolingThreshold(data.Len()) {
		return data, err // grpc-go tells nothing of what it does not pool
	}
	return r.track(data), nil
}

// piece is how much of a response must be taken for it to count as progress.
const piece = 64 << 10

// track makes the same bytes tell when they are written.
func (r *response) track(data mem.BufferSlice) mem.BufferSlice {
	bytes := data.Materialize()
	t := &tracker{response: r}
	var pieces mem.BufferSlice
	for len(bytes) > 0 {
		n := min(len(bytes), piece)
		if len(bytes)-n <= piece/2 {
			n = len(bytes) // no small rest
		}
		part := bytes[:n:n]
		bytes = bytes[n:]
		pieces = append(pieces, mem.NewBuffer(&part, t))
	}
	data.Free()
	t.left.Store(int64(len(pieces)))
	r.stream.tracked = true
	r.connection.responsePending(len(pieces))
	return pieces
}

// tracker is the pool to which grpc-go gives the pieces back.
type tracker struct {
	response *response
	left     atomic.Int64
}

// Get implements mem.BufferPool. Nothing is taken from here.
func (*tracker) Get(length int) *[]byte { return mem.DefaultBufferPool().Get(length) }

// Put implements mem.BufferPool.
func (t *tracker) Put(*[]byte) {
	t.response.connection.pieceTaken()
	if t.left.Add(-1) == 0 {
		t.response.stream.call.Lease.Release()
	}
}
