package sessioncache

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"go.opentelemetry.io/otel/metric"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/apierror"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/internal/membudget"
	"github.com/wingspan-grpc/session-facade/internal/relay"
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
}

// Cache answers checks of sessions from memory, where it can. It is safe for concurrent
// use.
type Cache struct {
	next    Upstream
	options Options
	checks  map[string]*check
	ends    map[string]*end
	keys    keys
	metrics *metrics

	mu        sync.Mutex
	store     *store
	history   history
	loads     map[tag]*load // that others who ask the same may wait for
	refreshes int           // that are out
	abandoned int           // loads that are out, whose waiters need not stay
	fences    int           // of calls that may be ending sessions
	lingering int           // of those, without an outcome
}

var _ grpc.ClientConnInterface = (*Cache)(nil)

// New makes the cache of a service's sessions. The error names each RPC whose session_rule
// makes no sense.
func New(all []*httprule.Rule, next Upstream, options Options) (*Cache, error) {
	checks, ends, err := rules(all)
	if err != nil {
		return nil, err
	}
	c := &Cache{next: next, options: options, checks: checks, ends: ends, keys: newKeys(),
		store: newStore(options.Entries), history: newHistory(), loads: map[tag]*load{}}
	c.metrics, err = newMetrics(c)
	return c, err
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

// question is what a check asks, and for whom.
type question struct {
	*check
	identity
	request proto.Message
	token   string
	header  http.Header
	peer    string

	callerRetries, fresh bool
	// tags are of the question, of the session and of the caller's credentials, in this
	// order; they are made when they are needed.
	tags []tag
	own  bool // the session is asked for with its own token
}

func (c *Cache) newQuestion(m *check, request proto.Message, e *relay.Exchange) *question {
	token := m.token.value(request.ProtoReflect())
	return &question{check: m, identity: c.keys.identify(m.method, token, e.Header), request: request, token: token,
		header: e.Header, peer: e.Peer, callerRetries: e.CallerRetries, fresh: e.NoCache}
}

func (c *Cache) setTags(q *question) {
	if q.tags != nil {
		return
	}
	q.own = asksForOwn(q.token, q.header)
	q.tags = []tag{q.key, c.keys.tag(ofToken, q.token)}
	for _, t := range c.keys.caller(q.header) {
		if t != q.tags[1] {
			q.tags = append(q.tags, t)
		}
	}
}

// check answers a check.
func (c *Cache) check(ctx context.Context, m *check, request, response proto.Message) error {
	e := relay.FromContext(ctx)
	got, how, err := c.ask(ctx, c.newQuestion(m, request, e), e.Lease)
	e.Cache = string(how)
	c.metrics.check(ctx, how)
	if err == nil {
		e.Response = *got
		err = c.next.Decode(ctx, m.method, got, response, e.Raw)
	}
	switch {
	case err != nil:
		e.Response = relay.Response{CacheStatus: got.CacheStatus, Age: got.Age} // the error has the rest
	case !e.Raw:
		e.Response.Body = nil
	}
	return err
}

// ask finds the answer to a question. Beside an error, what is returned says only what the
// cache had to do with it.
func (c *Cache) ask(ctx context.Context, q *question, lease *membudget.Lease) (*relay.Response, result, error) {
	kept, asked := c.lookUp(ctx, q)
	if kept != nil {
		return answerKept(q, kept, hit)
	}
	c.setTags(q)
	for {
		l, kept, how := c.join(ctx, q, asked)
		if l == nil {
			return answerKept(q, kept, how)
		}
		err := c.wait(ctx, l, kept, asked)
		if err == nil {
			err = lease.Grow(ctx, l.lease.Held())
		}
		c.leave(l)
		switch {
		case errors.Is(err, errAgain):
			continue
		case errors.Is(err, errAway):
			return answerKept(q, kept, stale)
		case errors.Is(err, membudget.ErrExhausted):
			err = errNoMemory
		}
		return c.answerLoaded(ctx, l, how, err)
	}
}

var errNoMemory = apierror.New(codes.ResourceExhausted, usersv1.ErrorReason_ERROR_REASON_OVERLOADED,
	"too many large responses at the same time", apierror.RetryAfter(time.Second)).Err()

// answerKept is an answer from what is kept.
func answerKept(q *question, kept *entry, how result) (*relay.Response, result, error) {
	now := time.Now()
	if !kept.live {
		how = expired
	}
	got, err := kept.response(&q.identity, now)
	if err != nil {
		return &relay.Response{}, how, err // never: the key of the entry is the question's
	}
	got.CacheStatus = cacheStatus(how, kept.freshUntil.Sub(now))
	return got, how, nil
}

// answerLoaded is an answer from a load that has come back, if there is no error. What is of
// the one call only goes to the one who made it.
func (c *Cache) answerLoaded(ctx context.Context, l *load, how result, err error) (*relay.Response, result, error) {
	about := &relay.Response{CacheStatus: cacheStatus(how, 0)}
	if err != nil {
		return about, how, err // the load may be out still
	}
	if l.err != nil && (how != collapsed || codeOf(l) < http.StatusBadRequest) {
		return about, how, l.err
	}
	got := *l.response
	got.CacheStatus = about.CacheStatus
	if how == collapsed {
		got.Header = outlivingHeader(got.Header, "Retry-After") // which is for all who ask
	}
	if l.err != nil {
		return about, how, c.next.Decode(ctx, l.method, &got, nil, false)
	}
	return &got, how, nil
}

// lookUp finds what is kept and fresh, and when it was asked for. Where it has been kept for
// long, it is renewed ahead of time.
func (c *Cache) lookUp(ctx context.Context, q *question) (kept *entry, asked uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if q.fresh {
		return nil, c.history.now
	}
	now := time.Now()
	kept = c.store.get(q.key, now)
	if kept == nil || !isBefore(now, kept.freshUntil) {
		return nil, c.history.now
	}
	if kept.wantsRefresh(now) && c.refreshes < maxRefreshes {
		kept.refreshing = true
		c.setTags(q)
		c.refreshes++
		c.metrics.refreshes.Add(ctx, 1)
		c.begin(ctx, q, true)
	}
	return kept, c.history.now
}

// maxRefreshes is how many sessions are asked for ahead of time at once.
const maxRefreshes = 64

// join finds the load to wait for, and what is kept should the upstream be away; or no load,
// where something is kept that will do.
func (c *Cache) join(ctx context.Context, q *question, asked uint64) (*load, *entry, result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, how := time.Now(), miss
	kept := c.store.get(q.key, now)
	switch {
	case q.fresh:
		kept, how = nil, bypass
	case kept != nil && isBefore(now, kept.freshUntil): // it has just come
		return nil, kept, hit
	case kept != nil && now.Before(kept.awayUntil):
		return nil, kept, stale
	case kept != nil:
		how = renewed
	}
	l := c.loads[q.key]
	if l != nil && !q.fresh && (l.began >= asked || !c.history.overtaken(l)) {
		l.waiters++
		return l, kept, collapsed
	}
	l = c.begin(ctx, q, false)
	l.waiters++
	c.loads[q.key] = l
	return l, kept, how
}

// How long the upstream is waited for where there is something to answer with, and how long
// it is not asked again afterwards. It takes half a second, mostly.
const (
	patience = 2 * time.Second
	awayFor  = time.Second
)

// maxAbandoned is how many loads go on when those who waited for them are answered.
const maxAbandoned = 1 << 10

// errAway says that what is kept is to be used.
var errAway = errors.New("the upstream is away")

// errAgain says that it is to be asked for again: the session may have ended after the load
// began and before it was asked for, or the load was refused for whoever has less time.
var errAgain = errors.New("it is to be asked for again")

// wait waits for a load that is joined.
func (c *Cache) wait(ctx context.Context, l *load, kept *entry, asked uint64) error {
	var late <-chan time.Time
	if kept != nil {
		late = time.After(within(ctx, patience))
	}
	select {
	case <-l.done:
	case <-late:
	case <-ctx.Done():
		return c.next.Unanswered(ctx)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now, loaded := time.Now(), l.isLoaded()
	if kept != nil && (!loaded || isAway(l.err, codeOf(l))) && c.store.get(l.key, now) == kept {
		if !loaded && !l.background && c.abandoned < maxAbandoned {
			l.background = true // it goes on without us
			c.abandoned++
		}
		kept.awayUntil = now.Add(awayFor)
		return errAway
	}
	if !loaded || l.began < asked && l.overtaken {
		return errAgain
	}
	if deadline, _ := ctx.Deadline(); isOf(l.err, usersv1.ErrorReason_ERROR_REASON_RATE_LIMITED) && deadline.Sub(l.until) > moment {
		return errAgain
	}
	return nil
}

// moment is how much more time than the first caller somebody must have to ask again where
// that one had too little for a turn.
const moment = 100 * time.Millisecond

// within is most of the time that a call has left.
func within(ctx context.Context, most time.Duration) time.Duration {
	if deadline, ok := ctx.Deadline(); ok {
		return min(most, time.Until(deadline)*9/10)
	}
	return most
}

// leave ends the wait for a load. One that nobody waits for any more is cancelled.
func (c *Cache) leave(l *load) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l.waiters--
	c.release(l)
}

// release lets go of a load that nobody waits for. It is called with c.mu held.
func (c *Cache) release(l *load) {
	switch {
	case l.waiters > 0:
	case l.isLoaded():
		l.lease.Release()
	case !l.background:
		c.forget(l)
		l.cancel()
	}
}

// forget keeps others from waiting for a load.
func (c *Cache) forget(l *load) {
	if c.loads[l.key] == l {
		delete(c.loads, l.key)
	}
}
