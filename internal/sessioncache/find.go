package sessioncache

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/sessioncache/identity"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache/memory"
)

// storeTime is how long one call waits for the store that replicas share, all together. What
// it waits for another replica's call of the upstream is not counted.
const storeTime = 20 * time.Millisecond

// storeWait is what is left of it.
type storeWait struct{ left time.Duration }

// spend has something done by the store, within what is left.
func (w *storeWait) spend(ctx context.Context, do func(context.Context)) {
	ctx, cancel := context.WithTimeout(ctx, w.left)
	defer cancel()
	began := time.Now()
	do(ctx)
	w.left -= time.Since(began)
}

// maxFinds is how often a load looks into the store: one that waits for other replicas does it
// each time when they have asked the upstream.
const maxFinds = 8

// errBusy says that another replica is renewing the session.
var errBusy = errors.New("another replica asks the upstream")

// fetch asks the store that replicas share, if there is one, and else the upstream.
func (c *Cache) fetch(ctx context.Context, l *load) (session, error) {
	if c.options.Shared != nil {
		l.moment = c.options.Shared.Moment()
		if !l.fresh && (!l.refresh || l.mayBeRenewed) {
			learnt, err := c.find(ctx, l)
			if err != nil || l.found != nil {
				return learnt, err
			}
		}
		l.sent = time.Now()
	}
	return c.respond(ctx, l)
}

// find looks for the session in the store. Where another replica asks the upstream, it waits
// for that, but for half of the time that there is at most.
func (c *Cache) find(ctx context.Context, l *load) (session, error) {
	until := l.until
	if until.IsZero() {
		until, _ = ctx.Deadline()
	}
	late := time.After(time.Until(until) / 2)
	for range maxFinds {
		found, err := c.look(ctx, l, func(ctx context.Context) (Found, error) {
			if l.refresh {
				return c.options.Shared.Renew(ctx, l.Key, l.tags, c.options.TTL/2) // what is renewed is fresh for longer
			}
			return c.options.Shared.Find(ctx, l.Key, l.tags, true)
		})
		if err != nil {
			return session{}, nil //nolint:nilerr // the upstream is asked instead
		}
		l.moment = found.Moment
		l.claimed = found.Claimed
		if found.Session != nil {
			l.older = true // unless it is adopted
			if learnt := c.adopt(ctx, l, l.Identity, found.Session); l.found != nil {
				return learnt, nil
			}
		}
		if found.Busy == nil {
			return c.findRotated(ctx, l), nil
		}
		if l.refresh {
			return session{}, errBusy
		}
		select {
		case <-found.Busy:
		case <-late:
			return session{}, nil
		case <-ctx.Done():
			return session{}, nil
		}
	}
	return session{}, nil
}

// findRotated looks for what others have stored under a secret that is no longer, or not yet,
// the current one.
func (c *Cache) findRotated(ctx context.Context, l *load) session {
	for i := range c.keys[1:] {
		k := &c.keys[1+i]
		id := k.Identify(l.Method, l.token, l.header)
		if found, err := c.look(ctx, l, func(ctx context.Context) (Found, error) {
			return c.options.Shared.Find(ctx, id.Key, tagsOf(k, id, l.question), false)
		}); err == nil && found.Session != nil {
			if learnt := c.adopt(ctx, l, id, found.Session); l.found != nil {
				return learnt
			}
		}
	}
	return session{}
}

// look looks into the store once.
func (c *Cache) look(ctx context.Context, l *load, into func(context.Context) (Found, error)) (found Found, err error) {
	err = context.DeadlineExceeded
	if l.storeWait.left > 0 {
		l.storeWait.spend(ctx, func(ctx context.Context) { found, err = into(ctx) })
	}
	return found, err
}

// adopt makes a session that was found what the load brings, if it is what the upstream could
// have said to this replica as well.
func (c *Cache) adopt(ctx context.Context, l *load, id identity.Identity, s *Session) (learnt session) {
	now := time.Now()
	fresh := memory.Earlier(s.FreshUntil, s.Sent.Add(c.longest()))
	if now.Before(s.Sent) || !now.Before(fresh) || !c.upToDate(now) && !now.Before(s.Sent.Add(memory.Alone)) || len(s.Sealed) > 2*memory.MaxEntryBytes {
		return session{}
	}
	response, err := id.OpenResponse(s.Sealed)
	if err == nil {
		l.response = response
		learnt, err = c.learn(ctx, l)
	}
	if err == nil && learnt.isLive(now) && c.isNews(l, s.Sent, learnt) {
		l.found = &Session{Sent: s.Sent, FreshUntil: fresh, StaleUntil: memory.Earlier(s.StaleUntil, fresh.Add(c.options.Stale))}
		l.sent = s.Sent
		return learnt
	}
	l.response = nil
	if err != nil {
		c.unreadable.Do(func() {
			c.options.Logger.LogAttrs(ctx, slog.LevelWarn, "a session that replicas share cannot be read; the upstream is asked for such sessions")
		})
	}
	return session{}
}

// clockSlack is by how much a time may be off that has been converted to another clock and back.
const clockSlack = 10 * time.Millisecond

// isNews tells whether a session was asked for later than what the question was told by this
// replica came, and than anything of it is known to have ended.
func (c *Cache) isNews(l *load, sent time.Time, learnt session) bool {
	sent = sent.Add(-clockSlack)
	of := append([]tag{c.keys[0].Tag(identity.OfUser, learnt.user)}, l.tags...)
	c.mu.Lock()
	defer c.mu.Unlock()
	if told := c.store.Told(l.Key); told != nil && !sent.After(told.Came) {
		return false
	}
	return !c.history.EndedAfter(sent, of)
}

// tagsOf are the tags of a question under some keys: those of the question, of the session
// and of the caller's credentials, in this order.
func tagsOf(k *identity.Keys, id identity.Identity, q *question) []tag {
	tags := []tag{id.Key, k.Tag(identity.OfToken, q.token)}
	for _, t := range k.Caller(q.header) {
		if t != tags[1] {
			tags = append(tags, t)
		}
	}
	return tags
}
