package sessioncache

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"google.golang.org/grpc/codes"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/apierror"
	"github.com/wingspan-grpc/session-facade/internal/membudget"
	"github.com/wingspan-grpc/session-facade/internal/relay"
)

// load is one call of the upstream, for all who ask the same. It has a context of its own:
// whoever comes first may leave without failing the others.
type load struct {
	*question
	began      uint64 // by the history
	refresh    bool   // nobody has waited from the beginning
	background bool   // it goes on when nobody waits
	lease      *membudget.Lease
	cancel     context.CancelFunc
	waiters    int // guarded by Cache.mu

	done chan struct{} // closed when what follows is set
	// response is what the upstream said, also where that is an error.
	response *relay.Response
	err      error
	// owner is whose session it is; none where that is not known.
	owner []tag
}

// begin begins a load. It is called with c.mu held.
func (c *Cache) begin(ctx context.Context, q *question, refresh bool) *load {
	l := &load{question: q, began: c.history.now, refresh: refresh, background: refresh, lease: c.options.Memory.Lease(), done: make(chan struct{})}
	ctx, l.cancel = context.WithTimeout(context.WithoutCancel(ctx), c.options.Timeout)
	c.history.loads[l] = struct{}{}
	go c.run(relay.NewContext(ctx, &relay.Exchange{Header: q.header.Clone(), Peer: q.peer,
		CallerRetries: q.callerRetries, Background: refresh, Lease: l.lease}), l)
	return l
}

// overtaken tells whether the session may have ended since the load began.
func (h *history) overtaken(l *load) bool {
	return h.marked(l.began, l.tags) || h.marked(l.began, l.owner)
}

// run makes the call of the upstream, and keeps what is worth it.
func (c *Cache) run(ctx context.Context, l *load) {
	var learnt session
	defer func() {
		if recover() != nil { // the value may hold a secret
			l.err = apierror.New(codes.Internal, usersv1.ErrorReason_ERROR_REASON_INTERNAL, "the facade failed; its log says more").Err()
			c.options.Logger.LogAttrs(ctx, slog.LevelError, "panic", slog.String("stack", string(debug.Stack())))
		}
		c.mu.Lock()
		c.settle(l, learnt)
		c.forget(l)
		delete(c.history.loads, l)
		if l.refresh {
			c.refreshes--
		}
		close(l.done)
		c.release(l)
		c.mu.Unlock()
		l.cancel()
	}()
	l.response, l.err = c.next.Respond(ctx, l.method, l.request)
	if l.err == nil {
		learnt, l.err = c.learn(ctx, l)
	} else if failed, ok := errors.AsType[upstreamError](l.err); ok {
		l.response = responseOf(failed)
	}
}

// session is what a response says of one.
type session struct {
	expiration time.Time // zero where it does not say, or not readably
	user       string
}

// learn reads a session from a success.
func (c *Cache) learn(ctx context.Context, l *load) (session, error) {
	message := l.check.response.New()
	if err := c.next.Decode(ctx, l.method, l.response, message.Interface(), false); err != nil {
		return session{}, err
	}
	s := session{user: l.user.value(message)}
	if s.user != "" {
		l.owner = []tag{c.keys.tag(ofUser, s.user)}
	}
	s.expiration, _ = time.Parse(time.RFC3339, l.expiration.value(message))
	return s, nil
}

// settle keeps what a load has brought, or drops what was kept. It is called with c.mu
// held.
func (c *Cache) settle(l *load, learnt session) {
	lasting := !c.history.overtaken(l) && !c.history.fenced(l.tags) && !c.history.fenced(l.owner)
	code := codeOf(l)
	switch {
	case l.err == nil:
		if lasting {
			c.keep(l, learnt)
		}
	case isExpired(l.err):
		c.settleExpired(l, lasting)
	case isAway(l.err, code):
		if kept := c.store.get(l.key, time.Now()); kept != nil {
			kept.awayUntil = time.Now().Add(awayFor)
		}
	case code/100 == 4: // the upstream refuses what it allowed before
		c.history.mark(l.tags[:1], 0)
		c.store.remove(l.key)
	}
}

// settleExpired keeps that there is no such session. What other loads say that began
// before is neither kept nor given to those who ask from now on.
func (c *Cache) settleExpired(l *load, lasting bool) {
	c.history.mark(l.tags[:2], 0) // of the question and of the session; the caller has not ended
	c.store.remove(l.key)
	if l.own {
		c.store.removeAll(l.tags[1]) // what is kept for others who asked for it
	}
	if !lasting || l.response.Header["Set-Cookie"] != nil {
		return
	}
	if e := newEntry(l, l.response); e != nil {
		e.keepFor(expiredTTL, 0, time.Time{})
		c.store.put(e)
	}
}

// keep keeps a session, unless a later load has brought one already.
func (c *Cache) keep(l *load, learnt session) {
	now := time.Now()
	kept := c.store.get(l.key, now)
	if kept != nil && kept.began > l.began {
		return
	}
	c.store.remove(l.key)
	if len(l.owner) == 0 || !now.Before(learnt.expiration) || l.response.Header["Set-Cookie"] != nil {
		return
	}
	if e := newEntry(l, l.response); e != nil {
		e.live = true
		e.keepFor(c.options.TTL, c.options.Stale, learnt.expiration)
		c.store.put(e)
	}
}

// codeOf is the HTTP status that a load brought; 0 where there was no response.
func codeOf(l *load) int {
	if l.response == nil {
		return 0
	}
	return l.response.Status
}

// isExpired tells whether the upstream says that there is no such session.
func isExpired(err error) bool {
	failed, ok := errors.AsType[upstreamError](err)
	return ok && apierror.Reason(failed.GRPCStatus()) == usersv1.ErrorReason_ERROR_REASON_SESSION_EXPIRED
}

// isAway tells whether an error is not about the session, but about an upstream that
// answers nobody, or not so often.
func isAway(err error, code int) bool {
	failed, ok := errors.AsType[upstreamError](err)
	if !ok {
		return false
	}
	if code != 0 {
		return code >= http.StatusInternalServerError || code == http.StatusTooManyRequests || code == http.StatusRequestTimeout
	}
	switch failed.GRPCStatus().Code() {
	case codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted, codes.Canceled:
		return true
	}
	return false
}
