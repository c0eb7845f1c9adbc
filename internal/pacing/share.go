package pacing

import (
	"math"
	"time"

	"golang.org/x/time/rate"
)

// burstPart is the part of a second's calls that may be made at a time. The vendor counts
// by the second, and a burst comes on top of a second's calls.
const burstPart = 200

func burst(perSecond float64) int { return max(1, int(min(perSecond, 1e6)/burstPart)) }

// floorPart is the part of its fair part that a replica always has: whoever waits there
// does not wait for ever. All replicas' floors together are 1 % of the rate.
const floorPart = 100

// settled is after how long of waiting calls the share is all that can be expected: by
// then each replica has told twice what it wants, and got what it can have.
const settled = 2 * time.Second

// askInterval is how often a larger share is asked for, and shortWait how long a call waits for
// its turn without that: those that come together wait for one another on any share.
const (
	askInterval = 100 * time.Millisecond
	shortWait   = 50 * time.Millisecond
)

// headroom is by how much more a replica asks for than it needs: where calls come as often
// as they may be made, they wait for one another.
const headroom = 2

// Demand is how many calls a second the replica would make now: what came lately, and what
// waits.
func (p *Pacer) Demand() (read, write float64) {
	now := time.Now()
	return p.read.wants(now), p.write.wants(now)
}

// Share lets the replica make so many calls a second from now on. Whoever waits does so by
// the new rate. A share is never more than the rate of all, nor less than a hundredth of the
// replica's fair part.
func (p *Pacer) Share(read, write float64) {
	now := time.Now()
	p.read.setShare(read, now)
	p.write.setShare(write, now)
}

// wants is the demand; 0 without a limit.
func (c *class) wants(now time.Time) float64 {
	if c == nil {
		return 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return min(c.total, headroom*c.demand.perSecond(now)+float64(c.queued())+1)
}

// setShare changes the rate. What is reserved was by the former one.
func (c *class) setShare(share float64, now time.Time) {
	if c == nil {
		return
	}
	if !(share >= c.fair/floorPart) { // nor if it is no number
		share = c.fair / floorPart
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	share = min(share, c.total)
	if share == c.share {
		return
	}
	c.serve(now)
	c.giveBack(now)
	at := later(now, c.resume)
	c.limiter.SetLimitAt(at, rate.Limit(share))
	c.limiter.SetBurstAt(at, burst(share))
	c.signIns.rescale(c.share/share, now)
	c.others.rescale(c.share/share, now)
	c.share = share
	if c.queued() > 0 {
		c.reserve(now)
		c.serve(now)
	}
}

// rate is the share.
func (c *class) rate() float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.share
}

// expected is the rate by which a call may be refused. A replica whose share is small since
// it had little to do gets its fair part as soon as it asks for it.
func (c *class) expected(now time.Time) float64 {
	if c.queued() > 0 && now.Sub(c.hungry) >= settled {
		return c.share
	}
	return max(c.share, c.fair)
}

// ask tells whether to ask for a larger share now, since calls wait for want of it.
func (c *class) ask() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	last := c.next.Add(turnsTake(max(0, c.queued()-1), c.share))
	if c.share >= c.total || !last.After(now.Add(shortWait)) || c.resume.After(now) || now.Sub(c.asked) < askInterval {
		return false
	}
	c.asked = now
	return true
}

// demand is how many calls have come lately, those weighing most that came last.
type demand struct {
	weight float64
	at     time.Time
}

// lately is after how long a call weighs 1/e.
const lately = time.Second

func (d *demand) add(now time.Time) { d.weight, d.at = d.perSecond(now)*lately.Seconds()+1, now }

func (d *demand) perSecond(now time.Time) float64 {
	return d.weight * math.Exp(-now.Sub(d.at).Seconds()/lately.Seconds()) / lately.Seconds()
}

func scaled(d time.Duration, part float64) time.Duration {
	if part == 1 {
		return d
	}
	return time.Duration(min(float64(d)*part, math.MaxInt64/2))
}
