package grpcserver

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/tap"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/transport"
)

// longestTapped is the longest deadline of a call that is refused by the tap. grpc-go
// does not end the context of such a call: its timer stays until it goes off, and
// callers who may choose when would fill the memory with them.
const longestTapped = 5 * time.Second

// tap sees a call's headers before anything is spent on it. It runs under a lock of
// the connection's: it takes no other and writes nothing. What need not be taken is
// refused here.
func (s *server) tap(ctx context.Context, info *tap.Info) (context.Context, error) {
	var left time.Duration
	deadline, bounded := ctx.Deadline()
	if bounded {
		if left = time.Until(deadline); left <= 0 {
			return nil, errLate // grpc-go would say the same, and not end what is made here
		}
	}
	method := s.protocol.Methods[info.FullMethodName]
	refusal := s.refusal(method, info.Header)
	if refusal != nil && (!bounded || left <= longestTapped) {
		if errors.Is(refusal, transport.ErrOverloaded) {
			s.protocol.Reject()
		}
		return nil, refusal
	}
	connection := connectionFromContext(ctx)
	st := &stream{call: s.protocol.NewCall(transport.Metadata(info.Header), connection.peer), connection: connection, refusal: refusal}
	st.call.Method = method
	ctx, st.end = context.WithCancel(ctx)
	return context.WithValue(ctx, streamKey{}, st), nil
}

var errLate = status.Error(codes.DeadlineExceeded, "the deadline had passed when the call came")

// refusal is the error for a call that is refused for its headers or for the load.
func (s *server) refusal(method *transport.Method, header metadata.MD) error {
	if err := checkContentType(header); err != nil {
		return err
	}
	if err := transport.CheckHeader(header); err != nil {
		return err
	}
	if method != nil && s.pipeline.InFlight.Full() {
		return transport.ErrOverloaded
	}
	return nil
}

// refusing makes the unary methods of services refuse, before they wait for a message,
// what the tap has left to them.
type refusing struct{ grpc.ServiceRegistrar }

// RegisterService implements grpc.ServiceRegistrar.
func (r refusing) RegisterService(desc *grpc.ServiceDesc, service any) {
	refusing := *desc
	refusing.Methods = slices.Clone(desc.Methods)
	for i, method := range desc.Methods {
		refusing.Methods[i].Handler = func(service any, ctx context.Context, decode func(any) error, interceptor grpc.UnaryServerInterceptor) (any, error) {
			if err := streamFromContext(ctx).refusal; err != nil {
				return nil, err
			}
			return method.Handler(service, ctx, decode, interceptor)
		}
	}
	r.ServiceRegistrar.RegisterService(&refusing, service)
}

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
	return transport.Refuse(codes.Unimplemented, usersv1.ErrorReason_ERROR_REASON_UNSUPPORTED_MEDIA_TYPE,
		"the content type must be application/grpc or application/grpc+proto")
}
