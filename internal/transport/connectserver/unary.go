package connectserver

import (
	"context"

	"connectrpc.com/connect/v2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/transport"
	"github.com/wingspan-grpc/session-facade/internal/transport/httpport"
)

// unary calls a generated handler as grpc-go would.
func (s *Server) unary(handler grpc.MethodHandler, service any) connect.ServerFunc {
	return func(ctx context.Context, _ connect.Spec, stream connect.ServerStream) error {
		c := callFromContext(ctx)
		c.begun = true
		info, _ := connect.CallInfoForServerContext(ctx)
		decode := func(into any) error {
			err := c.receiveError(stream.Receive(into))
			if err != nil {
				c.settle(0) // the refusal may wait to be taken
			}
			return err
		}
		var intercept grpc.UnaryServerInterceptor // none for health
		if c.Method != nil {
			intercept = func(ctx context.Context, request any, method *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
				c.settle(info.ReceiveStats.Size)
				return s.pipeline.Intercept(ctx, request, method, handler)
			}
		}
		ctx, ended := c.StartSpan(ctx)
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

// setHeader gives the caller the upstream's headers, and what the facade says of its own.
func (c *call) setHeader(info *connect.CallInfo, err error) {
	if c.Protocol.Name == transport.ProtocolGRPC {
		header, trailer := c.Metadata(err)
		setMetadata(info.ResponseHeader(), header)
		setMetadata(info.ResponseTrailer(), trailer)
		return
	}
	relayed, repeated := c.ResponseHeader(err)
	httpport.WeakenTag(relayed)
	for name, values := range relayed {
		info.ResponseHeader().SetValues(name, values)
	}
	httpport.ExposeHeader(c.Header(), relayed)
	if err == nil {
		return
	}
	for name, values := range c.ownHeader(err) {
		if !info.ResponseHeader().Has(name) {
			info.ResponseHeader().SetValues(name, values)
		}
	}
	if repeated && c.Protocol.Name == transport.ProtocolGRPCWeb {
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
		return transport.Refuse(codes.Internal, usersv1.ErrorReason_ERROR_REASON_INTERNAL, "the response cannot be encoded")
	}
	return status.Error(codes.Canceled, "the response was not taken")
}
