package grpcserver

import (
	"crypto/tls"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/encoding/gzip" // callers may compress
	"google.golang.org/grpc/keepalive"

	"github.com/wingspan-grpc/session-facade/internal/membudget"
	"github.com/wingspan-grpc/session-facade/internal/reflection"
	"github.com/wingspan-grpc/session-facade/internal/transport"
)

// Options says what a gRPC client may ask of the server.
type Options struct {
	// TLS is the server's configuration; nil serves plaintext.
	TLS *tls.Config
	// MaxStreams bounds the calls at a time of one connection.
	MaxStreams uint32
	// MaxConnectionAge is when a connection is ended, give or take a tenth, so that its
	// caller looks for new replicas; 0 is never.
	MaxConnectionAge time.Duration
}

// A client that is slow to say what it wants, pings all the time or never goes is a
// burden. Clients that ping every ten seconds, as many are set to, are none: a timer
// of theirs may go off early.
const (
	maxHeaderBytes    = 96 << 10
	handshakeTimeout  = 10 * time.Second
	minPingInterval   = 5 * time.Second
	pingInterval      = time.Minute
	pingTimeout       = 20 * time.Second
	maxConnectionIdle = 15 * time.Minute
	connectionGrace   = time.Minute
)

// server is what all calls share.
type server struct {
	pipeline *transport.Pipeline
	protocol *transport.Protocol
	options  Options

	incompleteBytes atomic.Int64 // of requests that are not whole, over all connections
	// unread bounds the responses that are not taken; see Waiters for what happens to
	// more. Of those that are charged to nothing there are as many as calls in flight.
	unread *transport.Waiters
	// controlMemory bounds the bytes of reflection's responses that are not taken, apart from
	// what calls need.
	controlMemory *membudget.Budget
}

// maxControlMemory is how many bytes of reflection's responses may wait to be taken.
const maxControlMemory = 16 << 20

// New makes the gRPC server of a service, with health and reflection.
func New(pipeline *transport.Pipeline, desc *grpc.ServiceDesc, service any, options Options) (*grpc.Server, error) {
	s, err := newServer(pipeline, options)
	if err != nil {
		return nil, err
	}
	g := grpc.NewServer(s.serverOptions()...)
	refusing{g}.RegisterService(desc, service)
	pipeline.Health.Register(refusing{g})
	reflection.Register(g)
	return g, nil
}

func newServer(pipeline *transport.Pipeline, options Options) (*server, error) {
	protocol, err := pipeline.NewProtocol(transport.ProtocolGRPC)
	return &server{pipeline: pipeline, protocol: protocol, options: options,
		unread: transport.NewWaiters(pipeline.MaxInFlight), controlMemory: membudget.New(maxControlMemory)}, err
}

func (s *server) serverOptions() []grpc.ServerOption {
	security := insecure.NewCredentials()
	if s.options.TLS != nil {
		security = credentials.NewTLS(s.options.TLS)
	}
	with := []grpc.ServerOption{
		grpc.Creds(handshaking{security, s}),
		grpc.MaxRecvMsgSize(s.pipeline.MaxRequestBytes),
		grpc.MaxConcurrentStreams(s.options.MaxStreams),
		grpc.MaxHeaderListSize(maxHeaderBytes),
		grpc.ConnectionTimeout(handshakeTimeout),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: minPingInterval, PermitWithoutStream: true}),
		grpc.KeepaliveParams(keepalive.ServerParameters{
			Time: pingInterval, Timeout: pingTimeout, MaxConnectionIdle: maxConnectionIdle,
			MaxConnectionAge: s.options.MaxConnectionAge, MaxConnectionAgeGrace: connectionGrace,
		}),
		grpc.InTapHandle(s.tap),
		grpc.UnaryInterceptor(s.intercept),
		grpc.StreamInterceptor(s.interceptStream),
		grpc.UnknownServiceHandler(s.unknown),
		grpc.ForceServerCodecV2(newCodec()),
	}
	if s.protocol.Spans != nil {
		with = append(with, grpc.StatsHandler(s.protocol.Spans)) // first, so that the access line knows the trace
	}
	return append(with, grpc.StatsHandler(s))
}
