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
	"github.com/wingspan-grpc/session-facade/internal/sessioncache/identity"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache/memory"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache/outcome"
)

// question is what a check asks, and for whom.
type question struct {
	*httprule.SessionCheck
	identity.Identity
	request proto.Message
	token   string
	header  http.Header
	peer    string

	callerRetries, fresh bool
	// tags are of the question, of the session and of the caller's credentials, in this
	// order; they are made when they are needed.
	tags []tag
	own  bool // the session is asked for with its own token
	// mayBeRenewed says that other replicas may have renewed what is kept.
	mayBeRenewed bool
}

func (c *Cache) newQuestion(m *httprule.SessionCheck, request proto.Message, e *relay.Exchange) *question {
	token := m.Token.Value(request.ProtoReflect())
	return &question{SessionCheck: m, Identity: c.keys[0].Identify(m.Method, token, e.Header), request: request, token: token,
		header: e.Header, peer: e.Peer, callerRetries: e.CallerRetries, fresh: e.NoCache}
}

func (c *Cache) setTags(q *question) {
	if q.tags != nil {
		return
	}
	q.own = identity.AsksForOwn(q.token, q.header)
	q.tags = tagsOf(&c.keys[0], q.Identity, q)
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
func answerKept(q *question, kept *memory.Entry, how result) (*relay.Response, result, error) {
	now := time.Now()
	if !kept.Live {
		how = expired
	}
	got, err := kept.Response(&q.Identity, now)
	if err != nil {
		return &relay.Response{}, how, err // never: the key of the entry is the question's
	}
	got.CacheStatus = cacheStatus(how, kept.FreshUntil.Sub(now))
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
		if failed, ok := outcome.Of(l.err); ok && how == collapsed {
			_, header, _ := failed.HTTPResponse()
			return about, how, failed.WithHeader(memory.OutlivingHeader(header, "Retry-After")) // which is for all who ask
		}
		return about, how, l.err
	}
	got := *l.response
	got.CacheStatus = about.CacheStatus
	if l.found != nil {
		now := time.Now()
		got.CacheStatus, got.Age = cacheStatus(shared, l.found.FreshUntil.Sub(now)), memory.Age(got.Header, l.sent, now)
		got.Header = memory.OutlivingHeader(got.Header)
		return &got, shared, nil
	}
	if how == collapsed {
		got.Header = memory.OutlivingHeader(got.Header)
	}
	return &got, how, nil
}

// lookUp finds what is kept and fresh, and when it was asked for. Where it has been kept for
// long, it is renewed ahead of time.
func (c *Cache) lookUp(ctx context.Context, q *question) (kept *memory.Entry, asked uint64) {
	now := time.Now()
	upToDate := c.upToDate(now)
	c.mu.Lock()
	defer c.mu.Unlock()
	if q.fresh {
		return nil, c.history.Now()
	}
	kept = c.usable(q.Key, now, upToDate)
	if kept == nil || !kept.IsFresh(now) {
		return nil, c.history.Now()
	}
	if kept.WantsRefresh(now) && c.refreshes < maxRefreshes {
		kept.Refreshing, q.mayBeRenewed = true, kept.MayBeRenewed(now)
		c.setTags(q)
		c.refreshes++
		c.metrics.refreshes.Add(ctx, 1)
		c.begin(ctx, q, true)
	}
	return kept, c.history.Now()
}

// maxRefreshes is how many sessions are asked for ahead of time at once.
const maxRefreshes = 64
