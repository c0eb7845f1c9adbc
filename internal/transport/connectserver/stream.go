package connectserver

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"connectrpc.com/connect/v2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/wingspan-grpc/session-facade/internal/transport"
)

// stream calls a handler of health or reflection as grpc-go would, in bounds of number
// and of time.
func (s *Server) stream(handler grpc.StreamHandler, service any) connect.ServerFunc {
	return func(ctx context.Context, spec connect.Spec, stream connect.ServerStream) error {
		c := callFromContext(ctx)
		c.begun = true
		c.response.SetLasting(true)
		defer c.response.SetLasting(false) // what connect writes at the end
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		b := &boundedStream{ServerStream: stream, ctx: ctx, cancel: cancel, call: c, more: spec.StreamType == connect.StreamTypeBidi}
		defer b.wrote(false)
		return connectError(s.pipeline.Health.Streams.Serve(ctx, spec.Procedure, b.end, func() error { return handler(service, b) }))
	}
}

// boundedStream is a stream of health or reflection as grpc-go's. It lasts as long as the
// caller likes, but each message is bounded in size and in time.
type boundedStream struct {
	connect.ServerStream
	ctx    context.Context
	cancel context.CancelFunc
	call   *call
	more   bool // messages come after the first, which has been read

	mu      sync.Mutex
	ended   bool
	writing bool
}

// lastWrite is how long a stream that ends may take for what it is writing.
const lastWrite = time.Second

// end ends the stream, on a goroutine of another.
func (b *boundedStream) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ended = true
	b.cancel()
	if b.more {
		_ = b.call.control.SetReadDeadline(time.Unix(1, 0))
	}
	if b.writing {
		_ = b.call.control.SetWriteDeadline(time.Now().Add(lastWrite))
	}
}

// wrote says that something is being written, or has been. Meanwhile the peer must take
// it; otherwise the stream lasts longer than the server lets other responses take.
func (b *boundedStream) wrote(whole bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.writing = !whole
	if whole {
		_ = b.call.control.SetWriteDeadline(time.Time{})
		return
	}
	_ = b.call.control.SetWriteDeadline(time.Now().Add(transport.StallTimeout))
}

// RecvMsg implements grpc.ServerStream.
func (b *boundedStream) RecvMsg(message any) error {
	b.mu.Lock()
	if b.more && !b.ended {
		_ = b.call.control.SetReadDeadline(time.Now().Add(transport.RequestTimeout))
	}
	b.mu.Unlock()
	err := b.Receive(message)
	switch {
	case errors.Is(err, io.EOF):
		return io.EOF
	case b.ctx.Err() != nil:
		return status.FromContextError(b.ctx.Err()).Err()
	case connect.CodeOf(err) == connect.CodeResourceExhausted:
		return transport.ErrControlMessage
	case err != nil:
		return errMessage
	}
	return nil
}

// SendMsg implements grpc.ServerStream.
func (b *boundedStream) SendMsg(message any) error {
	b.wrote(false)
	defer b.wrote(true)
	if err := b.Send(message); err != nil {
		return status.Error(codes.Canceled, "the response was not taken")
	}
	return nil
}

// Context implements grpc.ServerStream.
func (b *boundedStream) Context() context.Context { return b.ctx }

// SetHeader implements grpc.ServerStream.
func (b *boundedStream) SetHeader(md metadata.MD) error {
	info, _ := connect.CallInfoForServerContext(b.ctx)
	setMetadata(info.ResponseHeader(), md)
	return nil
}

// SendHeader implements grpc.ServerStream.
func (b *boundedStream) SendHeader(md metadata.MD) error {
	_ = b.SetHeader(md)
	return b.SendHeaders()
}

// SetTrailer implements grpc.ServerStream.
func (b *boundedStream) SetTrailer(md metadata.MD) {
	info, _ := connect.CallInfoForServerContext(b.ctx)
	setMetadata(info.ResponseTrailer(), md)
}
