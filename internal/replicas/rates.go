package replicas

import (
	"sync"
	"time"
)

// rates are this replica's share.
type rates struct {
	granted Rates     // under the link's lock, as are
	since   time.Time // when the lease began; zero: there was none yet
	holding Rates     // what the pacer was told

	giving sync.Mutex  // so that the pacer is told in order
	timer  *time.Timer // for what comes after the lease
}

// alone is after how many leases without another this replica takes what each may have of
// all. Others must have lost by then what it has left to them.
const alone = 3

// giveShare tells the pacer how many calls it may make.
func (l *Link) giveShare() {
	if l.pacer == nil {
		return
	}
	l.rates.giving.Lock()
	defer l.rates.giving.Unlock()
	l.mu.Lock()
	share := l.share()
	l.rates.holding = share
	l.mu.Unlock()
	l.pacer.Share(share.Read, share.Write)
}

// share is what the lease says and, without one, as much as each replica may of all.
func (l *Link) share() Rates {
	parts, share := float64(max(l.options.Replicas, len(l.known)+1)), l.rates.granted
	equal := Rates{Read: l.settings.Total.Read / parts, Write: l.settings.Total.Write / parts}
	switch age := time.Since(l.rates.since); {
	case age < RateLease:
		l.rates.again(RateLease-age, l.giveShare)
	case age < alone*RateLease:
		share = Rates{Read: min(share.Read, equal.Read), Write: min(share.Write, equal.Write)}
		l.rates.again(alone*RateLease-age, l.giveShare)
	default:
		share = equal
	}
	// Where all is lent to others still, a tenth keeps it possible to say when a turn will be.
	return Rates{Read: max(share.Read, equal.Read/10), Write: max(share.Write, equal.Write/10)}
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
