package replicas

import (
	"sync"
	"time"
)

// rates are this replica's share.
type rates struct {
	granted Rates     // under the link's lock, as is
	since   time.Time // when the lease began; zero: there was none yet

	giving sync.Mutex  // so that the pacer is told in order
	timer  *time.Timer // for what comes after the lease
}

// giveShare tells the pacer how many calls it may make. Without a lease, that is as many as
// each replica may of all; but not more than it was for another lease's time, until others
// make no use any more of what this one had left to them.
func (l *Link) giveShare() {
	if l.pacer == nil {
		return
	}
	l.rates.giving.Lock()
	defer l.rates.giving.Unlock()
	l.mu.Lock()
	each := float64(max(l.options.Replicas, len(l.known)+1))
	share, age := l.rates.granted, time.Since(l.rates.since)
	l.mu.Unlock()
	alone := Rates{Read: l.settings.Total.Read / each, Write: l.settings.Total.Write / each}
	switch {
	case age < RateLease:
		l.rates.again(RateLease-age, l.giveShare)
	case age < 2*RateLease:
		share = Rates{Read: min(share.Read, alone.Read), Write: min(share.Write, alone.Write)}
		l.rates.again(2*RateLease-age, l.giveShare)
	default:
		share = alone
	}
	// Where all is lent to others still, a tenth keeps it possible to say when a turn will be.
	l.pacer.Share(max(share.Read, alone.Read/10), max(share.Write, alone.Write/10))
}

// again looks at the share once more after a while, and not before.
func (r *rates) again(after time.Duration, f func()) {
	if r.timer != nil {
		r.timer.Stop()
	}
	r.timer = time.AfterFunc(after, f)
}

func (r *rates) stop() {
	r.giving.Lock()
	defer r.giving.Unlock()
	if r.timer != nil {
		r.timer.Stop()
	}
}
