package sessioncache

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"slices"
	"time"

	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/codes"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/apierror"
	"github.com/wingspan-grpc/session-facade/internal/membudget"
	"github.com/wingspan-grpc/session-facade/internal/relay"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache/history"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache/identity"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache/memory"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache/outcome"
)

// load is one call of the upstream, for all who ask the same. It has a context of its own:
// whoever comes first may leave without failing the others.
type load struct {
	*question
	*history.Load
	until      time.Time // the first caller waits for a turn
	sent       time.Time
	refresh    bool // nobody has waited from the beginning
	background bool // it goes on when nobody waits
	lease      *membudget.Lease
	cancel     context.CancelFunc
	waiters    int // guarded by Cache.mu

	// What follows is of the store that replicas share.
	storeWait storeWait
	moment    Moment        // the upstream is asked after it
	found     *Session      // what the load brings, if it comes from there
	older     bool          // what is there may not be told any more
	claimed   bool          // there is nothing there, and other replicas wait
	kept      *memory.Entry // what came of it

	done chan struct{} // closed when what follows is set
	// response is what the upstream said, also where that is an error.
	response *relay.Response
	err      error
	// overtaken tells that it may have ended since the load began, and lost that anything may
	// have; guarded by Cache.mu, as is history.Load.
	overtaken, lost bool
}

// isLoaded tells whether the load has come back.
func (l *load) isLoaded() bool {
	select {
	case <-l.done:
		return true
	default:
		return false
	}
}

// begin begins a load. It is called with c.mu held.
func (c *Cache) begin(ctx context.Context, q *question, refresh bool) *load {
	l := &load{question: q, Load: &history.Load{Of: q.tags}, sent: time.Now(), refresh: refresh, background: refresh, storeWait: storeWait{storeTime},
		lease: c.options.Memory.Lease(), done: make(chan struct{})}
	// Of the caller's context it has the trace alone: a timer that has been stopped may hold
	// the rest for as long as it would have run.
	if !refresh {
		l.until, _ = ctx.Deadline()
	}
	ctx = trace.ContextWithSpanContext(context.Background(), trace.SpanContextFromContext(ctx))
	ctx, l.cancel = context.WithTimeout(ctx, c.options.Timeout)
	c.history.Begin(l.Load)
	begun := l.Load // which holds no secret, as the load does
	onTurn := func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.history.Ask(begun)
	}
	go c.run(relay.NewContext(ctx, &relay.Exchange{Header: q.header.Clone(), Peer: q.peer,
		CallerRetries: q.callerRetries, Deadline: l.until, Background: refresh, Lease: l.lease,
		OnTurn: onTurn}), l)
	return l
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
		if ended := c.settle(l, learnt); c.options.Shared != nil && len(ended) > 0 {
			c.mu.Unlock() // others are told before whoever asked
			c.tell(&l.storeWait, ended, false)
			c.mu.Lock()
		}
		c.forget(l)
		c.history.End(l.Load)
		if l.refresh {
			c.refreshes--
		} else if l.background {
			c.abandoned--
		}
		close(l.done)
		c.release(l)
		c.mu.Unlock()
		l.cancel()
		c.share(l)
	}()
	learnt, l.err = c.fetch(ctx, l)
}

// respond asks the upstream.
func (c *Cache) respond(ctx context.Context, l *load) (session, error) {
	var err error
	l.response, err = c.next.Respond(ctx, l.Method, l.request)
	if !l.Asked.IsZero() {
		l.sent = l.Asked
	}
	if err == nil {
		return c.learn(ctx, l)
	}
	l.response = outcome.Response(err)
	return session{}, err
}

// session is what a response says of one.
type session struct {
	expiration time.Time // zero where it does not say, or not readably
	user       string
}

// isLive tells whether a session is known to be somebody's, and not to have expired.
func (s *session) isLive(now time.Time) bool { return s.user != "" && now.Before(s.expiration) }

// learn reads a session from a success.
func (c *Cache) learn(ctx context.Context, l *load) (session, error) {
	message := l.Response.New()
	if err := c.next.Decode(ctx, l.Method, l.response, message.Interface(), false); err != nil {
		return session{}, err
	}
	s := session{user: l.User.Value(message)}
	s.expiration, _ = time.Parse(time.RFC3339, l.Expiration.Value(message))
	return s, nil
}

// settle keeps what a load has brought in place of what was kept. What others bring that
// are out still is not kept, nor given to those who ask from now on. It returns what other
// replicas must be told to have ended. It is called with c.mu held.
func (c *Cache) settle(l *load, learnt session) (ended []tag) {
	if l.err == nil {
		l.Owner = []tag{c.keys[0].Tag(identity.OfUser, learnt.user)}
	}
	l.overtaken, l.lost = c.history.Overtaken(l.Load), c.history.Lost(l.Load)
	lasting := !l.overtaken && !l.lost && !c.history.Fenced(l.Of) && !c.history.Fenced(l.Owner)
	code := codeOf(l)
	switch {
	case outcome.IsAway(l.err, code), errors.Is(l.err, errBusy):
		if kept := c.store.Get(l.Key, time.Now()); kept != nil {
			kept.TryAgain(time.Now().Add(awayFor), l.refresh)
		}
		return nil
	case l.err != nil && code/100 != 4, l.found != nil && !lasting:
		return nil
	}
	return c.replace(l, learnt, lasting)
}

// replace puts what the upstream has said, or another replica was told, in place of what was
// kept. It is called with c.mu held.
func (c *Cache) replace(l *load, learnt session, lasting bool) (ended []tag) {
	known, none := c.isKnown(l), outcome.IsExpired(l.err)
	// Of loads that were out at the same time, it is not known which was decided last.
	c.history.Decided(l.Key)
	c.store.Remove(l.Key)
	if none && l.own { // it is the session that has ended, not the caller's: for all who ask
		c.history.Mark(l.tags[1:2], 0)
		c.store.End(l.tags[1])
	}
	if lasting && (l.err == nil || none) && l.response.Header["Set-Cookie"] == nil {
		c.keep(l, learnt)
	}
	if l.kept == nil && c.options.Shared != nil {
		c.store.Put(memory.Forgotten(l.Key, time.Now().Add(c.longest())))
	}
	return c.endedBy(l, known, none)
}

// expiredTTL is how long "Session expired" is kept: long enough for a client that repeats it, and
// short, since a session may be raised elsewhere.
const expiredTTL = 4500 * time.Millisecond

// BytesPerEntry bounds the responses that are kept; see memory.BytesPerEntry.
const BytesPerEntry = memory.BytesPerEntry

// keep keeps a session, or that there is none.
func (c *Cache) keep(l *load, learnt session) {
	live := l.err == nil
	if live && !learnt.isLive(time.Now()) {
		return
	}
	e := memory.NewEntry(&l.Identity, slices.Concat(l.tags[1:], l.Owner), l.sent, l.response)
	switch {
	case e == nil || !live && e.Size() > BytesPerEntry:
		return
	case live:
		e.Live = true
		e.KeepFor(c.options.TTL, c.options.Stale, learnt.expiration)
	default:
		e.KeepFor(expiredTTL, 0, time.Time{})
	}
	c.prepare(e, l, learnt)
	c.store.Put(e)
}

// codeOf is the HTTP status that a load brought; 0 where there was no response.
func codeOf(l *load) int {
	if l.response == nil {
		return 0
	}
	return l.response.Status
}
