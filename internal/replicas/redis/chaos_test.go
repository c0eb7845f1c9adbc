//go:build unix

package redis_test

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/replicas"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache"
	"github.com/wingspan-grpc/session-facade/test/redistest"
)

// TestLink_NeverBelievesWhatAnotherHasEnded is the test of that name in virtual time once more,
// with a server that is one.
func TestLink_NeverBelievesWhatAnotherHasEnded(t *testing.T) {
	t.Parallel()
	c := newChaos(t)
	for range 40 {
		c.step()
		for until := time.Now().Add(time.Duration(c.random.IntN(400)) * time.Millisecond); time.Now().Before(until); time.Sleep(5 * time.Millisecond) {
			c.look()
		}
	}
	c.must(c.at.Resume())
	for _, m := range c.members {
		m.way.heal()
	}
	eventually(t, "all are up to date, and no ending is lost", func() bool {
		c.look()
		return !slices.ContainsFunc(c.members, func(m *member) bool {
			return !m.link.UpToDate(time.Now()) || slices.ContainsFunc(c.endings, func(e ending) bool { return e.by != m && !m.heard.knows(&e) })
		})
	})
}

type chaos struct {
	t       *testing.T
	at      *redistest.Server
	random  *rand.Rand
	members []*member
	endings []ending
}

type member struct {
	way   *proxy
	link  *replicas.Link
	heard *listener
}

type ending struct {
	tag           sessioncache.Tag
	by            *member
	began, ending time.Time
}

func newChaos(t *testing.T) *chaos {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	t.Log("seed ", seed)
	c := &chaos{t: t, at: redistest.Start(t), random: rand.New(rand.NewPCG(seed, 0))}
	for range 3 {
		m := &member{way: newProxy(t, c.at.Addr)}
		o := options(server(t, "redis://"+m.way.Listen))
		o.Replicas = 3
		m.link, m.heard = joined(t, o)
		c.members = append(c.members, m)
	}
	return c
}

func (c *chaos) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *chaos) step() {
	c.t.Helper()
	m := c.members[c.random.IntN(3)]
	switch c.random.IntN(12) {
	case 0, 1, 2, 3:
		e := ending{tag: tag(strconv.Itoa(len(c.endings))), by: m, began: time.Now()}
		end(c.t, m.link, c.random.IntN(2) == 0, e.tag)
		e.ending = time.Now()
		c.endings = append(c.endings, e)
	case 4:
		m.way.heal()
		m.way.fail("timeout", "downstream", `"timeout":0`)
	case 5:
		m.way.heal()
		m.way.fail("timeout", "upstream", `"timeout":0`)
	case 6:
		m.way.heal()
		m.way.fail("latency", "downstream", `"latency":`+strconv.Itoa(c.random.IntN(30)))
	case 7:
		m.way.lead(c.at.Addr)
	case 8, 9:
		m.way.heal()
	case 10:
		c.must(c.at.Pause())
		for until := time.Now().Add(time.Duration(c.random.IntN(1500)) * time.Millisecond); time.Now().Before(until); time.Sleep(5 * time.Millisecond) {
			c.look()
		}
		c.must(c.at.Resume())
	case 11:
		if c.random.IntN(2) == 0 {
			command(c.t, c.at, "FLUSHALL")
		} else {
			c.must(c.at.Restart())
		}
	}
}

func (l *listener) knows(e *ending) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, ok := l.ended[e.tag]
	return ok || !l.renewal.Before(e.began)
}

// look shows that nobody believes what it has for more than 3 s after an ending that it was
// not told.
func (c *chaos) look() {
	c.t.Helper()
	for _, m := range c.members {
		now := time.Now()
		if !m.link.UpToDate(now) {
			continue
		}
		for i := range c.endings {
			if e := &c.endings[i]; e.by != m && now.Sub(e.ending) > believed && !m.heard.knows(e) {
				c.t.Fatalf("up to date %v after an ending that it was not told", now.Sub(e.ending))
			}
		}
	}
}
