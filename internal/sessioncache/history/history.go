// Package history knows which sessions have ended since the oldest load began, so that no
// response from before is kept, or given to somebody who asked afterwards. It knows nothing of
// what a load is; whoever uses it has a lock around it.
package history

import (
	"slices"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/sessioncache/identity"
)

type tag = identity.Tag

// Load is a call that is out, and may bring what has ended meanwhile.
type Load struct {
	// Began is when, by the history: when the upstream was asked, as soon as it is.
	Began uint64
	// Asked is when that was; zero: it waits for its turn.
	Asked time.Time
	// Of are the tags of what is asked, and Owner that of whose it turns out to be.
	Of, Owner []identity.Tag
}

// History is what has ended. Its moments are numbers that grow.
type History struct {
	now     uint64
	endings map[tag]*ending
	// forgotten is the moment up to which endings are no longer known: what began earlier
	// counts as ended. Up to lost it is not known of those that other replicas have told of.
	forgotten, lost uint64
	loads           map[*Load]struct{} // that have not come back
	sweepAt         int
	// Of replicas that share a store, endings are remembered for as long as what they ended may
	// be found there: forgottenAt is as forgotten is.
	lasting     time.Duration
	forgottenAt time.Time
}

// ending is what has happened to one session, user or question.
type ending struct {
	active int    // calls that may be ending it right now
	last   uint64 // when such a call last began or came back
	at     time.Time
}

// How many endings are remembered before those are looked for that can be forgotten, and
// how many at most.
const (
	firstSweep = 1 << 10
	maxEndings = 1 << 16
)

// New makes an empty one. Endings are remembered for a while even where no load is out.
func New(lasting time.Duration) *History {
	return &History{endings: map[tag]*ending{}, loads: map[*Load]struct{}{}, sweepAt: firstSweep, lasting: lasting}
}

// Now is the moment.
func (h *History) Now() uint64 { return h.now }

// Begin notes that a load begins.
func (h *History) Begin(l *Load) {
	h.now++
	l.Began = h.now
	h.loads[l] = struct{}{}
}

// Ask notes that the upstream is asked now: what has ended up to now, it knows.
func (h *History) Ask(l *Load) {
	h.now++
	l.Began, l.Asked = h.now, time.Now()
}

// End notes that a load has come back.
func (h *History) End(l *Load) { delete(h.loads, l) }

// Loads is how many are out.
func (h *History) Loads() int { return len(h.loads) }

// Overtaken tells whether something may have ended since a load began, as far as replicas have
// told of it.
func (h *History) Overtaken(l *Load) bool {
	return h.marked(l.Began, l.Of) || h.marked(l.Began, l.Owner)
}

// Lost tells whether anything may have ended since a load began: what replicas told is lost.
func (h *History) Lost(l *Load) bool { return l.Began < h.lost }

// Mark notes that what the tags stand for may have ended now. active is 1 for a call that
// begins to end it, -1 for one that has come back.
func (h *History) Mark(tags []identity.Tag, active int) {
	h.now++
	h.note(tags, active, time.Now())
}

// Decided notes that a load has come back, whose question may have had another response before.
func (h *History) Decided(question identity.Tag) {
	h.now++
	h.note([]tag{question}, 0, time.Time{}) // what was told is remembered by the store
}

func (h *History) note(tags []tag, active int, at time.Time) {
	if len(h.endings) >= h.sweepAt {
		h.sweep()
	}
	for _, t := range tags {
		e := h.endings[t]
		if e == nil {
			e = &ending{}
			h.endings[t] = e
		}
		e.active, e.last = e.active+active, h.now
		if at.After(e.at) {
			e.at = at
		}
	}
}

// Lose notes that what replicas have told up to now is lost.
func (h *History) Lose() {
	h.now++
	h.lost, h.forgottenAt = h.now, time.Now()
}

// EndedAfter tells whether something is known to have ended after a time, or at it.
func (h *History) EndedAfter(sent time.Time, tags []identity.Tag) bool {
	return !sent.After(h.forgottenAt) || slices.ContainsFunc(tags, func(t tag) bool {
		e := h.endings[t]
		return e != nil && (e.active > 0 || !sent.After(e.at))
	})
}

// marked tells whether something may have ended after a moment.
func (h *History) marked(since uint64, tags []tag) bool {
	if since < h.forgotten {
		return true
	}
	for _, t := range tags {
		if e := h.endings[t]; e != nil && e.last > since {
			return true
		}
	}
	return false
}

// Fenced tells whether something is being ended right now.
func (h *History) Fenced(tags []identity.Tag) bool {
	for _, t := range tags {
		if e := h.endings[t]; e != nil && e.active > 0 {
			return true
		}
	}
	return false
}

// sweep forgets what ended before every load that is out began; where that is not enough,
// everything.
func (h *History) sweep() {
	oldest := h.now
	for l := range h.loads {
		oldest = min(oldest, l.Began)
	}
	h.forget(oldest, time.Now().Add(-h.lasting))
	if len(h.endings) >= maxEndings {
		h.forgotten, h.forgottenAt = h.now, time.Now()
		h.forget(h.now, h.forgottenAt)
	}
	h.sweepAt = min(max(firstSweep, 2*len(h.endings)), maxEndings)
}

func (h *History) forget(until uint64, at time.Time) {
	for t, e := range h.endings {
		if e.active == 0 && e.last <= until && !e.at.After(at) {
			delete(h.endings, t)
		}
	}
}
