package replicas

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/sessioncache"
)

// How often the loop asks.
const (
	interval  = 500 * time.Millisecond
	minPause  = 5 * time.Millisecond   // between syncs that others cause
	reconnect = 500 * time.Millisecond // and up to half as much again: replicas must not come together
)

// run connects, until the link is closed.
func (l *Link) run() {
	defer close(l.done)
	for {
		err := l.connection()
		l.down(err)
		select {
		case <-l.closing:
			return
		default:
		}
		retry := time.NewTimer(reconnect + rand.N(reconnect/2)) //nolint:gosec // jitter
		select {
		case <-retry.C:
		case <-l.closing: // one last time, to leave
			retry.Stop()
		}
	}
}

// connected is what the loop knows of one connection.
type connected struct {
	conn    Conn
	clock   clock // zero: not known yet
	last    time.Time
	lost    int // of what was pending, when the last request was made
	leaving bool
}

// connection makes a connection and syncs over it until it is lost, or the link is closed.
func (l *Link) connection() error {
	l.epoch++
	settings := l.settings
	settings.Epoch = l.epoch
	s := &connected{}
	ctx, cancel := context.WithTimeout(l.ctx, silence)
	defer cancel()
	var err error
	s.conn, err = l.options.Server.Connect(ctx, &settings, Events{
		Changed:  func() { signal(l.changed) },
		Released: l.released,
	})
	if err != nil {
		return err
	}
	defer s.conn.Close()
	for {
		again, err := l.sync(s)
		switch {
		case err != nil:
			return err
		case again:
			continue
		case s.leaving:
			return nil
		}
		l.pause(s)
	}
}

// pause returns when the next sync is due.
func (l *Link) pause(s *connected) {
	due := time.NewTimer(interval - time.Since(s.last))
	defer due.Stop()
	changed := l.changed
	for {
		select {
		case <-due.C:
			return
		case <-l.endings:
			return
		case <-changed:
			changed = nil
			due.Reset(minPause - time.Since(s.last))
		case <-l.closing:
			s.leaving = true
			return
		}
	}
}

// sync tells what has ended here, and learns what has ended elsewhere. It returns true when
// there is more of either.
func (l *Link) sync(s *connected) (bool, error) {
	r := l.request(s)
	s.last = time.Now()
	ctx, cancel := context.WithTimeout(l.ctx, silence)
	defer cancel()
	reply, err := s.conn.Sync(ctx, r)
	l.metrics.done(ctx, syncOp, err)
	if err != nil {
		return false, err
	}
	s.clock = clock{sent: s.last, received: time.Now(), server: reply.Now}
	again := l.apply(s, r, &reply)
	l.giveShare()
	return again, nil
}

// request makes the next one.
func (l *Link) request(s *connected) *SyncRequest {
	var want Rates
	if l.pacer != nil {
		want.Read, want.Write = l.pacer.Demand()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	r := &SyncRequest{Generation: l.moment.Generation, Since: l.moment.Clock, Want: want, Holding: l.rates.holding}
	if s.clock.server == 0 {
		return r
	}
	endings, before := l.pending.next(time.Now())
	r.Vouch, r.Known = s.clock.there(before), l.known
	r.Sequence, r.Endings, r.Reset = l.pending.sequence, endings, l.pending.lost > 0
	s.lost = l.pending.lost
	r.Leave = s.leaving && len(r.Endings) == len(l.pending.endings) && !r.Reset
	return r
}

// apply takes in a reply. What has ended is no longer believed before it is known to be up
// to date.
func (l *Link) apply(s *connected, r *SyncRequest, reply *SyncReply) bool {
	if renewed := reply.Generation != r.Generation; renewed && r.Generation != 0 {
		l.listener.EndedAll()
	} else if len(reply.Ended) > 0 {
		l.listener.Ended(reply.Ended)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.clock = s.clock
	l.told(s, r, reply)
	l.moment = sessioncache.Moment{Generation: reply.Generation, Clock: reply.Clock}
	if r.Vouch == 0 {
		return true // now that the clock is known
	}
	if !reply.More {
		l.horizon = s.clock.sent.Add(-time.Duration(reply.Now-reply.Oldest) * time.Microsecond)
	}
	l.known = slices.DeleteFunc(reply.Replicas, func(id string) bool { return id == l.settings.ID })
	l.isUp(s)
	l.rates.granted, l.rates.since = reply.Share, s.clock.sent
	if s.leaving {
		return !r.Leave || reply.Generation != r.Generation
	}
	return reply.More || len(l.pending.endings) > 0
}

// told notes what the server has of this replica's endings.
func (l *Link) told(s *connected, r *SyncRequest, reply *SyncReply) {
	if r.Vouch != 0 {
		l.pending.confirm(l.pending.batch)
		l.pending.lost -= s.lost
	}
	if reply.Generation != r.Generation && r.Generation != 0 {
		l.pending.renew(time.Now())
	}
	l.pending.sweep(time.Now())
}

// isUp notes a sync that has succeeded.
func (l *Link) isUp(s *connected) {
	l.failures = 0
	if l.conn == nil && !s.leaving {
		l.conn, l.reported = s.conn, false
		l.options.Logger.Info("other replicas can be reached", "server", l.options.Server.String())
	}
	select {
	case <-l.joined:
	default:
		close(l.joined)
	}
}

// down notes that there is no connection.
func (l *Link) down(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil && !l.reported && l.ctx.Err() == nil {
		l.options.Logger.Warn("other replicas cannot be reached: what is kept is believed for 5 s at most",
			"server", l.options.Server.String(), "err", err)
		l.reported = true
	}
	l.conn = nil
	l.waits.endAll()
}
