package replicas

import (
	"time"

	"github.com/wingspan-grpc/session-facade/internal/sessioncache"
)

// maxWaits is for how many loads of other replicas somebody waits at most.
const maxWaits = 1 << 12

// waits are for loads that other replicas have claimed.
type waits map[sessioncache.Tag]*wait

type wait struct {
	over  chan struct{}
	timer *time.Timer
}

// wait returns what is closed when a claim may have ended: the server tells, or it was not
// heard for so long that it has to be looked at.
func (l *Link) wait(key sessioncache.Tag, good time.Duration) <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w := l.waits[key]; w != nil {
		return w.over
	}
	if len(l.waits) >= maxWaits || l.conn == nil {
		return nil
	}
	w := &wait{over: make(chan struct{})}
	w.timer = time.AfterFunc(good, func() { l.release(key, w) })
	l.waits[key] = w
	return w.over
}

// released ends the wait for a claim.
func (l *Link) released(key sessioncache.Tag) {
	l.mu.Lock()
	w := l.waits[key]
	l.mu.Unlock()
	if w != nil {
		l.release(key, w)
	}
}

func (l *Link) release(key sessioncache.Tag, w *wait) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waits[key] == w {
		l.waits.end(key)
	}
}

func (ws waits) end(key sessioncache.Tag) {
	ws[key].timer.Stop()
	close(ws[key].over)
	delete(ws, key)
}

// endAll is for a connection that is lost: nobody will tell.
func (ws waits) endAll() {
	for key := range ws {
		ws.end(key)
	}
}
