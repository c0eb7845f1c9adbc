//go:build unix

package redis_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/replicas"
	"github.com/wingspan-grpc/session-facade/test/redistest"
)

// rig is two replicas, of which one meets the other through a proxy.
type rig struct {
	t              *testing.T
	at             *redistest.Server
	proxy          *proxy
	a, b           *replicas.Link
	heardA, heardB *listener
}

func newRig(t *testing.T, args ...string) *rig {
	t.Helper()
	r := &rig{t: t, at: redistest.Start(t, args...)}
	r.proxy = newProxy(t, r.at.Addr)
	r.a, r.heardA = joined(t, options(server(t, "redis://"+r.proxy.Listen)))
	r.b, r.heardB = joined(t, options(server(t, "redis://"+r.at.Addr)))
	eventually(t, "both are up to date", func() bool { return isUpToDate(r.a)() && isUpToDate(r.b)() })
	return r
}

func (r *rig) do(args ...string) { r.t.Helper(); command(r.t, r.at, args...) }

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// believed is how long after something has ended elsewhere, at most, what is kept is
// believed by who was not told.
const believed = 3 * time.Second

// endAndWatch ends something at one replica, and fails if the other is up to date beyond the
// bound without knowing it. It returns when the other knows, or is not up to date.
func (r *rig) endAndWatch(name string) {
	r.t.Helper()
	ended := tag(name)
	end(r.t, r.a, true, ended)
	since := time.Now()
	eventually(r.t, "the other knows, or knows that it does not", func() bool {
		now := time.Now()
		believes := r.b.UpToDate(now) && now.Sub(since) > believed
		knows := r.heardB.has(ended) || r.heardB.renewed()
		if believes && !knows {
			r.t.Fatalf("%v after an ending that it was not told, a replica believes what it has", now.Sub(since))
		}
		return knows || !r.b.UpToDate(now)
	})
}

// isWell shows that all is as it should be, and that nothing was lost.
func (r *rig) isWell(ended ...string) {
	r.t.Helper()
	eventually(r.t, "both are up to date", func() bool { return isUpToDate(r.a)() && isUpToDate(r.b)() })
	for _, name := range ended {
		eventually(r.t, "the other knows of "+name, func() bool { return r.heardB.has(tag(name)) || r.heardB.renewed() })
	}
	s := session("after " + r.t.Name())
	eventually(r.t, "what one keeps, the other finds", func() bool {
		if f, err := r.a.Find(r.t.Context(), s.Key, s.Tags[:1], true); err == nil && f.Session == nil {
			_, _ = r.a.Keep(r.t.Context(), f.Moment, s)
		}
		f, err := r.b.Find(r.t.Context(), s.Key, s.Tags[:1], false)
		return err == nil && f.Session != nil && string(f.Session.Sealed) == string(s.Sealed)
	})
	end(r.t, r.b, false, s.Tags[0])
	eventually(r.t, "what ends at the other, one hears of", func() bool { return r.heardA.has(s.Tags[0]) })
}

// busy calls all that a call would, while there is a fault: no call may wait for long.
func (r *rig) busy(name string) {
	r.t.Helper()
	s := session(name)
	for range 5 {
		for _, l := range []*replicas.Link{r.a, r.b} {
			within(r.t, "Find", slow, func() { _, _ = l.Find(r.t.Context(), s.Key, s.Tags, true) })
			within(r.t, "Keep", slow, func() { _, _ = l.Keep(r.t.Context(), l.Moment(), s) })
			within(r.t, "Release", slow, func() { l.Release(s.Key) })
		}
	}
}

func TestLink_IsWellAgainAfter(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name       string
		args       []string
		fail, heal func(*rig)
	}{
		{name: "15 ms", fail: func(r *rig) { r.proxy.fail("latency", "downstream", `"latency":15`) }},
		{name: "50 ms", fail: func(r *rig) { r.proxy.fail("latency", "downstream", `"latency":50`) }},
		{name: "2 s", fail: func(r *rig) { r.proxy.fail("latency", "downstream", `"latency":2000`) }},
		{name: "no replies", fail: func(r *rig) { r.proxy.fail("timeout", "downstream", `"timeout":0`) }},
		{name: "no requests", fail: func(r *rig) { r.proxy.fail("timeout", "upstream", `"timeout":0`) }},
		{name: "resets", fail: func(r *rig) { r.proxy.fail("reset_peer", "downstream", `"timeout":0`) }},
		{name: "resets after a while", fail: func(r *rig) { r.proxy.fail("reset_peer", "upstream", `"timeout":300`) }},
		{name: "a narrow way", fail: func(r *rig) { r.proxy.fail("bandwidth", "upstream", `"rate":1`) }},
		{name: "no connections", fail: func(r *rig) { r.proxy.Stop() }, heal: func(r *rig) { r.must(r.proxy.Start()) }},
		{name: "a pause", fail: func(r *rig) { r.must(r.at.Pause()) }, heal: func(r *rig) { r.must(r.at.Resume()) }},
		{name: "a kill", fail: func(r *rig) { r.at.Kill() }, heal: func(r *rig) { r.must(r.at.Restart()) }},
		{name: "a restart with what it had", args: []string{"--appendonly", "yes", "--appendfsync", "always"},
			fail: func(r *rig) { r.must(r.at.Restart()) }},
		{name: "a flush", fail: func(r *rig) { r.do("FLUSHALL") }},
		{name: "forgotten scripts", fail: func(r *rig) { r.do("SCRIPT", "FLUSH") }},
		{name: "ended connections", fail: func(r *rig) { r.do("CLIENT", "KILL", "TYPE", "normal") }},
		{name: "one key that is lost", fail: func(r *rig) { r.do("DEL", "{test}:log") }},
		{name: "the other key that is lost", fail: func(r *rig) { r.do("DEL", "{test}:replicas") }},
		{name: "a key of another kind", fail: func(r *rig) { r.do("SET", "{test}:log", "x") }, heal: func(r *rig) { r.do("DEL", "{test}:log") }},
		{name: "no memory", fail: func(r *rig) { r.do("CONFIG", "SET", "maxmemory", "1") }, heal: func(r *rig) { r.do("CONFIG", "SET", "maxmemory", "0") }},
		{name: "eviction", args: []string{"--maxmemory-policy", "allkeys-lru"}, fail: func(r *rig) { r.do("CONFIG", "SET", "maxmemory", "1") },
			heal: func(r *rig) { r.do("CONFIG", "SET", "maxmemory", "0") }},
		{name: "no rights", fail: func(r *rig) { r.do("ACL", "SETUSER", "default", "-info") }, heal: func(r *rig) { r.do("ACL", "SETUSER", "default", "+info") }},
		{name: "a copy that cannot be written", fail: func(r *rig) { r.do("REPLICAOF", "127.0.0.1", "1") }, heal: func(r *rig) { r.do("REPLICAOF", "NO", "ONE") }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, test.args...)
			end(t, r.a, true, tag("before"))
			test.fail(r)
			r.endAndWatch("during")
			r.busy("during")
			end(t, r.a, false, tag("after"))
			if test.heal != nil {
				test.heal(r)
			} else {
				r.proxy.heal()
			}
			r.isWell("before", "during", "after")
		})
	}
}

func TestLink_FindsNothingOfAnOldDump(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := session("old")
	if !keep(t, r.a, find(t, r.a, s, true).Moment, s) {
		t.Fatal("not kept")
	}
	r.do("SAVE")
	end(t, r.a, false, s.Tags[0]) // of which the dump knows nothing
	eventually(t, "the other is told", func() bool { return r.heardB.has(s.Tags[0]) })
	r.must(r.at.Restart())
	if r.at == nil || !strings.Contains(command(t, r.at, "KEYS", "*"), "{test}:s:") {
		t.Fatal("the dump does not have the session")
	}
	eventually(t, "all is new", func() bool { return r.heardA.renewed() && r.heardB.renewed() })
	r.isWell()
	if find(t, r.a, s, false).Session != nil || find(t, r.b, s, false).Session != nil {
		t.Error("a session that has ended was found")
	}
}

func TestLink_FailsOverToACopy(t *testing.T) {
	t.Parallel()
	first := redistest.Start(t)
	second := redistest.Start(t)
	way := newProxy(t, first.Addr)
	host, port, _ := strings.Cut(first.Addr, ":")
	command(t, second, "REPLICAOF", host, port)
	r := &rig{t: t, at: first, proxy: way}
	r.a, r.heardA = joined(t, options(server(t, "redis://"+way.Listen)))
	r.b, r.heardB = joined(t, options(server(t, "redis://"+way.Listen)))
	s := session("old")
	if !keep(t, r.a, find(t, r.a, s, true).Moment, s) {
		t.Fatal("not kept")
	}
	eventually(t, "the copy has it", func() bool { return strings.Contains(command(t, second, "KEYS", "*"), "{test}:s:") })
	end(t, r.a, false, s.Tags[0]) // the copy may not have that
	first.Kill()
	command(t, second, "REPLICAOF", "NO", "ONE")
	way.lead(second.Addr)
	eventually(t, "all is new", func() bool { return r.heardA.renewed() && r.heardB.renewed() })
	r.isWell()
	if find(t, r.a, s, false).Session != nil || find(t, r.b, s, false).Session != nil {
		t.Error("a session that has ended was found")
	}
}

func TestLink_StartsBeforeTheServer(t *testing.T) {
	t.Parallel()
	at := redistest.Start(t)
	at.Kill()
	var a *replicas.Link
	var heard *listener
	within(t, "Connect", slow, func() { a, heard = start(t, options(server(t, "redis://"+at.Addr))) })
	end(t, a, false, tag("early"))
	if _, err := a.Find(t.Context(), tag("x"), nil, true); err == nil {
		t.Error("something was found where there is no server")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if a.Joined(ctx) == nil || a.UpToDate(time.Now()) {
		t.Error("it has joined nobody")
	}
	if err := at.Restart(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is up to date", isUpToDate(a))
	_ = heard
}

func TestLink_IsNotHeldUpBySilence(t *testing.T) {
	t.Parallel()
	a, _ := start(t, options(server(t, "redis://"+silent(t))))
	for i := range 50 {
		end(t, a, true, tag(strconv.Itoa(i)))
		within(t, "Find", slow, func() { _, _ = a.Find(t.Context(), tag("x"), nil, true) })
	}
	within(t, "Close", 2*time.Second, a.Close)
}

// TestLink_BoundsWhatIsUnderWay shows that nobody waits while a server does nothing, however
// many ask.
func TestLink_BoundsWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.must(r.at.Pause())
	done := make(chan time.Duration, 5000)
	for i := range cap(done) {
		go func() {
			began := time.Now()
			_, _ = r.b.Find(t.Context(), tag(strconv.Itoa(i)), nil, true)
			r.b.Release(tag(strconv.Itoa(i)))
			done <- time.Since(began)
		}()
	}
	for range cap(done) {
		if took := <-done; took > 2*time.Second {
			t.Errorf("a call waited %v", took)
		}
	}
	r.must(r.at.Resume())
	r.isWell()
}

func TestLink_IsNotDrownedInNews(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx, cancel := context.WithCancel(t.Context())
	flooded := make(chan struct{})
	go func() {
		defer close(flooded)
		for i := 0; ctx.Err() == nil; i++ {
			// The log's prefix, and a claim's that nobody waits for.
			_, _ = r.at.Command(ctx, "EVAL", "for i = 1, 20000 do redis.call('SET', '{test}:log' .. i, i) redis.call('SET', '{test}:c:' .. i, i) end", "0")
		}
	}()
	eventually(t, "endings are told all the same", func() bool {
		end(t, r.a, false, tag("during"))
		return r.heardB.has(tag("during"))
	})
	cancel()
	<-flooded
	r.isWell("during")
}

func TestLink_LogsWhyItIsDown(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, user, want string }{
		{"a wrong password", "default:wrong-secret", "WRONGPASS"},
		{"no password", "", "NOAUTH"},
		{"no rights", "other:other-secret", "NOPERM"},
		{"no right to INFO", "third:third-secret", "INFO"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			at := redistest.Start(t, "--requirepass", "right-secret",
				"--user", "other", "on", ">other-secret", "~*", "&*", "-@all", "+hello",
				"--user", "third", "on", ">third-secret", "~*", "&*", "+@all", "-info")
			log := &lines{}
			o := options(server(t, "redis://"+test.user+"@"+at.Addr))
			o.Logger = log.logger()
			a, _ := start(t, o)
			eventually(t, "a line", func() bool { return strings.Contains(log.text(), test.want) })
			if a.UpToDate(time.Now()) {
				t.Error("it is up to date")
			}
			within(t, "Close", 2*time.Second, a.Close)
			if strings.Contains(log.text(), "secret") {
				t.Errorf("the log has a password: %s", log.text())
			}
			if n := strings.Count(log.text(), "\n"); n != 1 {
				t.Errorf("%d lines, want one:\n%s", n, log.text())
			}
		})
	}
}

// rights are what a user of the server needs.
const rights = "-@all +hello +ping +select +client|tracking +client|setname +eval +evalsha +info +time " +
	"+get +set +del +getrange +zadd +zrem +zscore +zcard +zcount +zrangebyscore +zremrangebyrank " +
	"+hget +hset +hmget +hgetall +hdel +pexpire +pttl"

func TestLink_NeedsFewRights(t *testing.T) {
	t.Parallel()
	at := redistest.Start(t, append([]string{"--requirepass", "right-secret", "--user", "facade", "on", ">few-secret", "~{test}:*"}, strings.Fields(rights)...)...)
	url := "redis://facade:few-secret@" + at.Addr
	r := &rig{t: t, at: at}
	r.a, r.heardA = joined(t, options(server(t, url)))
	r.b, r.heardB = joined(t, options(server(t, url)))
	end(t, r.a, true, tag("begun"))
	end(t, r.a, false, tag("begun"))
	r.a.Release(tag("begun"))
	r.isWell("begun")
}
