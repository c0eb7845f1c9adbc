package connectserver

import (
	"math"
	"net/http"
	"strings"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"connectrpc.com/connect/v2/connectproto"
	"google.golang.org/grpc"

	"github.com/wingspan-grpc/session-facade/internal/contentcoding"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/internal/reflection"
	"github.com/wingspan-grpc/session-facade/internal/transport"
	"github.com/wingspan-grpc/session-facade/internal/transport/httpport"
)

// Server serves what is registered with it over HTTP.
type Server struct {
	pipeline  *transport.Pipeline
	protocols map[string]*transport.Protocol // by their names
	server    *connect.Server
	services  map[string]grpc.ServiceInfo // by "package.Service"
	// procedures are by path, "/package.Service/Method"; a path that ends after the
	// service stands for all others of it.
	procedures map[string]*procedure
	errors     *connecthttp.ErrorWriter
	responses  *transport.Waiters
}

// procedure is what is known of an RPC, or of a method of health or reflection, before a
// call of it comes.
type procedure struct {
	http.Handler
	connect.Spec
	rule       *httprule.Rule // nil: it is no RPC
	maxMessage int            // of a caller's, in bytes
	tooLarge   error          // refuses a larger one
}

// New makes the server of a service, with health and reflection.
func New(pipeline *transport.Pipeline, desc *grpc.ServiceDesc, service any) (s *Server, err error) {
	s = &Server{
		pipeline: pipeline, protocols: map[string]*transport.Protocol{}, server: connect.NewServer(),
		services: map[string]grpc.ServiceInfo{}, procedures: map[string]*procedure{}, errors: connecthttp.NewErrorWriter(),
		responses: httpport.NewWaiters(pipeline),
	}
	for _, name := range []string{transport.ProtocolConnect, transport.ProtocolGRPCWeb, transport.ProtocolGRPC} {
		if s.protocols[name], err = pipeline.NewProtocol(name); err != nil {
			return nil, err
		}
	}
	s.RegisterService(desc, service)
	pipeline.Health.Register(s)
	reflection.Register(s)
	connecthttp.Mount(s, s.server, connecthttp.WithCodecs(connectproto.NewBinaryCodec(), newJSONCodec()),
		connecthttp.WithConditionalOptions(s.bounds))
	return s, nil
}

// RegisterService implements grpc.ServiceRegistrar.
func (s *Server) RegisterService(desc *grpc.ServiceDesc, service any) {
	info := grpc.ServiceInfo{Metadata: desc.Metadata}
	path := "/" + desc.ServiceName + "/"
	for _, method := range desc.Methods {
		s.register(connect.StreamTypeUnary, path+method.MethodName, s.unary(method.Handler, service))
		info.Methods = append(info.Methods, grpc.MethodInfo{Name: method.MethodName})
	}
	for _, stream := range desc.Streams {
		kind := connect.StreamTypeServer
		if stream.ClientStreams {
			kind = connect.StreamTypeBidi
		}
		s.register(kind, path+stream.StreamName, s.stream(stream.Handler, service))
		info.Methods = append(info.Methods, grpc.MethodInfo{Name: stream.StreamName,
			IsClientStream: stream.ClientStreams, IsServerStream: stream.ServerStreams})
	}
	s.services[desc.ServiceName] = info
	s.procedures[path] = nil // until it is mounted
}

func (s *Server) register(kind connect.StreamType, path string, handler connect.ServerFunc) {
	p := &procedure{Spec: connect.Spec{StreamType: kind, Procedure: path},
		maxMessage: min(transport.MaxControlMessage, s.pipeline.MaxRequestBytes), tooLarge: transport.ErrControlMessage}
	for _, rule := range s.pipeline.Rules {
		if rule.FullMethod == path {
			p.rule, p.maxMessage, p.tooLarge = rule, s.pipeline.MaxRequestBytes, s.pipeline.TooLarge("request")
		}
	}
	if p.rule != nil && p.rule.NoSideEffects && !httprule.HoldsSecret(p.rule.Method.Input()) {
		p.IdempotencyLevel = connect.IdempotencyNoSideEffects // connect takes it by GET
	}
	s.procedures[path] = p
	s.server.Register(connect.Method{Spec: p.Spec, Handler: handler})
}

// GetServiceInfo implements reflection.ServiceInfoProvider.
func (s *Server) GetServiceInfo() map[string]grpc.ServiceInfo { return s.services }

// bounds are the sizes of a procedure's messages, and from which on they are compressed.
func (s *Server) bounds(spec connect.Spec) []connecthttp.Option {
	p, compressed := s.procedures[spec.Procedure], contentcoding.MinBytes
	if p.rule != nil && httprule.HoldsSecret(p.rule.Method.Output()) {
		compressed = math.MaxInt
	}
	return []connecthttp.Option{connecthttp.WithReadMaxBytes(p.maxMessage), connecthttp.WithCompressMinBytes(compressed)}
}

// Handle implements connecthttp.ServeMux.
func (s *Server) Handle(path string, handler http.Handler) {
	if p := s.procedures[path]; p != nil {
		p.Handler = handler
	}
}

// Handler serves the calls whose paths are of a service that is registered, and leaves
// all others to the next handler as they came.
func (s *Server) Handler(next http.Handler) http.Handler {
	calls := httpport.CORS(s.pipeline, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		response, _ := w.(*httpport.Response) // CORS hands on what it gets
		s.serve(response, r, s.procedures[r.URL.Path])
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.Path
		if _, ours := s.procedures[path[:strings.LastIndexByte(path, '/')+1]]; !ours || r.URL.RawPath != "" {
			next.ServeHTTP(w, r)
			return
		}
		response := httpport.NewResponse(w, r, s.responses)
		defer response.Finish()
		calls.ServeHTTP(response, r)
	})
}
