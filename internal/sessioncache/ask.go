package sessioncache

import (
	"context"
	"errors"
	"net/http"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/apierror"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/internal/membudget"
	"github.com/wingspan-grpc/session-facade/internal/relay"
)

// question is what a check asks, and for whom.
type question struct {
	*httprule.SessionCheck
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

func (c *Cache) newQuestion(m *httprule.SessionCheck, request proto.Message, e *relay.Exchange) *question {
	token := m.Token.Value(request.ProtoReflect())
	return &question{SessionCheck: m, identity: c.keys.identify(m.Method, token, e.Header), request: request, token: token,
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
		return answerLoaded(l, how, err)
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
func answerLoaded(l *load, how result, err error) (*relay.Response, result, error) {
	about := &relay.Response{CacheStatus: cacheStatus(how, 0)}
	if err != nil {
		return about, how, err // the load may be out still
	}
	if l.err != nil {
		if failed, ok := errors.AsType[upstreamError](l.err); ok && how == collapsed {
			_, header, _ := failed.HTTPResponse()
			return about, how, failed.WithHeader(outlivingHeader(header, "Retry-After")) // which is for all who ask
		}
		return about, how, l.err
	}
	got := *l.response
	got.CacheStatus = about.CacheStatus
	if how == collapsed {
		got.Header = outlivingHeader(got.Header)
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
