// Package replicastest has a server for replicas in the memory of one process: a model of
// what the scripts do, for tests in virtual time.
package replicastest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/replicas"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache"
)

// Memory is a server. It is safe for concurrent use.
type Memory struct {
	mu      sync.Mutex
	data    data
	run     uint64 // of the server's process
	now     func() int64
	paused  chan struct{} // nil: it runs
	conns   map[*conn]struct{}
	refuses error
}

// New makes an empty server, whose clock is this process'.
func New() *Memory {
	return &Memory{data: newData(), run: 1, conns: map[*conn]struct{}{},
		now: func() int64 { return time.Now().UnixMicro() }}
}

// SetClock sets the server's clock, in microseconds since 1970.
func (m *Memory) SetClock(now func() int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = now
}

// Flush deletes all.
func (m *Memory) Flush() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.data = newData()
}

// Restart ends all connections. The process after it has the data that was, of another
// process.
func (m *Memory) Restart() {
	m.mu.Lock()
	m.run++
	lost := m.takeConns()
	m.mu.Unlock()
	for _, c := range lost {
		c.end(true)
	}
}

func (m *Memory) takeConns() (all []*conn) {
	for c := range m.conns {
		all = append(all, c)
	}
	clear(m.conns)
	return all
}

// Refuse makes all commands fail, until it is nil.
func (m *Memory) Refuse(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refuses = err
}

// Pause stops the server: commands wait, and are done when it goes on, whoever waits for
// them still.
func (m *Memory) Pause() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.paused == nil {
		m.paused = make(chan struct{})
	}
}

// Resume lets it go on.
func (m *Memory) Resume() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.paused != nil {
		close(m.paused)
		m.paused = nil
	}
}

// Replica is one replica's way to the server.
type Replica struct {
	memory *Memory
	mu     sync.Mutex
	delay  time.Duration
	cut    bool
	deaf   bool
}

// Replica makes a way to the server.
func (m *Memory) Replica() *Replica { return &Replica{memory: m} }

// Delay makes each command, and what the server tells unasked, take longer.
func (r *Replica) Delay(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.delay = d
}

// Cut loses all that is sent either way, until Heal.
func (r *Replica) Cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cut = true
}

// Deafen loses what the server sends: commands are done, and nobody hears of it.
func (r *Replica) Deafen() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.deaf = true
}

// Heal ends what Cut and Deafen began. What was lost stays so.
func (r *Replica) Heal() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cut, r.deaf = false, false
}

// Drop ends the replica's connections.
func (r *Replica) Drop() {
	m := r.memory
	m.mu.Lock()
	var lost []*conn
	for c := range m.conns {
		if c.way == r {
			lost = append(lost, c)
			delete(m.conns, c)
		}
	}
	m.mu.Unlock()
	for _, c := range lost {
		c.end(true)
	}
}

func (r *Replica) state() (delay time.Duration, cut, deaf bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.delay, r.cut, r.deaf
}

// String implements replicas.Server.
func (*Replica) String() string { return "memory" }

// Connect implements replicas.Server.
func (r *Replica) Connect(ctx context.Context, s *replicas.Settings, on replicas.Events) (replicas.Conn, error) {
	c := &conn{way: r, settings: *s, on: on, closed: make(chan struct{})}
	_, err := perform(ctx, c, func(*data, int64) (struct{}, []sessioncache.Tag, bool) {
		r.memory.conns[c] = struct{}{} // under the server's lock
		return struct{}{}, nil, false
	})
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// conn implements replicas.Conn.
type conn struct {
	way      *Replica
	settings replicas.Settings
	on       replicas.Events
	once     sync.Once
	closed   chan struct{}
}

var errClosed = errors.New("the connection is closed")

func (c *conn) end(tell bool) {
	c.once.Do(func() { close(c.closed) })
	if tell {
		c.on.Changed()
	}
}

// Close implements replicas.Conn.
func (c *conn) Close() {
	m := c.way.memory
	m.mu.Lock()
	delete(m.conns, c)
	m.mu.Unlock()
	c.end(false)
}

// perform does a step at the server, after the way there, and comes back. The step tells
// which claims have changed, and whether the log has.
func perform[R any](ctx context.Context, c *conn, step func(*data, int64) (R, []sessioncache.Tag, bool)) (reply R, err error) {
	delay, cut, _ := c.way.state()
	if cut || !c.sleep(ctx, delay/2) {
		return reply, c.hang(ctx)
	}
	type result struct {
		reply R
		err   error
	}
	results := make(chan result, 1)
	go func() {
		got, err := atServer(c, step)
		results <- result{got, err}
	}()
	select {
	case got := <-results:
		reply, err = got.reply, got.err
	case <-ctx.Done():
		return reply, ctx.Err()
	case <-c.closed:
		return reply, errClosed
	}
	if _, cut, deaf := c.way.state(); cut || deaf || !c.sleep(ctx, delay-delay/2) {
		var none R
		return none, c.hang(ctx)
	}
	return reply, err
}

func (c *conn) sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
	case <-c.closed:
	}
	return false
}

// hang waits for what does not come.
func (c *conn) hang(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-c.closed:
		return errClosed
	}
}

func atServer[R any](c *conn, step func(*data, int64) (R, []sessioncache.Tag, bool)) (R, error) {
	m := c.way.memory
	m.mu.Lock()
	for m.paused != nil {
		paused := m.paused
		m.mu.Unlock()
		<-paused
		m.mu.Lock()
	}
	defer m.mu.Unlock()
	if m.refuses != nil {
		var none R
		return none, m.refuses
	}
	reply, claims, log := step(&m.data, m.now())
	for other := range m.conns {
		go other.tell(claims, log)
	}
	return reply, nil
}

// tell tells a replica what has changed, by whomever.
func (c *conn) tell(claims []sessioncache.Tag, log bool) {
	delay, cut, deaf := c.way.state()
	if len(claims) == 0 && !log || cut || deaf || !c.sleep(context.Background(), delay/2) {
		return
	}
	for _, key := range claims {
		c.on.Released(key)
	}
	if log {
		c.on.Changed()
	}
}

// Sync implements replicas.Conn.
func (c *conn) Sync(ctx context.Context, r *replicas.SyncRequest) (replicas.SyncReply, error) {
	return perform(ctx, c, func(d *data, now int64) (replicas.SyncReply, []sessioncache.Tag, bool) {
		reply, log := d.sync(now, c.way.memory.run, &c.settings, r)
		return reply, nil, log
	})
}

// Find implements replicas.Conn.
func (c *conn) Find(ctx context.Context, r *replicas.FindRequest) (replicas.FindReply, error) {
	return perform(ctx, c, func(d *data, now int64) (replicas.FindReply, []sessioncache.Tag, bool) {
		reply := d.find(now, c.way.memory.run, &c.settings, r)
		if reply.Claimed {
			return reply, []sessioncache.Tag{r.Key}, false
		}
		return reply, nil, false
	})
}

// Keep implements replicas.Conn.
func (c *conn) Keep(ctx context.Context, r *replicas.KeepRequest) (bool, error) {
	return perform(ctx, c, func(d *data, now int64) (bool, []sessioncache.Tag, bool) {
		kept := d.keep(now, c.way.memory.run, &c.settings, r)
		return kept, []sessioncache.Tag{r.Key}, false
	})
}

// Release implements replicas.Conn.
func (c *conn) Release(ctx context.Context, key sessioncache.Tag) error {
	_, err := perform(ctx, c, func(d *data, _ int64) (struct{}, []sessioncache.Tag, bool) {
		d.release(&c.settings, key)
		return struct{}{}, []sessioncache.Tag{key}, false
	})
	return err
}
