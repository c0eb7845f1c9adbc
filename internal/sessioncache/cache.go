package sessioncache

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"go.opentelemetry.io/otel/metric"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/internal/membudget"
	"github.com/wingspan-grpc/session-facade/internal/relay"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache/history"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache/identity"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache/memory"
)

// Upstream is whose responses are kept; see upstream.Conn.
type Upstream interface {
	grpc.ClientConnInterface
	// Respond asks, and returns a success as it came. Any other response is an error.
	Respond(ctx context.Context, method string, request proto.Message) (*relay.Response, error)
	// Decode fills the message from a response, or only checks it where it is relayed as
	// bytes. A response that is no success is the error that Respond returned for it.
	Decode(ctx context.Context, method string, response *relay.Response, message proto.Message, relayed bool) error
	// Unanswered is the error of a call whose ctx has ended before there was a response.
	Unanswered(ctx context.Context) error
	// Takes is how long the upstream has taken for an RPC lately.
	Takes(method string) time.Duration
}

// Options are the bounds of a cache.
type Options struct {
	// TTL is how long a session is answered for at most without asking the upstream.
	TTL time.Duration
	// Stale is for how long after that it is, while the upstream is away; 0 is not at all.
	Stale time.Duration
	// Entries is how many responses are kept at most.
	Entries int
	// Timeout is the longest that a call of the upstream may take.
	Timeout time.Duration
	// Memory is charged for the responses of loads that are out.
	Memory *membudget.Budget
	// Logger is told of panics.
	Logger *slog.Logger
	// Meter records what the cache does.
	Meter metric.MeterProvider
	// Shared is the store that replicas share; nil where each is for itself.
	Shared Shared
	// Secrets are of all that share it: the first is current, the others are read as well while
	// they are changed.
	Secrets [][]byte
}

// Cache answers checks of sessions from memory, where it can. It is safe for concurrent
// use.
type Cache struct {
	next    Upstream
	options Options
	checks  map[string]*httprule.SessionCheck
	ends    map[string]*httprule.SessionEnd
	keys    []identity.Keys // the first are current
	metrics *metrics

	mu        sync.Mutex
	store     *memory.Store
	history   *history.History
	loads     map[tag]*load // that others who ask the same may wait for
	refreshes int           // that are out
	abandoned int           // loads that are out, whose waiters need not stay
	fences    int           // of calls that may be ending sessions
	lingering int           // of those, without an outcome

	unreadable sync.Once // a shared session
}

var _ grpc.ClientConnInterface = (*Cache)(nil)

// New makes the cache of a service's sessions. The error names each RPC whose session_rule
// makes no sense.
func New(all []*httprule.Rule, next Upstream, options Options) (*Cache, error) {
	if options.Shared != nil && len(options.Secrets) == 0 {
		return nil, errors.New("replicas share sessions by a secret only")
	}
	checks, ends, err := httprule.Sessions(all)
	if err != nil {
		return nil, err
	}
	c := &Cache{next: next, options: options, checks: checks, ends: ends, keys: keysOf(options.Secrets),
		store: memory.NewStore(options.Entries), loads: map[tag]*load{}}
	c.options.Secrets = nil
	var lasting time.Duration
	if options.Shared != nil {
		lasting = c.longest()
	}
	c.history = history.New(lasting)
	c.metrics, err = newMetrics(c)
	return c, err
}

// keysOf are the keys made of secrets; those of this process alone where there are none.
func keysOf(secrets [][]byte) []identity.Keys {
	if len(secrets) == 0 {
		return []identity.Keys{identity.NewKeys()}
	}
	all := make([]identity.Keys, len(secrets))
	for i, secret := range secrets {
		all[i] = identity.DeriveKeys(secret)
	}
	return all
}

// Invoke implements grpc.ClientConnInterface.
func (c *Cache) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	request, okRequest := args.(proto.Message)
	response, okResponse := reply.(proto.Message)
	if okRequest && okResponse {
		if m := c.checks[method]; m != nil {
			return c.check(ctx, m, request, response)
		}
		if m := c.ends[method]; m != nil {
			return c.end(ctx, m, request, response)
		}
	}
	return c.next.Invoke(ctx, method, args, reply, opts...)
}

// NewStream implements grpc.ClientConnInterface.
func (c *Cache) NewStream(ctx context.Context, desc *grpc.StreamDesc, method string, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	return c.next.NewStream(ctx, desc, method, opts...)
}

// check answers a check.
func (c *Cache) check(ctx context.Context, m *httprule.SessionCheck, request, response proto.Message) error {
	e := relay.FromContext(ctx)
	got, how, err := c.ask(ctx, c.newQuestion(m, request, e), e.Lease)
	e.Cache = string(how)
	c.metrics.check(ctx, how)
	if err == nil {
		e.Response = *got
		err = c.next.Decode(ctx, m.Method, got, response, e.Raw)
	}
	switch {
	case err != nil:
		e.Response = relay.Response{CacheStatus: got.CacheStatus, Age: got.Age} // the error has the rest
	case !e.Raw:
		e.Response.Body = nil
	}
	return err
}
