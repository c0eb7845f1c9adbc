package sessioncache

import (
	"context"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/relay"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache/identity"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache/memory"
)

// keepTime bounds the storing of a session, for which nobody waits.
const keepTime = time.Second

// upToDate tells whether what all replicas have ended is known here. It is not to be called
// with c.mu held.
func (c *Cache) upToDate(now time.Time) bool {
	return c.options.Shared == nil || c.options.Shared.UpToDate(now)
}

// usable is what is kept for a question and may be believed; nil where there is none. What may
// not be believed now may be again. It is called with c.mu held.
func (c *Cache) usable(key tag, now time.Time, upToDate bool) *memory.Entry {
	if e := c.store.Get(key, now); e != nil && e.IsUsable(now, upToDate) {
		return e
	}
	return nil
}

// prepare makes an entry one of many replicas, or confirms that there are no others.
func (c *Cache) prepare(e *memory.Entry, l *load, learnt session) {
	switch {
	case c.options.Shared == nil:
		e.Confirmed = true
		return
	case l.found != nil:
		e.Adopt(l.found.FreshUntil, l.found.StaleUntil, learnt.expiration)
	default:
		e.Share()
	}
	e.Came = time.Now()
	e.ToldUntil = e.Came.Add(c.longest())
	l.kept = e
}

// longest is how long a session may be kept without asking.
func (c *Cache) longest() time.Duration {
	return time.Duration((1 + memory.Jitter) * float64(c.options.TTL))
}

// isKnown tells whether other replicas may have what a load has found to be otherwise. It is
// called with c.mu held.
func (c *Cache) isKnown(l *load) bool {
	if told := c.store.Told(l.Key); told != nil && told.Live {
		return true
	}
	_, owned := c.store.Owner(l.tags[1])
	return l.fresh || l.older || l.own && owned
}

// endedBy is what other replicas must be told after a load: that its question has another
// response by now, where they may have one and get none instead; and the session's end. A
// flood of junk tokens, which nobody has, tells them nothing.
func (c *Cache) endedBy(l *load, known, none bool) []tag {
	replaced := l.kept != nil && l.kept.Live || l.err == nil && l.claimed && !l.older && !l.overtaken && !l.lost
	if c.options.Shared == nil || l.found != nil || replaced || l.err != nil && !known {
		return nil
	}
	return c.underAll(func(k *identity.Keys) []tag {
		tags := tagsOf(k, k.Identify(l.Method, l.token, l.header), l.question)
		if none && l.own {
			return tags[:2]
		}
		return tags[:1]
	})
}

// share stores what a load has brought and this replica keeps; where it keeps nothing, it lets
// others ask.
func (c *Cache) share(l *load) {
	if c.options.Shared == nil {
		return
	}
	if e := l.kept; e != nil && e.Live && l.found == nil && l.moment != (Moment{}) {
		if there, err := c.keepShared(l, e); err == nil {
			c.mu.Lock()
			e.Confirmed, e.Ended = there, e.Ended || !there
			c.mu.Unlock()
			return
		}
	}
	if l.claimed {
		c.options.Shared.Release(l.Key)
	}
}

// keepShared stores an entry, and tells whether it is there now.
func (c *Cache) keepShared(l *load, e *memory.Entry) (bool, error) {
	sealed, err := l.SealResponse(&relay.Response{Status: e.Status, Header: memory.OutlivingHeader(l.response.Header, "Age"), Body: l.response.Body})
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), keepTime)
	defer cancel()
	return c.options.Shared.Keep(ctx, l.moment, &Session{Key: l.Key, Tags: append([]tag{l.Key}, e.Tags...), Sealed: sealed,
		Sent: e.Sent, FreshUntil: e.FreshUntil, StaleUntil: e.StaleUntil})
}

// tell tells the other replicas what may have ended, or may be ending from now on.
func (c *Cache) tell(w *storeWait, tags []tag, active bool) {
	if c.options.Shared != nil && len(tags) > 0 {
		w.spend(context.Background(), func(ctx context.Context) { c.options.Shared.End(ctx, tags, active) })
	}
}

// underAll are tags under each secret: which one is current, replicas may not agree on.
func (c *Cache) underAll(tags func(*identity.Keys) []tag) (all []tag) {
	for i := range c.keys {
		all = append(all, tags(&c.keys[i])...)
	}
	return all
}

// Ended notes that other replicas tell of tags that may have ended.
func (c *Cache) Ended(tags []Tag) { c.mark(tags, 0) }

// EndedAll notes that all that was told by replicas up to now is lost: anything may have ended.
func (c *Cache) EndedAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.history.Lose()
	c.store.EndAll()
}
