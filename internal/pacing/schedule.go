package pacing

import (
	"time"

	"golang.org/x/time/rate"
)

// serve lets those go whose turn has come.
func (c *class) serve(now time.Time) {
	for c.queued() > 0 && !c.next.After(now) {
		w := c.pop()
		w.served = true
		c.demand.add(now)
		close(w.woken)
		c.reserve(now)
	}
	c.rest(now)
	if c.queued() > 0 {
		c.arm(now)
	}
}

// pop takes out the call whose turn it is.
func (c *class) pop() *waiter {
	switch {
	case c.others.length == 0:
		c.inARow = 0
		return c.signIns.pop()
	case c.signIns.length > 0 && c.inARow < signInsInARow:
		c.inARow++
		return c.signIns.pop()
	default:
		c.inARow = 0
		return c.others.pop()
	}
}

// ahead is how many calls have their turn before one that the caller makes now, if no
// other comes.
func (c *class) ahead(who caller, signIn bool) int {
	if signIn {
		n := c.signIns.ahead(who)
		return n + min(c.others.length, (c.inARow+n)/signInsInARow)
	}
	n := c.others.ahead(who)
	return n + min(c.signIns.length, (n+1)*signInsInARow-c.inARow)
}

// turnsTake is how long a number of turns take one after the other: what the limiter says
// of one that is empty.
func turnsTake(n int, perSecond float64) time.Duration {
	if n == 0 {
		return 0
	}
	var start time.Time
	empty := rate.NewLimiter(rate.Limit(perSecond), n)
	empty.ReserveN(start, n)
	return empty.ReserveN(start, n).DelayFrom(start)
}

// reserve reserves the next turn.
func (c *class) reserve(now time.Time) {
	at := later(now, c.resume)
	c.reserved = c.limiter.ReserveN(at, 1)
	c.next = at.Add(c.reserved.DelayFrom(at))
}

// giveBack gives up the next turn.
func (c *class) giveBack(now time.Time) {
	if c.reserved != nil {
		c.reserved.CancelAt(later(now, c.resume))
		c.reserved = nil
	}
}

// rest keeps nothing where nobody waits.
func (c *class) rest(now time.Time) {
	if c.queued() > 0 {
		return
	}
	c.giveBack(now)
	if c.timer != nil {
		c.timer.Stop()
	}
}

// arm sets the timer for the next turn.
func (c *class) arm(now time.Time) {
	delay := c.next.Sub(now)
	if c.timer == nil {
		c.timer = time.AfterFunc(delay, func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.serve(time.Now())
		})
		return
	}
	c.timer.Reset(delay)
}

func (c *class) queued() int { return c.signIns.length + c.others.length }

func (c *class) queueOf(signIn bool) *turns {
	if signIn {
		return &c.signIns
	}
	return &c.others
}

// waiting is how many calls wait.
func (c *class) waiting() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.queued() + c.parked
}
