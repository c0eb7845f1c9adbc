package grpcserver

import (
	"runtime"

	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"

	"github.com/wingspan-grpc/session-facade/internal/membudget"
	"github.com/wingspan-grpc/session-facade/internal/transport"
)

// response is a message that is charged to a lease until it is written.
type response struct {
	message any
	stream  *stream
	lease   *membudget.Lease
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
	return track(r.stream, r.lease, data), nil
}

// track makes the same bytes tell when they are written.
func track(st *stream, lease *membudget.Lease, data mem.BufferSlice) mem.BufferSlice {
	u, connection := &unread{lease: lease}, st.connection
	pool := &pool{connection, u, data}
	var pieces mem.BufferSlice
	for _, buffer := range data {
		bytes := buffer.ReadOnlyData()
		for len(bytes) > 0 {
			n := min(len(bytes), transport.Piece)
			if len(bytes)-n <= transport.Piece/2 {
				n = len(bytes) // no small rest
			}
			part := bytes[:n:n]
			bytes = bytes[n:]
			pieces = append(pieces, mem.NewBuffer(&part, pool))
		}
	}
	u.pieces = len(pieces)
	st.tracked = true
	connection.responseWaits(u)
	// grpc-go drops a response unfreed if its stream was reset a moment before.
	runtime.AddCleanup(pool, func(u *unread) { connection.taken(u, u.pieces) }, u)
	return pieces
}

// pool is what grpc-go gives the pieces back to. Only they refer to it.
type pool struct {
	connection *connection
	unread     *unread
	data       mem.BufferSlice
}

// Get implements mem.BufferPool. Nothing is taken from here.
func (*pool) Get(length int) *[]byte { return mem.DefaultBufferPool().Get(length) }

// Put implements mem.BufferPool.
func (p *pool) Put(*[]byte) {
	if p.connection.taken(p.unread, 1) {
		p.data.Free()
	}
}
