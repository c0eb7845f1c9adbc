package sessioncache

// history knows which sessions have ended since the oldest load began, so that no response
// from before is kept, or given to somebody who asked afterwards. Its moments are numbers
// that grow.
type history struct {
	now     uint64
	endings map[tag]*ending
	// forgotten is the moment up to which endings are no longer known: what began earlier
	// counts as ended.
	forgotten uint64
	loads     map[*load]struct{} // that have not come back
	sweepAt   int
}

// ending is what has happened to one session, user or question.
type ending struct {
	active int    // calls that may be ending it right now
	last   uint64 // when such a call last began or came back
}

// How many endings are remembered before those are looked for that can be forgotten, and
// how many at most.
const (
	firstSweep = 1 << 10
	maxEndings = 1 << 16
)

func newHistory() history {
	return history{endings: map[tag]*ending{}, loads: map[*load]struct{}{}, sweepAt: firstSweep}
}

// mark notes that what the tags stand for may have ended now. active is 1 for a call that
// begins to end it, -1 for one that has come back.
func (h *history) mark(tags []tag, active int) {
	if len(h.endings) >= h.sweepAt {
		h.sweep()
	}
	h.now++
	for _, t := range tags {
		e := h.endings[t]
		if e == nil {
			e = &ending{}
			h.endings[t] = e
		}
		e.active, e.last = e.active+active, h.now
	}
}

// marked tells whether something may have ended after a moment.
func (h *history) marked(since uint64, tags []tag) bool {
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

// fenced tells whether something is being ended right now.
func (h *history) fenced(tags []tag) bool {
	for _, t := range tags {
		if e := h.endings[t]; e != nil && e.active > 0 {
			return true
		}
	}
	return false
}

// sweep forgets what ended before every load that is out began; where that is not enough,
// everything.
func (h *history) sweep() {
	oldest := h.now
	for l := range h.loads {
		oldest = min(oldest, l.began)
	}
	h.forget(oldest)
	if len(h.endings) >= maxEndings {
		h.forgotten = h.now
		h.forget(h.now)
	}
	h.sweepAt = max(firstSweep, 2*len(h.endings))
}

func (h *history) forget(until uint64) {
	for t, e := range h.endings {
		if e.active == 0 && e.last <= until {
			delete(h.endings, t)
		}
	}
}
