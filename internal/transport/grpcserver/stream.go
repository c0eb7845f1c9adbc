package grpcserver

import (
	"context"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/apierror"
	"github.com/wingspan-grpc/session-facade/internal/transport"
)

// stream is one gRPC call, of an RPC or of health or reflection. From Begin to End only
// the goroutine of its handler uses it.
type stream struct {
	call       *transport.Call
	connection *connection
	refusal    error // that the tap left to the handler
	unknown    bool  // no such method
	compressed bool  // the request is
	length     int   // of the request, in bytes
	counted    int   // what of it is counted to the connection
	complete   bool  // it is counted to the connection no more
	tracked    bool  // the response releases the lease

	end     func() // ends the call
	arrived func() // says that what the stream waited for is there
}

type streamKey struct{}

func streamFromContext(ctx context.Context) *stream {
	s, _ := ctx.Value(streamKey{}).(*stream)
	return s
}

// await bounds the time, and the number, of streams that wait for a message.
func (st *stream) await() {
	st.arrived = st.connection.server.pipeline.Incomplete.Add(st.end)
}

// requestComplete says that the request is whole and charged to its call, or will not
// come. It may be called again.
func (st *stream) requestComplete() {
	st.arrived()
	if !st.complete {
		st.complete = true
		st.connection.requestComplete(st.counted)
	}
}

// TagRPC, TagConn and HandleConn implement stats.Handler. The tap has made what is known
// of the call, ServerHandshake what is known of the connection.
func (*server) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context   { return ctx }
func (*server) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (*server) HandleConn(context.Context, stats.ConnStats)                       {}

// HandleRPC implements stats.Handler.
func (s *server) HandleRPC(ctx context.Context, event stats.RPCStats) {
	st := streamFromContext(ctx)
	if st == nil {
		return
	}
	switch e := event.(type) {
	case *stats.InHeader:
		st.compressed = e.Compression != "" && e.Compression != encoding.Identity
	case *stats.Begin:
		st.connection.count(1, 1)
		st.await()
	case *stats.InPayload:
		if st.call.Method == nil {
			st.connection.received(-e.WireLength)
			return
		}
		// The message is there twice, encoded and decoded, while grpc-go waits for the
		// stream to end and the call for memory.
		st.length, st.counted = e.Length, e.Length+e.WireLength
		st.connection.received(e.Length)
		if st.compressed && s.overBudget() {
			st.end() // a small message has become what there is no memory for
		}
	case *stats.End:
		st.finish(ctx, e.Error)
	}
}

func (st *stream) finish(ctx context.Context, err error) {
	st.requestComplete()
	st.end()
	st.connection.count(-1, 0)
	if !st.tracked {
		st.call.Exchange.Lease.Release()
	}
	if st.call.Method == nil && !st.unknown {
		return // health and reflection stay silent
	}
	if reason := refusalOf(status.Code(err)); err != nil && apierror.Reason(status.Convert(err)) == 0 {
		err = transport.Refuse(status.Code(err), reason, "")
	}
	st.call.End(ctx, err, 0)
}

// refusalOf is the reason of an error that is grpc-go's own, by its code.
func refusalOf(code codes.Code) usersv1.ErrorReason {
	switch code {
	case codes.ResourceExhausted:
		return usersv1.ErrorReason_ERROR_REASON_REQUEST_TOO_LARGE
	case codes.Unimplemented: // a compression that is not known
		return usersv1.ErrorReason_ERROR_REASON_UNSUPPORTED_MEDIA_TYPE
	case codes.Canceled, codes.DeadlineExceeded: // before the request was there
		return usersv1.ErrorReason_ERROR_REASON_CANCELLED
	default:
		return usersv1.ErrorReason_ERROR_REASON_INVALID_REQUEST
	}
}

// unknown is the handler of methods that are not there. Without one, grpc-go answers
// them by itself, and tells the stats handler of their beginning but not of their end.
func (s *server) unknown(_ any, ss grpc.ServerStream) error {
	streamFromContext(ss.Context()).unknown = true
	method, _ := grpc.Method(ss.Context())
	return transport.Refuse(codes.Unimplemented, usersv1.ErrorReason_ERROR_REASON_NOT_FOUND, fmt.Sprintf("unknown method %.*s", maxToldMethod, method))
}

// maxToldMethod bounds what an error tells of a method that is not there, in characters:
// an error is a header, which is queued without a bound of bytes.
const maxToldMethod = 128
