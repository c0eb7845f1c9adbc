package replicas_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/replicas"
	"github.com/wingspan-grpc/session-facade/internal/replicas/replicastest"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache"
)

// demand is a pacer whose callers want so much.
type demand struct {
	mu          sync.Mutex
	want, share float64
}

func (d *demand) Demand() (read, write float64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.want, 0
}

func (d *demand) Share(read, write float64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.share = read
}

func (d *demand) wants(n float64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.want = n
}

func (d *demand) has() float64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.share
}

// world is three replicas and a server, of which all may fail.
type world struct {
	t       *testing.T
	random  *rand.Rand
	server  *replicastest.Memory
	members []*member
	endings []ending
	began   time.Time
	renewed time.Time
}

type member struct {
	way    *replicastest.Replica
	link   *replicas.Link
	heard  *dated
	demand *demand
	broken time.Time // zero: it is not
}

// dated notes when it was told what.
type dated struct {
	mu    sync.Mutex
	ended map[sessioncache.Tag]bool
	all   time.Time
}

func (d *dated) Ended(tags []sessioncache.Tag) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, t := range tags {
		d.ended[t] = true
	}
}

func (d *dated) EndedAll() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all = time.Now()
}

func (d *dated) knows(e *ending) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ended[e.tag] || !d.all.Before(e.began)
}

type ending struct {
	tag       sessioncache.Tag
	by        *member
	began, at time.Time
}

const total = 200

func newWorld(t *testing.T, seed uint64) *world {
	t.Helper()
	w := &world{t: t, began: time.Now(), random: rand.New(rand.NewPCG(seed, 0)), server: replicastest.New()}
	t.Cleanup(w.server.Resume)
	for range 3 {
		m := &member{way: w.server.Replica(), demand: &demand{}}
		w.members = append(w.members, m)
		w.join(m)
	}
	return w
}

func (w *world) join(m *member) {
	w.t.Helper()
	o := options(m.way)
	o.Replicas, o.Read = 3, total
	var err error
	if m.link, err = replicas.Connect(o); err != nil {
		w.t.Fatal(err)
	}
	m.heard = &dated{ended: map[sessioncache.Tag]bool{}, all: time.Now()}
	m.link.Start(m.heard, m.demand)
	w.t.Cleanup(m.link.Close)
	join(w.t, m.link)
}

// step does one thing.
func (w *world) step() {
	at := w.random.IntN(3)
	m := w.members[at]
	what := w.random.IntN(14)
	w.t.Logf("%v replica %d: %d", time.Since(w.began), at, what)
	switch what {
	case 0, 1, 2, 3:
		name, began := fmt.Sprint(len(w.endings)), time.Now()
		m.link.End(w.t.Context(), []sessioncache.Tag{tag(name)}, w.random.IntN(2) == 0)
		w.endings = append(w.endings, ending{tag(name), m, began, time.Now()})
	case 4:
		w.fail(m, m.way.Cut)
	case 5:
		w.fail(m, m.way.Deafen)
	case 6:
		m.way.Drop()
	case 7, 8:
		m.way.Heal()
		m.broken = time.Time{}
	case 9:
		m.way.Delay(time.Duration(w.random.IntN(40)) * time.Millisecond)
	case 10:
		m.demand.wants(float64(w.random.IntN(300)))
		m.link.Wake()
	case 11:
		if w.random.IntN(2) == 0 {
			w.server.Pause()
			w.run(w.random.IntN(300))
		}
		w.server.Resume()
	case 12:
		w.renewed = time.Now()
		if w.random.IntN(2) == 0 {
			w.server.Flush()
		} else {
			w.server.Restart()
		}
	case 13:
		if w.allWell() {
			m.link.Close()
			w.join(m)
		}
	}
}

func (w *world) fail(m *member, how func()) {
	if m.broken.IsZero() {
		m.broken = time.Now()
	}
	how()
}

func (w *world) allWell() bool {
	for _, m := range w.members {
		if !m.broken.IsZero() || !m.link.UpToDate(time.Now()) {
			return false
		}
	}
	return true
}

// run lets time pass, and looks.
func (w *world) run(steps int) {
	for range steps {
		time.Sleep(10 * time.Millisecond)
		for _, m := range w.members {
			// One that is silent for a minute is taken to have ended.
			if !m.broken.IsZero() && time.Since(m.broken) > 40*time.Second {
				m.way.Heal()
				m.broken = time.Time{}
			}
		}
		w.look()
	}
}

// look shows that nobody believes what it has for more than 3 s after an ending that it was
// not told, and that all together make no more calls than they may.
func (w *world) look() {
	w.t.Helper()
	now, sum := time.Now(), 0.0
	for _, m := range w.members {
		sum += m.demand.has()
		if !m.link.UpToDate(now) {
			continue
		}
		for i := range w.endings {
			if e := &w.endings[i]; e.by != m && now.Sub(e.at) > 3*time.Second && !m.heard.knows(e) {
				w.t.Logf("replica %d, ending %d by %d at %v, all new at %v", slices.Index(w.members, m), i, slices.Index(w.members, e.by), e.at.Sub(w.began), m.heard.all.Sub(w.began))
				w.t.Fatalf("up to date %v after an ending that it was not told", now.Sub(e.at))
			}
		}
	}
	if most := total * 1.0001; sum > most && now.Sub(w.renewed) > 2*time.Second {
		w.t.Fatalf("all make %v calls a second, want at most %v", sum, most)
	}
}

func TestLink_NeverBelievesWhatAnotherHasEnded(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), inBubble(func(t *testing.T) {
			w := newWorld(t, seed)
			for range 150 {
				w.step()
				w.run(w.random.IntN(60))
			}
			w.server.Resume()
			for _, m := range w.members {
				m.way.Heal()
				m.way.Delay(0)
				m.demand.wants(1000)
				m.broken = time.Time{}
			}
			w.run(7000) // nobody is waited for that is there no more
			if !w.allWell() {
				t.Error("not well again")
			}
			for _, m := range w.members {
				for i := range w.endings {
					if e := &w.endings[i]; e.by != m && !m.heard.knows(e) {
						t.Error("an ending was lost")
					}
				}
				if share := m.demand.has(); share < total/3.01 {
					t.Errorf("a share of %v, want a third of %v", share, total)
				}
				m.link.Close()
			}
		}))
	}
}
