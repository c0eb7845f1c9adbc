// Package transport is how calls come in: a gRPC server and a REST gateway over
// one chain of interceptors, and the admin endpoints.
package transport

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/protobuf/reflect/protoreflect"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/internal/protocodec"
)

// Options says how calls are taken.
type Options struct {
	// Rules are the service's RPCs as they appear in REST.
	Rules []*httprule.Rule
	// Logger gets the access lines and panics.
	Logger *slog.Logger
	// Timeout bounds every call; a caller's own deadline applies if it is shorter.
	Timeout time.Duration
	// MaxRequestBytes bounds a request's message or body.
	MaxRequestBytes int
	// MaxInFlight bounds the calls in flight, over both doors.
	MaxInFlight int
	// MaxConnectionAge is when a gRPC connection is ended, give or take a tenth, so
	// that its caller looks for new replicas; 0 is never.
	MaxConnectionAge time.Duration
	// Tracer, Meter and Propagator record the calls.
	Tracer     trace.TracerProvider
	Meter      metric.MeterProvider
	Propagator propagation.TextMapPropagator
	// CORSOrigins are the origins ("https://app.example.com") whose pages may call
	// the REST door from a browser, with credentials. None, and there is no CORS.
	CORSOrigins []string
	// TLS is the configuration of the gRPC door; nil serves plaintext. REST is
	// served by whoever serves its handler.
	TLS *tls.Config
}

// What a gRPC client may ask of a connection. A client that is slow to say what
// it wants, pings all the time or never goes is a burden; one that stays long
// never notices new replicas.
const (
	maxStreams        = 1000
	maxHeaderBytes    = 96 << 10
	handshakeTimeout  = 10 * time.Second
	minPingInterval   = 10 * time.Second
	pingInterval      = time.Minute
	pingTimeout       = 20 * time.Second
	maxConnectionIdle = 15 * time.Minute
	connectionGrace   = time.Minute
)

func (o Options) serverOptions() []grpc.ServerOption {
	options := []grpc.ServerOption{
		grpc.MaxRecvMsgSize(o.MaxRequestBytes),
		grpc.MaxConcurrentStreams(maxStreams),
		grpc.MaxHeaderListSize(maxHeaderBytes),
		grpc.ConnectionTimeout(handshakeTimeout),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: minPingInterval, PermitWithoutStream: true}),
		grpc.KeepaliveParams(keepalive.ServerParameters{
			Time: pingInterval, Timeout: pingTimeout, MaxConnectionIdle: maxConnectionIdle,
			MaxConnectionAge: o.MaxConnectionAge, MaxConnectionAgeGrace: connectionGrace,
		}),
	}
	if o.TLS != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(o.TLS)))
	}
	return options
}

// Server is both doors to a service.
type Server struct {
	// GRPC is the gRPC door, with health and reflection. Serve it on a listener
	// of its own.
	GRPC *grpc.Server
	// REST is the REST door.
	REST http.Handler
	// Health is what health checks are told, over gRPC and by Admin.
	Health *Health
}

// NewServer makes the doors to a service.
func NewServer(service usersv1.SessionAndAuthenticationServiceServer, options Options) (*Server, error) {
	guards, err := newGuards(options)
	if err != nil {
		return nil, fmt.Errorf("validation rules: %w", err)
	}
	places := newLimit(options.MaxInFlight)
	viaGRPC := &grpcDoor{door: newDoor(doorGRPC, places, options), guards: guards}
	viaREST := newDoor(doorREST, places, options)
	if err := observe(options.Meter, places, viaGRPC.door, viaREST); err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	if viaGRPC.refusals, err = grpcRefusals(options.Meter); err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	desc := &usersv1.SessionAndAuthenticationService_ServiceDesc
	serverOptions := options.serverOptions()
	s := &Server{Health: newHealth(desc.ServiceName)}
	if spans := viaGRPC.spans(options); spans != nil {
		serverOptions = append(serverOptions, grpc.StatsHandler(spans))
	}
	s.GRPC = grpc.NewServer(append(serverOptions,
		grpc.ForceServerCodecV2(protocodec.New(answers(options.Rules)...)),
		grpc.InTapHandle(viaGRPC.tap),
		grpc.UnaryInterceptor(viaGRPC.intercept),
		grpc.UnknownServiceHandler(viaGRPC.unknown))...)
	s.GRPC.RegisterService(viaGRPC.watched(*desc), service)
	s.Health.register(s.GRPC)
	registerReflection(s.GRPC)

	channel := newInProcess(desc, service, guards.intercept, viaREST.spans(options))
	s.REST, err = newRESTDoor(viaREST, channel, s.Health, options)
	if len(options.CORSOrigins) > 0 {
		s.REST = withCORS(s.REST, options)
	}
	return s, err
}

// answers are the messages that RPCs answer with.
func answers(rules []*httprule.Rule) []protoreflect.MessageDescriptor {
	messages := make([]protoreflect.MessageDescriptor, 0, len(rules))
	for _, rule := range rules {
		messages = append(messages, rule.Method.Output())
	}
	return messages
}
