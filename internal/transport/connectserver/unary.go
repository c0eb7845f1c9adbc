package connectserver

import (
	"context"
	"time"

	"connectrpc.com/connect/v2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/transport"
)

// unary calls a generated handler as grpc-go would.
func (s *Server) unary(handler grpc.MethodHandler, service any) connect.ServerFunc {
	return func(ctx context.Context, spec connect.Spec, stream connect.ServerStream) error {
		c := callFromContext(ctx)
		c.begun = true
		info, _ := connect.CallInfoForServerContext(ctx)
		decode := func(into any) error {
			err := s.receiveError(c, stream.Receive(into))
			if err != nil {
				c.settle(0) // the refusal may wait to be taken
			}
			return err
		}
		var intercept grpc.UnaryServerInterceptor // none for health
		if c.Method != nil {
			intercept = func(ctx context.Context, request any, method *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
				return s.intercept(ctx, c, info.ReceiveStats.Size, request, method, handler)
			}
		}
		ctx, ended := c.beginSpan(ctx, spec.Procedure)
		response, err := handler(service, ctx, decode, intercept)
		ended(err)
		c.setHeader(info, err)
		if err == nil {
			err = c.sendError(ctx, stream.Send(response))
		}
		c.err = err
		return connectError(err)
	}
}

// intercept takes a call whose message is there, of so many bytes, through the pipeline.
func (s *Server) intercept(ctx context.Context, c *call, size int, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	c.settle(size)
	c.Exchange.CallerRetries = c.IsRetry()
	return s.pipeline.Intercept(ctx, request, info, handler)
}

// beginSpan tells the tracing of a call, as grpc-go does; the function that it returns
// tells of its end.
func (c *call) beginSpan(ctx context.Context, path string) (context.Context, func(error)) {
	if c.protocol.spans == nil || c.Method == nil {
		return ctx, func(error) {}
	}
	ctx = c.protocol.spans.TagRPC(metadata.NewIncomingContext(ctx, c.TraceContext()), &stats.RPCTagInfo{FullMethodName: path})
	begin := time.Now()
	c.protocol.spans.HandleRPC(ctx, &stats.Begin{BeginTime: begin})
	c.FindTrace(ctx)
	return ctx, func(err error) {
		c.protocol.spans.HandleRPC(ctx, &stats.End{BeginTime: begin, EndTime: time.Now(), Error: err})
	}
}

// setHeader gives the caller the upstream's headers, and what the facade says of its own.
func (c *call) setHeader(info *connect.CallInfo, err error) {
	if c.protocol.Name == transport.ProtocolGRPC {
		header, trailer := c.Metadata(err)
		setMetadata(info.ResponseHeader(), header)
		setMetadata(info.ResponseTrailer(), trailer)
		return
	}
	upstream, repeated := c.Upstream(err)
	relayed := transport.ResponseHeader(upstream)
	for name, values := range relayed {
		info.ResponseHeader().SetValues(name, values)
	}
	transport.ExposeHeader(c.Header(), relayed)
	if err == nil {
		return
	}
	for name, values := range c.ownHeader(err) {
		if !info.ResponseHeader().Has(name) {
			info.ResponseHeader().SetValues(name, values)
		}
	}
	if repeated && c.protocol.Name == transport.ProtocolGRPCWeb {
		info.ResponseTrailer().Set(transport.Pushback, "-1")
	}
}

func setMetadata(to *connect.Header, md metadata.MD) {
	for name, values := range md {
		for _, value := range values {
			to.Add(name, value)
		}
	}
}

// sendError is why a response could not be sent.
func (c *call) sendError(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case c.status == 0 && ctx.Err() == nil:
		return refusal(codes.Internal, usersv1.ErrorReason_ERROR_REASON_INTERNAL, "the response cannot be encoded")
	}
	return status.Error(codes.Canceled, "the response was not taken")
}
