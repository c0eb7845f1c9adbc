package replicas

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"sync"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/sessioncache"
)

// Link is a replica's part in what replicas share. It is safe for concurrent use.
type Link struct {
	options  Options
	settings Settings
	metrics  *metrics
	listener Listener
	pacer    Pacer

	endings chan struct{} // there is something to tell
	changed chan struct{} // there may be something to learn
	closing chan struct{}
	joined  chan struct{}
	done    chan struct{}
	slots   chan struct{} // of commands that are under way
	ctx     context.Context
	cancel  context.CancelFunc
	once    struct{ start, close sync.Once }
	epoch   int64 // the loop's

	mu       sync.Mutex
	conn     Conn // nil: down
	reported bool // that it is down
	failures int  // of commands, in a row
	moment   sessioncache.Moment
	horizon  time.Time // up to when all that has ended at any replica is known here
	clock    clock
	known    []string
	pending  pending
	waits    waits
	rates    rates
}

var _ sessioncache.Shared = (*Link)(nil)

// Bounds of what others wait for.
const (
	// budget is how long a call waits for the server.
	budget = 20 * time.Millisecond
	// keepBudget is how long it takes at most to keep a session, for which nobody waits.
	keepBudget = 100 * time.Millisecond
	// silence is how long a connection may bring nothing when there is something to come.
	silence = time.Second
	// believed is how long after the horizon what is kept may be believed.
	believed = 3 * time.Second
	// maxCommands are under way at a time; the connection's own queue takes more.
	maxCommands = 256
	// maxFailures are how many commands in a row may fail until a sync has succeeded.
	maxFailures = 3
)

var (
	errDown = errors.New("the link with other replicas is down")
	errSlow = errors.New("the server of the link with other replicas is slow")
	errBusy = errors.New("too many commands are under way")
)

// Connect makes a link. It does not wait for the server; Start begins to connect.
func Connect(o Options) (*Link, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	id := make([]byte, 8)
	_, _ = rand.Read(id) // never fails
	l := &Link{options: o, settings: o.settings(hex.EncodeToString(id)),
		endings: make(chan struct{}, 1), changed: make(chan struct{}, 1), closing: make(chan struct{}),
		joined: make(chan struct{}), done: make(chan struct{}), slots: make(chan struct{}, maxCommands),
		pending: newPending(), waits: waits{}}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	var err error
	l.metrics, err = newMetrics(l)
	return l, err
}

// Start begins to act as one with others. pacer is nil where there are no rates.
func (l *Link) Start(listener Listener, pacer Pacer) {
	l.once.start.Do(func() {
		l.listener, l.pacer = listener, pacer
		l.giveShare()
		go l.run()
	})
}

// Joined returns when this replica is one of all for the first time.
func (l *Link) Joined(ctx context.Context) error {
	select {
	case <-l.joined:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close tells what is not told yet, and leaves. It takes a second at most.
func (l *Link) Close() {
	l.once.start.Do(func() { close(l.done) })
	l.once.close.Do(func() { close(l.closing) })
	timer := time.AfterFunc(silence, l.cancel)
	defer timer.Stop()
	<-l.done
	l.cancel()
	l.rates.stop()
}

// Wake makes the link ask at once for another share of the rates.
func (l *Link) Wake() { signal(l.changed) }

// Moment implements sessioncache.Shared.
func (l *Link) Moment() sessioncache.Moment {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.moment
}

// UpToDate implements sessioncache.Shared.
func (l *Link) UpToDate(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	until := l.horizon.Add(believed)
	return now.Before(until) && now.Round(0).Before(until.Round(0)) // the machine may have slept
}

// signal makes sure that the reader of a channel looks once more.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// clock converts between this process' clock and the server's, of which it is known what it
// was between two moments here. Both ways what is converted comes out older, never younger.
type clock struct {
	sent, received time.Time
	server         int64
}

// here is a time of the server's clock.
func (c *clock) here(server int64) time.Time {
	return c.sent.Add(time.Duration(server-c.server) * time.Microsecond)
}

// there is a time of this process' clock.
func (c *clock) there(at time.Time) int64 {
	return c.server + at.Sub(c.received).Microseconds() - 1 // which rounds towards zero
}
