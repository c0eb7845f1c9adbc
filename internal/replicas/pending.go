package replicas

import (
	"context"
	"slices"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/sessioncache"
)

// maxPending is how many endings wait to be told at most, and how many fences are
// remembered.
const maxPending = 1 << 16

// pending are the endings that are not known to be told. The first of them are a batch,
// which is sent until it is told: nothing is told twice, or out of order.
type pending struct {
	endings  []Ending
	since    []time.Time // when each was added
	batch    int         // the first so many have been sent
	sequence int64       // of the batch
	told     int64       // how many have been told, ever
	waiting  []waiting
	lost     int // how often there were too many: all that is shared is worthless
	fences   map[sessioncache.Tag]*fence
}

// waiting is somebody who waits until so many endings are told.
type waiting struct {
	until int64
	told  chan struct{}
}

// fence is what may be ending, by this replica's doing.
type fence struct {
	active int
	until  time.Time
}

func newPending() pending { return pending{sequence: 1, fences: map[sessioncache.Tag]*fence{}} }

// add notes endings, and returns what is closed when they are told.
func (p *pending) add(tags []sessioncache.Tag, kind Kind, now time.Time, life time.Duration) chan struct{} {
	for _, t := range tags {
		kind := kind
		if kind == IsOver && p.fences[t] == nil {
			kind = HasEnded // what others began goes on
		}
		p.mark(t, kind, now.Add(life))
		p.append(Ending{Tag: t, Kind: kind}, now)
	}
	w := waiting{until: p.told + int64(len(p.endings)), told: make(chan struct{})}
	p.waiting = append(p.waiting, w)
	if len(p.endings) > maxPending {
		p.lose()
	}
	return w.told
}

func (p *pending) append(e Ending, now time.Time) {
	p.endings, p.since = append(p.endings, e), append(p.since, now)
}

// lose gives up to tell one by one what has ended.
func (p *pending) lose() {
	p.lost++
	p.confirm(len(p.endings))
}

// confirm notes that the first n endings are told.
func (p *pending) confirm(n int) {
	if p.batch > 0 {
		p.sequence++
	}
	p.told += int64(n)
	p.endings, p.since, p.batch = slices.Clone(p.endings[n:]), slices.Clone(p.since[n:]), 0
	for len(p.waiting) > 0 && p.waiting[0].until <= p.told {
		close(p.waiting[0].told)
		p.waiting = p.waiting[1:]
	}
}

// next is the batch that is to be told next, the same until it is, and before when all is in
// it that has ended.
func (p *pending) next(now time.Time) ([]Ending, time.Time) {
	if p.batch == 0 {
		p.batch = min(len(p.endings), MaxBatch)
	}
	if p.batch < len(p.endings) {
		now = p.since[p.batch]
	}
	return p.endings[:p.batch:p.batch], now
}

// mark notes what may be ending.
func (p *pending) mark(t sessioncache.Tag, kind Kind, until time.Time) {
	f := p.fences[t]
	switch {
	case kind == Begins && f != nil:
		f.active, f.until = f.active+1, until
	case kind == Begins && len(p.fences) < maxPending:
		p.fences[t] = &fence{active: 1, until: until}
	case kind == IsOver && f != nil:
		if f.active--; f.active == 0 {
			delete(p.fences, t)
		}
	}
}

// sweep forgets fences whose time is over.
func (p *pending) sweep(now time.Time) {
	for t, f := range p.fences {
		if !now.Before(f.until) {
			delete(p.fences, t)
		}
	}
}

// renew is for a generation that knows nothing of this replica's fences. What the batch has
// told of them was ignored.
func (p *pending) renew(now time.Time) {
	p.sweep(now)
	for i := range p.endings {
		p.endings[i].Kind = HasEnded
	}
	for t, f := range p.fences {
		for range f.active {
			p.append(Ending{Tag: t, Kind: Begins}, now)
		}
	}
}

// End implements sessioncache.Shared.
func (l *Link) End(ctx context.Context, tags []sessioncache.Tag, active bool) {
	if len(tags) == 0 {
		return
	}
	kind := IsOver
	if active {
		kind = Begins
	}
	l.mu.Lock()
	told := l.pending.add(tags, kind, time.Now(), l.settings.Timeout)
	up := l.conn != nil && l.failures < maxFailures
	l.mu.Unlock()
	signal(l.endings)
	if !up {
		l.metrics.done(ctx, endOp, errDown)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	select {
	case <-told:
		l.metrics.done(ctx, endOp, nil)
	case <-ctx.Done():
		l.metrics.done(ctx, endOp, ctx.Err())
	}
}
