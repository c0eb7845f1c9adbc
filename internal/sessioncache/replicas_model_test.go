package sessioncache

import (
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/wingspan-grpc/session-facade/internal/sessioncache/memory"
	"github.com/wingspan-grpc/session-facade/test/bubble"
)

// sharedServer is where replicas meet in the model test; see links_test.go, which is outside of
// this package since what it uses is.
type sharedServer interface {
	// Join makes a replica's link, which is Started with the replica's cache.
	Join(life, timeout time.Duration, replicas int) sharedLink
	Flush()
	Restart()
	Pause()
	Resume()
}

// sharedLink is a replica's link.
type sharedLink interface {
	Shared
	Begin(c *Cache)
	Close()
	Cut()
	Deafen()
	Heal()
	Drop()
	Delay(d time.Duration)
}

// newServer is set by links_test.go.
var newServer func() sharedServer

// replicaShards are run at once, as shards are.
const replicaShards = 32

// TestReplicas_AreLinearizable judges random histories of three replicas that share a server,
// while it is restarted, flushed and paused and their links are cut and delayed at random. What
// TestCache_IsLinearizable says holds for each replica by itself. What has ended or changed by a
// call through one of them is seen by each of the others
//
//   - some milliseconds after the response, where there is no trouble;
//   - 5 s after it whatever the trouble.
//
// What one was told, another may be told later: within those bounds, and within the TTL where it
// happened elsewhere.
func TestReplicas_AreLinearizable(t *testing.T) {
	t.Parallel()
	bubble.SkipRaced(t)
	all := t
	for shard := range replicaShards {
		t.Run(strconv.Itoa(shard), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) {
				if all.Failed() && !t.Failed() {
					return // one history is enough
				}
				drawReplicas(rt).check(t, rt)
			})
		})
	}
}

// trouble is what happens to the server or to a link, after a pause.
type trouble struct {
	pause time.Duration
	what  string
	at    int
}

func (t trouble) String() string { return fmt.Sprintf("%v: %s %d", t.pause, t.what, t.at) }

// drawReplicas draws a history of three replicas.
func drawReplicas(t *rapid.T) *scenario {
	s := drawScenario(t)
	s.replicas, s.entries = 3, 100
	for _, steps := range s.clients {
		for i := range steps {
			if rapid.IntRange(0, 4).Draw(t, "waits") == 4 {
				steps[i].pause = 7 * time.Second
			}
			steps[i].at = rapid.IntRange(0, s.replicas-1).Draw(t, "at")
		}
	}
	if rapid.IntRange(0, 2).Draw(t, "trouble") > 0 {
		s.troubles = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) trouble {
			return trouble{
				pause: rapid.SampledFrom([]time.Duration{0, time.Millisecond, 100 * time.Millisecond, 700 * time.Millisecond, 2 * time.Second, 8 * time.Second, 14 * time.Second}).Draw(t, "pause"),
				what:  rapid.SampledFrom([]string{"cut", "cut", "cut", "cut", "heal", "deafen", "delay", "slow", "drop", "flush", "restart", "pause", "resume"}).Draw(t, "what"),
				at:    rapid.IntRange(0, s.replicas-1).Draw(t, "at"),
			}
		}), 1, 8).Draw(t, "troubles")
	}
	return s
}

// told is within which time other replicas know what has ended at one.
func (h *journal) told() time.Duration {
	if len(h.troubles) > 0 {
		return memory.Alone
	}
	return 20 * time.Millisecond
}

// TestReplicas_AreSafeForConcurrentUse makes many calls at once, on the clock that there is: for
// the race detector, which cannot do virtual time. No replica tells of life after an end.
func TestReplicas_AreSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	u := newFakeUpstream()
	u.create("ada1", "ada", time.Hour)
	h := &journal{scenario: &scenario{ttl: time.Minute, entries: 20, replicas: 3}}
	links := h.connect(t, u)
	var workers sync.WaitGroup
	for worker := range 6 {
		workers.Go(func() {
			for i := range 30 {
				token := fmt.Sprint(worker, "-", i)
				u.create(token, "user-"+token, time.Hour)
				k := checkKey{token: token, credential: "ada1"}
				var askers sync.WaitGroup
				for _, c := range h.caches {
					askers.Go(func() {
						if a := ask(t.Context(), c, k); a.err != nil && a.said != expiredAnswer {
							t.Error(a.err)
						}
					})
				}
				if i%2 == 0 {
					askers.Wait()
				}
				at := h.caches[i%3]
				err := signOut(t.Context(), at, token)
				if a := ask(t.Context(), at, k); err != nil || a.said != expiredAnswer {
					t.Errorf("%v: %q by %s", err, a.said, a.exchange.Cache)
				}
				askers.Wait()
			}
		})
	}
	workers.Wait()
	links.close()
}

// links are those of a history's replicas.
type links struct {
	server sharedServer
	all    []sharedLink
}

// connect makes the caches of a history.
func (h *journal) connect(t *testing.T, u Upstream) *links {
	t.Helper()
	o := Options{TTL: h.ttl, Stale: h.stale, Entries: h.entries}
	if h.replicas == 0 {
		h.caches = []*Cache{newTestCache(t, u, o)}
		return &links{}
	}
	l := &links{server: newServer()}
	o.Secrets = [][]byte{oneSecret}
	for range h.replicas {
		link := l.server.Join(time.Duration((1+memory.Jitter)*float64(h.ttl))+h.stale, callTimeout, h.replicas)
		o.Shared = link
		c := newTestCache(t, u, o)
		link.Begin(c)
		l.all, h.caches = append(l.all, link), append(h.caches, c)
	}
	return l
}

// make makes trouble, and ends it.
func (l *links) make(troubles []trouble) {
	for _, one := range troubles {
		time.Sleep(one.pause)
		link := l.all[one.at]
		map[string]func(){
			"cut": link.Cut, "heal": link.Heal, "deafen": link.Deafen, "drop": link.Drop,
			"delay": func() { link.Delay(15 * time.Millisecond) }, "slow": func() { link.Delay(300 * time.Millisecond) },
			"flush": l.server.Flush, "restart": l.server.Restart, "pause": l.server.Pause, "resume": l.server.Resume,
		}[one.what]()
	}
	time.Sleep(time.Second)
	if len(troubles) > 0 {
		l.server.Resume()
	}
	for _, link := range l.all {
		link.Heal()
		link.Delay(0)
	}
}

// close ends the links.
func (l *links) close() {
	for _, link := range l.all {
		link.Close()
	}
}

// What links_test.go needs of this package's tests.
type (
	SharedServer = sharedServer
	SharedLink   = sharedLink
)

// SetServer sets where replicas meet.
func SetServer(with func() SharedServer) { newServer = with }
