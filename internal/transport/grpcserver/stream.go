package grpcserver

import (
	"context"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/tap"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/apierror"
	"github.com/wingspan-grpc/session-facade/internal/transport"
)

// messageTimeout is how long a message may take to come after its call's headers.
const messageTimeout = 10 * time.Second

// stream is one gRPC call, of an RPC or of health or reflection.
type stream struct {
	call       *transport.Call
	connection *connection
	unknown    bool // no such method
	length     int  // of the request, in bytes
	tracked    bool // the response releases the lease

	end      func()      // ends the call
	late     *time.Timer // ends it if its message does not come
	complete func()      // says that the message has come; may be called again
}

type streamKey struct{}

func streamFromContext(ctx context.Context) *stream {
	s, _ := ctx.Value(streamKey{}).(*stream)
	return s
}

// longestTapped is the longest deadline of a call that is refused by the tap. grpc-go
// does not end the context of such a call: its timer stays until it goes off, and
// callers who may choose when would fill the memory with them.
const longestTapped = 5 * time.Second

// tap sees a call's headers before anything is spent on it. It runs under a lock of
// the connection's: it takes no other and writes nothing. Calls over the limit are
// refused here, of the others the time for the message begins.
func (s *server) tap(ctx context.Context, info *tap.Info) (context.Context, error) {
	if err := checkContentType(info.Header); err != nil {
		return nil, err
	}
	method := s.protocol.Methods[info.FullMethodName]
	deadline, bounded := ctx.Deadline()
	if bounded && !time.Now().Before(deadline) {
		return nil, errLate // grpc-go would say the same, and not end what is made here
	}
	if method != nil && s.pipeline.InFlight.Full() && (!bounded || time.Until(deadline) <= longestTapped) {
		s.protocol.Reject()
		return nil, transport.ErrOverloaded
	}
	address := ""
	if from, ok := peer.FromContext(ctx); ok {
		address = from.Addr.String()
	}
	st := &stream{call: s.protocol.NewCall(transport.Metadata(info.Header), address), connection: connectionFromContext(ctx)}
	st.call.Method = method
	ctx, end := context.WithCancel(context.WithValue(ctx, streamKey{}, st))
	st.end, st.late = end, time.AfterFunc(messageTimeout, end)
	return ctx, nil
}

var errLate = status.Error(codes.DeadlineExceeded, "the deadline had passed when the call came")

// checkContentType refuses what is encoded otherwise than the codec reads it: grpc-go
// takes any "application/grpc+…" for its own.
func checkContentType(header metadata.MD) error {
	values := header["content-type"]
	if len(values) != 1 {
		return nil // grpc-go has seen to that
	}
	switch mediaType, _, _ := strings.Cut(values[0], ";"); strings.TrimSpace(mediaType) {
	case "application/grpc", "application/grpc+proto":
		return nil
	}
	return apierror.New(codes.Unimplemented, usersv1.ErrorReason_ERROR_REASON_UNSUPPORTED_MEDIA_TYPE,
		"the content type must be application/grpc or application/grpc+proto").Err()
}

// TagRPC implements stats.Handler. The tap has made what is known of the call.
func (s *server) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context { return ctx }

// HandleRPC implements stats.Handler.
func (s *server) HandleRPC(ctx context.Context, event stats.RPCStats) {
	st := streamFromContext(ctx)
	if st == nil {
		return
	}
	switch e := event.(type) {
	case *stats.Begin:
		s.begin(st)
	case *stats.InPayload:
		st.length = e.Length
		st.connection.received(e.WireLength)
		if st.call.Method == nil {
			st.complete() // of an RPC grpc-go still waits for the end of the stream
		}
	case *stats.End:
		s.finish(ctx, st, e.Error)
	}
}

func (s *server) begin(st *stream) {
	st.connection.callBegan()
	done := s.pipeline.Incomplete.Add(st.end)
	st.complete = sync.OnceFunc(func() {
		st.late.Stop()
		done()
		st.connection.requestComplete()
	})
}

func (s *server) finish(ctx context.Context, st *stream, err error) {
	st.complete()
	st.end()
	st.connection.callEnded()
	if !st.tracked {
		st.call.Lease.Release()
	}
	if st.call.Method == nil && !st.unknown {
		return // health and reflection stay silent
	}
	if reason := refusalOf(status.Code(err)); err != nil && apierror.Reason(status.Convert(err)) == 0 {
		err = apierror.New(status.Code(err), reason, "").Err()
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
	if st := streamFromContext(ss.Context()); st != nil {
		st.unknown = true
	}
	method, _ := grpc.Method(ss.Context())
	return apierror.New(codes.Unimplemented, usersv1.ErrorReason_ERROR_REASON_NOT_FOUND, "unknown method "+method).Err()
}

// interceptStream bounds the streams of health and reflection.
func (s *server) interceptStream(service any, ss grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	if st := streamFromContext(ss.Context()); st != nil {
		defer s.pipeline.Health.Streams.Add(st.end)()
	}
	return handler(service, ss)
}
