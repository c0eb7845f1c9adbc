package sessioncache

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/internal/relay"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache/identity"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache/outcome"
)

// end makes a call that ends or changes sessions. What is kept of them is dropped before it
// leaves, and nothing is kept of them again until it has come back. Where only the response
// says whose sessions they are, they are dropped then.
func (c *Cache) end(ctx context.Context, m *httprule.SessionEnd, request, response proto.Message) error {
	header := relay.FromContext(ctx).Header
	c.metrics.ends.Add(ctx, 1)
	if m.User != nil {
		return c.endOfUser(ctx, m, request, response)
	}
	tags := c.underAll(func(k *identity.Keys) []tag {
		if m.Token != nil {
			return []tag{k.Tag(identity.OfToken, m.Token.Value(request.ProtoReflect()))}
		}
		return k.Caller(header)
	})
	wait := storeWait{storeTime}
	c.mark(tags, 1)
	c.tell(&wait, tags, true)
	err := outcome.ErrPanicked
	defer func() { c.tell(&wait, tags, c.unfence(tags, err)) }()
	err = c.next.Invoke(ctx, m.Method, request, response)
	return err
}

// mark drops what is kept of the tags, and notes that they may have ended.
func (c *Cache) mark(tags []tag, active int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.history.Mark(tags, active)
	c.fences += active
	for _, t := range tags {
		c.store.End(t)
	}
}

// maxLingering is how many fences stay after calls that brought no outcome, at most.
const maxLingering = 1 << 12

// lastInstant is how much longer a fence stays than a call can take: it may reach the upstream
// at its end.
const lastInstant = 100 * time.Millisecond

// unfence ends a fence. A call without an outcome may still reach the upstream: its fence
// stays for as long as any call can take. It tells whether it does.
func (c *Cache) unfence(tags []tag, err error) (linger bool) {
	c.mu.Lock()
	linger = !outcome.IsKnown(err) && c.lingering < maxLingering && len(tags) > 0
	if linger {
		c.lingering++
	}
	c.mu.Unlock()
	if !linger {
		c.mark(tags, -1)
		return false
	}
	c.mark(tags, 0) // it may have reached it: whoever asks from now on is not told what was before
	time.AfterFunc(c.options.Timeout+lastInstant, func() {
		c.mark(tags, -1)
		c.tell(&storeWait{storeTime}, tags, false) // what others asked for meanwhile is from before
		c.mu.Lock()
		defer c.mu.Unlock()
		c.lingering--
	})
	return true
}

// endOfUser makes a call whose response says whose sessions it has ended. Where there is
// none, they are those of the caller, as far as it is known who that is.
func (c *Cache) endOfUser(ctx context.Context, m *httprule.SessionEnd, request, response proto.Message) error {
	err, wait := outcome.ErrPanicked, storeWait{storeTime}
	var user string
	defer func() {
		switch {
		case user != "":
			users := c.underAll(func(k *identity.Keys) []tag {
				return []tag{k.Tag(identity.OfUser, user), k.Tag(identity.OfUser, "")} // the latter: theirs of whom it is not known
			})
			c.mark(users, 0)
			c.tell(&wait, users, false)
		case err == nil || !outcome.IsKnown(err):
			users := c.usersOf(c.keys[0].Caller(relay.FromContext(ctx).Header))
			c.mark(users, 1)
			c.tell(&wait, users, c.unfence(users, err))
		}
	}()
	if err = c.next.Invoke(ctx, m.Method, request, response); err != nil {
		return err
	}
	e := relay.FromContext(ctx)
	if e.Raw { // the message is empty
		response = m.Response.New().Interface()
		if c.next.Decode(ctx, m.Method, &e.Response, response, false) != nil {
			return nil // which Invoke has checked
		}
	}
	user = m.User.Value(response.ProtoReflect())
	return nil
}

// usersOf are those who are known by a credential, since it is that of a session which is
// kept.
func (c *Cache) usersOf(credentials []tag) []tag {
	c.mu.Lock()
	defer c.mu.Unlock()
	var users []tag
	for _, t := range credentials {
		if owner, ok := c.store.Owner(t); ok {
			users = append(users, owner)
		}
	}
	return users
}
