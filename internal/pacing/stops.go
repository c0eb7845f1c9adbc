package pacing

import (
	"maps"
	"time"
)

// The upstream's Retry-After is heeded for so long: towards the caller whose call it was,
// and towards all. The latter is short, since who has several credentials can bring it
// about; where the upstream means all callers, it says so again.
const (
	maxCallerStop = time.Minute
	maxClassStop  = 5 * time.Second
)

// maxStops bounds how many callers are remembered who must wait. They are looked through
// once in sweepInterval at most.
const (
	maxStops      = 4096
	sweepInterval = time.Second
)

// answered notes a response that is not one of too many calls.
func (c *class) answered() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last.until = time.Time{}
}

// limited notes a response of too many calls, and tells whether it stops the whole class.
// The limits are of accounts, of which callers may have different ones: it stops the
// caller whose call it was. When two callers are told so one after the other, and none
// anything else in between, it is all.
func (c *class) limited(who caller, after time.Duration) (all bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	until := now.Add(min(after, maxCallerStop))
	before := c.last
	c.last.of, c.last.until = who, until
	c.stop(who, until, now)
	if before.of != who && before.until.After(now) {
		all = c.pause(earlier(until, earlier(before.until, now.Add(maxClassStop))), now)
	}
	c.rest(now)
	return all
}

// stop lets a caller wait, with the calls that wait already.
func (c *class) stop(who caller, until, now time.Time) {
	if now.Sub(c.swept) >= sweepInterval {
		maps.DeleteFunc(c.stops, func(_ caller, until time.Time) bool { return !until.After(now) })
		c.swept = now
	}
	_, known := c.stops[who]
	if !known && len(c.stops) >= maxStops {
		return
	}
	c.stops[who] = later(until, c.stops[who])
	for _, queue := range []*turns{&c.signIns, &c.others} {
		for _, w := range queue.of(who) {
			queue.remove(w)
			close(w.woken)
		}
	}
}

// pause lets all wait. Calls that cannot are woken, to be refused. It tells whether they
// had to wait less before.
func (c *class) pause(until, now time.Time) bool {
	if !until.After(c.resume) {
		return false
	}
	c.giveBack(now)
	c.resume = until
	for _, queue := range []*turns{&c.signIns, &c.others} {
		for _, w := range queue.all() {
			if w.latest.Before(until) {
				queue.remove(w)
				close(w.woken)
			}
		}
	}
	if c.queued() > 0 {
		c.reserve(now)
		c.arm(now)
	}
	return true
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
