package facadetest

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/wingspan-grpc/session-facade/internal/httprule"
)

// TypedConns are the ways, by name, in which typed callers call the facade: by gRPC on its
// own port, and by each protocol of the HTTP port. Their errors are statuses.
func (f *Facade) TypedConns(tb testing.TB) map[string]grpc.ClientConnInterface {
	tb.Helper()
	conns := HTTPPortConns(tb, f.REST, nil)
	conns["gRPC"] = f.Conn
	return conns
}

// HTTPPortConns are the ways to call an HTTP port, or what stands in front of it, which is
// at a URL; config is for TLS, where it is https. Each speaks the HTTP version of its name,
// or HTTP/1.1.
func HTTPPortConns(tb testing.TB, url string, config *tls.Config) map[string]grpc.ClientConnInterface {
	tb.Helper()
	http1, http2 := newTransport(tb, config, 1), newTransport(tb, config, 2)
	security := insecure.NewCredentials()
	if config != nil {
		security = credentials.NewTLS(config)
	}
	onHTTPPort, err := grpc.NewClient(url[strings.LastIndexByte(url, '/')+1:], grpc.WithTransportCredentials(security))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = onHTTPPort.Close() })
	over := func(transport http.RoundTripper, options ...connecthttp.Option) grpc.ClientConnInterface {
		return connectConn{connect.NewClient(connecthttp.NewTransport(&http.Client{Transport: transport}, url, options...))}
	}
	return map[string]grpc.ClientConnInterface{
		"gRPC on the HTTP port": onHTTPPort,
		"gRPC by connect":       over(http2, connecthttp.WithGRPC()),
		"Connect":               over(http1),
		"Connect over HTTP/2":   over(http2, connecthttp.WithSendGzip()),
		"Connect by GET":        over(http1, connecthttp.WithHTTPGet()),
		"Connect in JSON":       over(http1, connecthttp.WithProtoJSON()),
		"gRPC-Web":              over(http1, connecthttp.WithGRPCWeb()),
		"gRPC-Web over HTTP/2":  over(http2, connecthttp.WithGRPCWeb(), connecthttp.WithSendGzip()),
		"gRPC-Web as text":      over(textual{http1}, connecthttp.WithGRPCWeb()),
	}
}

// newTransport makes a transport of one HTTP version.
func newTransport(tb testing.TB, config *tls.Config, version int) *http.Transport {
	tb.Helper()
	transport := &http.Transport{TLSClientConfig: config.Clone(), Protocols: new(http.Protocols)}
	transport.Protocols.SetHTTP1(version == 1)
	transport.Protocols.SetHTTP2(version == 2)
	transport.Protocols.SetUnencryptedHTTP2(version == 2)
	tb.Cleanup(transport.CloseIdleConnections)
	return transport
}

// connectConn is connect's client as a connection of gRPC.
type connectConn struct{ client *connect.Client }

// Invoke implements grpc.ClientConnInterface.
func (c connectConn) Invoke(ctx context.Context, method string, request, response any, options ...grpc.CallOption) error {
	ctx, info := connect.NewClientContext(ctx)
	addMetadata(ctx, info)
	err := c.client.CallUnary(ctx, connect.Spec{Procedure: method, IdempotencyLevel: idempotencyOf(method)}, request, response)
	for _, option := range options {
		switch option := option.(type) {
		case grpc.HeaderCallOption:
			*option.HeaderAddr = metadataOf(info.ResponseHeader())
		case grpc.TrailerCallOption:
			*option.TrailerAddr = metadataOf(info.ResponseTrailer())
		}
	}
	return statusOf(err)
}

// idempotencyOf lets a client call by GET what the facade takes by it.
func idempotencyOf(path string) connect.IdempotencyLevel {
	method := Descriptor.Methods().ByName(protoreflect.Name(path[strings.LastIndexByte(path, '/')+1:]))
	if method == nil || httprule.HoldsSecret(method.Input()) {
		return connect.IdempotencyUnknown
	}
	options, _ := method.Options().(*descriptorpb.MethodOptions)
	return connect.IdempotencyLevel(options.GetIdempotencyLevel())
}

// NewStream implements grpc.ClientConnInterface.
func (c connectConn) NewStream(ctx context.Context, desc *grpc.StreamDesc, method string, _ ...grpc.CallOption) (grpc.ClientStream, error) {
	ctx, info := connect.NewClientContext(ctx)
	addMetadata(ctx, info)
	kind := connect.StreamTypeServer
	if desc.ClientStreams {
		kind = connect.StreamTypeBidi
	}
	stream, err := c.client.CallClientStream(ctx, connect.Spec{Procedure: method, StreamType: kind})
	return &connectStream{ctx: ctx, stream: stream, info: info}, statusOf(err)
}

type connectStream struct {
	grpc.ClientStream
	ctx    context.Context
	stream connect.ClientStream
	info   *connect.CallInfo
}

func (s *connectStream) Context() context.Context { return s.ctx }
func (s *connectStream) SendMsg(m any) error      { return statusOf(s.stream.Send(m)) }
func (s *connectStream) CloseSend() error         { return statusOf(s.stream.CloseSend()) }
func (s *connectStream) Header() (metadata.MD, error) {
	return metadataOf(s.info.ResponseHeader()), nil
}
func (s *connectStream) Trailer() metadata.MD { return metadataOf(s.info.ResponseTrailer()) }
func (s *connectStream) RecvMsg(m any) error {
	err := s.stream.Receive(m)
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	return statusOf(err)
}

func addMetadata(ctx context.Context, info *connect.CallInfo) {
	md, _ := metadata.FromOutgoingContext(ctx)
	for name, values := range md {
		for _, value := range values {
			info.RequestHeader().Add(name, value)
		}
	}
}

func metadataOf(header *connect.Header) metadata.MD {
	md := metadata.MD{}
	for name, values := range header.All() {
		md.Append(name, values...)
	}
	return md
}

// statusOf is what a gRPC client would say of an error.
func statusOf(err error) error {
	var failed *connect.Error
	if !errors.As(err, &failed) {
		return err
	}
	s := &spb.Status{Code: int32(failed.Code()), Message: failed.Message()}
	for _, detail := range failed.Details() {
		s.Details = append(s.Details, &anypb.Any{TypeUrl: "type.googleapis.com/" + detail.Type, Value: detail.Value})
	}
	return status.FromProto(s).Err()
}

// textual sends gRPC-Web as text, as browsers do that read a body only as such.
type textual struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t textual) RoundTrip(request *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	request = request.Clone(request.Context())
	encoded := base64.StdEncoding.EncodeToString(body)
	request.Body, request.ContentLength = io.NopCloser(strings.NewReader(encoded)), int64(len(encoded))
	request.Header.Set("Content-Type", strings.Replace(request.Header.Get("Content-Type"), "-web", "-web-text", 1))
	response, err := t.next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	var decoded []byte
	for len(text) > 0 { // each part is padded
		end := len(text)
		if padding := bytes.IndexByte(text, '='); padding >= 0 {
			end = (padding + 4) / 4 * 4
		}
		part, err := base64.StdEncoding.DecodeString(string(text[:end]))
		if err != nil {
			return nil, err
		}
		decoded, text = append(decoded, part...), text[end:]
	}
	contentType := response.Header.Get("Content-Type")
	if !strings.Contains(contentType, "-web-text") {
		return nil, errors.New("not text: " + contentType)
	}
	response.Header.Set("Content-Type", strings.Replace(contentType, "-web-text", "-web", 1))
	response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(decoded)), int64(len(decoded))
	return response, nil
}
