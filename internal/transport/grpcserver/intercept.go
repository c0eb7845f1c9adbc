package grpcserver

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	"google.golang.org/protobuf/proto"

	"github.com/wingspan-grpc/session-facade/internal/membudget"
	"github.com/wingspan-grpc/session-facade/internal/transport"
)

// intercept takes a call whose request is whole.
func (s *server) intercept(ctx context.Context, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	st := streamFromContext(ctx)
	st.arrived()
	if st.call.Method == nil {
		return handler(ctx, request) // a health check
	}
	if err := st.call.Reserve(ctx, s.pipeline.Timeout, st.length, transport.CopiesOfMessage); err != nil {
		return nil, err
	}
	st.requestComplete()
	if st.compressed {
		// grpc-go would compress the response as well, and nobody could tell when that has
		// been taken. It fails only where there is nobody to tell.
		_ = grpc.SetSendCompressor(ctx, encoding.Identity)
	}
	message, err := s.pipeline.Intercept(transport.NewContext(ctx, st.call), request, info, handler)
	setMetadata(ctx, st.call, err)
	if err != nil {
		return nil, err
	}
	return &response{message, st, st.call.Exchange.Lease}, nil
}

// setMetadata gives the caller what there is beside the message. The calls of grpc-go
// that do so fail only where there is nobody to tell.
func setMetadata(ctx context.Context, call *transport.Call, err error) {
	header, trailer := call.Metadata(err)
	if len(header) > 0 {
		_ = grpc.SetHeader(ctx, header)
	}
	if len(trailer) > 0 {
		_ = grpc.SetTrailer(ctx, trailer)
	}
}

// interceptStream bounds the streams of health and reflection.
func (s *server) interceptStream(service any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	st := streamFromContext(ss.Context())
	if st.refusal != nil {
		return st.refusal
	}
	return s.pipeline.Health.Streams.Serve(ss.Context(), info.FullMethod, st.end, func() error {
		return handler(service, &boundedStream{ss, s, st, info.IsClientStream})
	})
}

// boundedStream bounds each message of a caller's, in size and in time.
type boundedStream struct {
	grpc.ServerStream
	server *server
	stream *stream
	more   bool // messages come after the first
}

// RecvMsg implements grpc.ServerStream.
func (b *boundedStream) RecvMsg(message any) error {
	err := b.ServerStream.RecvMsg(message)
	switch {
	case !b.more:
		b.stream.requestComplete()
	case err == nil:
		b.stream.arrived()
		b.stream.await() // the next
	}
	if m, ok := message.(proto.Message); err == nil && ok && proto.Size(m) > transport.MaxControlMessage {
		return transport.ErrControlMessage
	}
	return err
}

// SendMsg implements grpc.ServerStream. grpc-go keeps a message that its peer does not
// take, also when the stream has ended: it is counted as the response of an RPC is.
func (b *boundedStream) SendMsg(message any) error {
	lease := b.server.controlMemory.Lease()
	if m, ok := message.(proto.Message); ok && proto.Size(m) > membudget.Free {
		if err := lease.Grow(b.Context(), int64(proto.Size(m))); err != nil {
			return transport.ErrNoMemory
		}
	}
	err := b.ServerStream.SendMsg(&response{message, b.stream, lease})
	if err != nil {
		lease.Release()
	}
	return err
}
