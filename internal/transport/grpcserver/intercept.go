package grpcserver

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/apierror"
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
	s.setMetadata(ctx, st.call, err)
	if err != nil {
		return nil, err
	}
	return &response{message, st, st.call.Exchange.Lease}, nil
}

// maxMetadataBytes bounds what goes down to a caller beside the message: relayed
// headers and error details. Clients in other languages refuse more (Python's at 7 KB,
// all in all).
const maxMetadataBytes = 4 << 10

// pushback is the trailer that tells a caller not to repeat a call, where that has
// been done here (gRFC A6).
const pushback = "grpc-retry-pushback-ms"

// previousAttempts is the metadata by which a caller tells that it is retrying, and how
// often it has (gRFC A6).
const previousAttempts = "grpc-previous-rpc-attempts"

// isRetrying tells whether the caller is repeating the call already.
func isRetrying(header metadata.MD) bool {
	for _, value := range header[previousAttempts] {
		if n, err := strconv.Atoi(value); err != nil || n > 0 {
			return true
		}
	}
	return false
}

// upstreamError is an error of the upstream. See upstream.Error, which is not named
// here: transport does not know where errors come from.
type upstreamError interface {
	error
	// HTTPAnswer is what the upstream answered.
	HTTPAnswer() (status int, header http.Header, body []byte)
	// Attempts is how often the call may have reached the upstream.
	Attempts() int
}

// setMetadata gives the caller the upstream's headers. The calls of grpc-go that do so
// fail only where there is nobody to tell.
func (s *server) setMetadata(ctx context.Context, call *transport.Call, err error) {
	header := call.Exchange.Response.Header
	var failed upstreamError
	if errors.As(err, &failed) {
		_, header, _ = failed.HTTPAnswer()
		if failed.Attempts() > 1 {
			_ = grpc.SetTrailer(ctx, metadata.Pairs(pushback, "-1"))
		}
	}
	md := transport.ResponseMetadata(header, maxMetadataBytes-transport.RequestIDBytes-detailBytes(err))
	if len(md) > 0 {
		_ = grpc.SetHeader(ctx, md)
	}
	if err != nil && call.RequestIDGenerated && len(md[transport.RequestIDKey]) == 0 {
		// As a trailer: a client takes headers for the beginning of the response, and does
		// not retry what has begun.
		_ = grpc.SetTrailer(ctx, metadata.Pairs(transport.RequestIDKey, call.RequestID))
	}
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

// interceptStream bounds the streams of health and reflection.
func (s *server) interceptStream(service any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	st := streamFromContext(ss.Context())
	if st.refusal != nil {
		return st.refusal
	}
	defer s.pipeline.Health.Streams.Add(st.end)()
	if strings.HasPrefix(info.FullMethod, "/grpc.reflection.") {
		defer s.reflections.Add(st.end)()
		select {
		case s.reflecting <- struct{}{}: // when those that gave way have gone
			defer func() { <-s.reflecting }()
		case <-ss.Context().Done():
			return status.FromContextError(ss.Context().Err()).Err()
		}
	}
	return handler(service, &boundedStream{ss, s, st, info.IsClientStream})
}

// maxControlMessage bounds a message of health or reflection, which is a name. A watch
// keeps its own for as long as it lasts, and reflection looks for each part of a name by
// all of it: megabytes of them would take minutes, before any deadline is looked at.
const maxControlMessage = 1 << 10

var errControlMessage = apierror.New(codes.ResourceExhausted, usersv1.ErrorReason_ERROR_REASON_REQUEST_TOO_LARGE,
	"a message of health or reflection is larger than "+strconv.Itoa(maxControlMessage)+" bytes").Err()

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
	if m, ok := message.(proto.Message); err == nil && ok && proto.Size(m) > maxControlMessage {
		return errControlMessage
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
