package replicas

import (
	"context"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/sessioncache"
)

// Find implements sessioncache.Shared.
func (l *Link) Find(ctx context.Context, key sessioncache.Tag, of []sessioncache.Tag, claim bool) (sessioncache.Found, error) {
	return l.look(ctx, &FindRequest{Key: key, Of: of, Claim: claim})
}

// Renew implements sessioncache.Shared.
func (l *Link) Renew(ctx context.Context, key sessioncache.Tag, of []sessioncache.Tag, ahead time.Duration) (sessioncache.Found, error) {
	return l.look(ctx, &FindRequest{Key: key, Of: of, Claim: true, Ahead: ahead})
}

// look looks for a session.
func (l *Link) look(ctx context.Context, r *FindRequest) (sessioncache.Found, error) {
	sent := time.Now()
	found, err := do(ctx, l, findOp, budget, func(ctx context.Context, c Conn) (FindReply, error) {
		return c.Find(ctx, r)
	}, func(late FindReply) {
		if late.Claimed {
			l.Release(r.Key)
		}
	})
	if err != nil {
		return sessioncache.Found{}, err
	}
	return l.found(r.Key, found, sent), nil
}

// found is what a reply tells.
func (l *Link) found(key sessioncache.Tag, r FindReply, sent time.Time) sessioncache.Found {
	f := sessioncache.Found{Claimed: r.Claimed, Moment: sessioncache.Moment{Generation: r.Generation, Clock: r.Clock}}
	if r.Generation != l.Moment().Generation {
		signal(l.changed)
		return f
	}
	if s := r.Session; s != nil {
		here := clock{sent: sent, server: r.Now}
		f.Session = &sessioncache.Session{Key: key, Tags: s.Tags, Sealed: s.Sealed,
			Sent: here.here(s.Sent), FreshUntil: here.here(s.Fresh), StaleUntil: here.here(s.Stale)}
	}
	if r.Busy > 0 {
		f.Busy = l.wait(key, r.Busy)
	}
	return f
}

// Keep implements sessioncache.Shared.
func (l *Link) Keep(ctx context.Context, since sessioncache.Moment, s *sessioncache.Session) (bool, error) {
	l.mu.Lock()
	at := l.clock
	l.mu.Unlock()
	r := KeepRequest{Moment: since, Key: s.Key, Stored: Stored{Tags: s.Tags, Sealed: s.Sealed,
		Sent: at.there(s.Sent), Fresh: at.there(s.FreshUntil), Stale: at.there(s.StaleUntil)}}
	return do(ctx, l, keepOp, keepBudget, func(ctx context.Context, c Conn) (bool, error) {
		return c.Keep(ctx, &r)
	}, nil)
}

// Release implements sessioncache.Shared.
func (l *Link) Release(key sessioncache.Tag) {
	conn := l.up()
	if conn == nil || !l.acquire() {
		return // the claim ends by itself
	}
	go func() {
		defer l.free()
		l.metrics.done(l.ctx, releaseOp, conn.Release(l.ctx, key))
	}()
}

// up is the connection, if commands may be sent.
func (l *Link) up() Conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failures >= maxFailures {
		return nil
	}
	return l.conn
}

// do sends a command and waits for its reply within the budget. The command holds its slot
// until there is a reply or the connection has ended: what is under way is bounded, however
// few wait for it. late gets a reply for which nobody waits any more.
func do[R any](ctx context.Context, l *Link, op operation, budget time.Duration, send func(context.Context, Conn) (R, error), late func(R)) (R, error) {
	var none R
	conn := l.up()
	if conn == nil || !l.acquire() {
		err := errBusy
		if conn == nil {
			err = errDown
		}
		l.metrics.done(ctx, op, err)
		return none, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, budget, errSlow)
	defer cancel()
	type result struct {
		reply R
		err   error
	}
	results := make(chan result)
	go func() {
		defer l.free()
		reply, err := send(l.ctx, conn)
		select {
		case results <- result{reply, err}:
		case <-ctx.Done():
			if err == nil && late != nil {
				late(reply)
			}
		}
	}()
	var got result
	select {
	case got = <-results:
	case <-ctx.Done():
		got.err = context.Cause(ctx)
	}
	l.metrics.done(ctx, op, got.err)
	// That a caller's own time is over is no failure, and whoever keeps something has more time.
	if op == findOp && (got.err == nil || ctx.Err() == nil || got.err == errSlow) { //nolint:errorlint // the cause as it is
		l.count(conn, got.err)
	}
	return got.reply, got.err
}

// count counts failures in a row.
func (l *Link) count(conn Conn, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.conn != conn:
	case err == nil:
		l.failures = 0
	default:
		l.failures++
	}
}

func (l *Link) acquire() bool {
	select {
	case l.slots <- struct{}{}:
		return true
	default:
		return false
	}
}

func (l *Link) free() { <-l.slots }
