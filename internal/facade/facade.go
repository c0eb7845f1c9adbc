// Package facade puts the layers of a facade together: a call goes from transport through
// service to upstream. It is the one list of them, for the command and for tests, and opens
// no port.
package facade

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	usersv1json "github.com/wingspan-grpc/session-facade/gen/wirejson/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/docs"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/internal/membudget"
	"github.com/wingspan-grpc/session-facade/internal/pacing"
	"github.com/wingspan-grpc/session-facade/internal/replicas"
	"github.com/wingspan-grpc/session-facade/internal/service"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache"
	"github.com/wingspan-grpc/session-facade/internal/transport"
	"github.com/wingspan-grpc/session-facade/internal/transport/connectserver"
	"github.com/wingspan-grpc/session-facade/internal/transport/grpcserver"
	"github.com/wingspan-grpc/session-facade/internal/transport/restgateway"
	"github.com/wingspan-grpc/session-facade/internal/upstream"
)

// Descriptor describes the service.
var Descriptor = usersv1.File_wingspan_users_v1_session_and_authentication_service_proto.
	Services().ByName("SessionAndAuthenticationService")

// Options are what a facade is made with. Those of the layers need nothing of what is here
// for all of them.
type Options struct {
	// Timeout bounds every call, with its retries.
	Timeout time.Duration
	// MaxMemoryBytes bounds the bodies of all calls.
	MaxMemoryBytes int64
	Logger         *slog.Logger
	Tracer         trace.TracerProvider
	Meter          metric.MeterProvider
	Propagator     propagation.TextMapPropagator

	Transport transport.Options
	GRPC      grpcserver.Options
	Upstream  upstream.Options
	// Cache keeps sessions, unless its TTL is 0.
	Cache sessioncache.Options
	// Pacing paces the calls of the upstream, unless both of its rates are 0.
	Pacing pacing.Options
	// Replicas says how many there are, and is the link between them, unless it has no Server.
	// It needs a cache, with Secrets.
	Replicas replicas.Options
	// Docs serves the documentation pages; Mailbox is the sandbox's, or nil.
	Docs    bool
	Mailbox http.Handler
	// Wrap wraps the service, to see or to break what passes; nil does not.
	Wrap func(usersv1.SessionAndAuthenticationServiceServer) usersv1.SessionAndAuthenticationServiceServer
}

// Facade is what serves the calls, by protocol.
type Facade struct {
	GRPC     *grpc.Server
	Gateway  *restgateway.Gateway
	Connect  *connectserver.Server
	HTTP     http.Handler // of the HTTP port: the pages, Connect, gRPC-Web, gRPC and REST
	Health   *transport.Health
	Upstream *upstream.Conn
	Replicas *replicas.Link // nil without a server for it
}

// Close ends what the facade has open, after the last call has ended.
func (f *Facade) Close() {
	if f.Replicas != nil {
		f.Replicas.Close()
	}
	f.Upstream.Close()
}

// New makes a facade, which the caller closes.
func New(o Options) (*Facade, error) {
	rules, err := httprule.Service(Descriptor)
	if err != nil {
		return nil, err
	}
	f := &Facade{}
	if f.Replicas, err = newLink(&o); err != nil {
		return nil, err
	}
	pacer, err := newPacer(o)
	if err != nil {
		return nil, err
	}
	if f.Upstream, err = newConn(rules, pacer, o); err != nil {
		return nil, err
	}
	if err := f.wire(rules, pacer, membudget.New(o.MaxMemoryBytes), o); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// wire makes the servers over the connection to the upstream.
func (f *Facade) wire(rules []*httprule.Rule, pacer *pacing.Pacer, memory *membudget.Budget, o Options) error {
	toUpstream, err := f.decorate(rules, pacer, memory, o)
	if err != nil {
		return err
	}
	var svc usersv1.SessionAndAuthenticationServiceServer = service.New(usersv1.NewSessionAndAuthenticationServiceClient(toUpstream))
	if o.Wrap != nil {
		svc = o.Wrap(svc)
	}
	desc := &usersv1.SessionAndAuthenticationService_ServiceDesc
	t := o.Transport
	t.Rules, t.Memory, t.Timeout, t.Logger = rules, memory, o.Timeout, o.Logger
	t.Tracer, t.Meter, t.Propagator = o.Tracer, o.Meter, o.Propagator
	pipeline, err := transport.NewPipeline(desc.ServiceName, t)
	if err != nil {
		return err
	}
	f.Health = pipeline.Health
	var errs [3]error
	f.GRPC, errs[0] = grpcserver.New(pipeline, desc, svc, o.GRPC)
	f.Connect, errs[1] = connectserver.New(pipeline, desc, svc)
	f.Gateway, errs[2] = restgateway.New(pipeline, restgateway.Users(svc))
	if err := errors.Join(errs[:]...); err != nil {
		return err
	}
	var rest http.Handler = f.Gateway
	if o.Docs {
		if rest, err = docs.Handler(rest, o.Mailbox); err != nil {
			return err
		}
	}
	f.HTTP = f.Connect.Handler(f.Gateway.Bound(rest))
	return nil
}

// newConn makes the connection to the upstream.
func newConn(rules []*httprule.Rule, pacer *pacing.Pacer, o Options) (*upstream.Conn, error) {
	u := o.Upstream
	u.JSON, u.Timeout, u.Logger = usersv1json.Methods, o.Timeout, o.Logger
	u.Tracer, u.Meter, u.Propagator = o.Tracer, o.Meter, o.Propagator
	if pacer != nil {
		u.Pacer = pacer
	}
	return upstream.NewConn(rules, u)
}

// newPacer makes the pacer; nil without rates.
func newPacer(o Options) (*pacing.Pacer, error) {
	if o.Pacing.Read <= 0 && o.Pacing.Write <= 0 {
		return nil, nil
	}
	o.Pacing.Meter, o.Pacing.Replicas = o.Meter, o.Replicas.Replicas
	return pacing.New(o.Pacing)
}

// decorate puts in front of the upstream what is asked for, and lets the link begin.
func (f *Facade) decorate(rules []*httprule.Rule, pacer *pacing.Pacer, memory *membudget.Budget, o Options) (grpc.ClientConnInterface, error) {
	if o.Cache.TTL <= 0 {
		return f.Upstream, nil
	}
	c := o.Cache
	c.Timeout, c.Memory, c.Logger, c.Meter = o.Timeout, memory, o.Logger, o.Meter
	cache, err := sessioncache.New(rules, f.Upstream, c)
	if err != nil {
		return nil, err
	}
	f.startLink(cache, pacer)
	return cache, nil
}
