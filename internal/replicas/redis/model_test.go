//go:build unix

package redis_test

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/redis/rueidis"
	"pgregory.net/rapid"

	"github.com/wingspan-grpc/session-facade/internal/replicas"
	"github.com/wingspan-grpc/session-facade/internal/replicas/redis"
	"github.com/wingspan-grpc/session-facade/internal/replicas/replicastest"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache"
	"github.com/wingspan-grpc/session-facade/test/redistest"
)

// both are the same replicas at the scripts' server and at its model, in the same time.
type both struct {
	t      *rapid.T
	raw    rueidis.Client
	server *redis.Server
	model  *replicastest.Memory
	now    int64
	run    int64
	at     []*at
	sealed int
	// What replies brought, to be told again.
	generations []uint64
	clocks      []int64
}

// at is one replica.
type at struct {
	settings    replicas.Settings
	way         *replicastest.Replica
	real, model replicas.Conn
	generation  uint64
	since       int64
	sequence    int64
}

const prefix = "{model}:"

func (b *both) do(args ...string) {
	if err := b.raw.Do(context.Background(), b.raw.B().Arbitrary(args...).Build()).Error(); err != nil {
		b.t.Fatal(err)
	}
}

func (b *both) tick(d int64) {
	b.now += d
	b.do("SET", prefix+"log:now", strconv.FormatInt(b.now, 10))
}

// process makes another process of the server.
func (b *both) process() {
	b.run++
	b.do("SET", prefix+"log:run", fmt.Sprintf("%02xabcdef", b.run&0xff))
	for _, a := range b.at {
		a.connect(b)
	}
}

func (a *at) connect(b *both) {
	a.close()
	a.settings.Epoch++
	none := replicas.Events{Changed: func() {}, Released: func(sessioncache.Tag) {}}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var err1, err2 error
	a.real, err1 = b.server.Connect(ctx, &a.settings, none)
	a.model, err2 = a.way.Connect(ctx, &a.settings, none)
	if err1 != nil || err2 != nil {
		b.t.Fatal(err1, err2)
	}
}

func (a *at) close() {
	if a.real != nil {
		a.real.Close()
		a.model.Close()
	}
}

var names = []string{"a", "b", "c", "d"}

func (b *both) tags(label string, least int) []sessioncache.Tag {
	picked := rapid.SliceOfN(rapid.SampledFrom(names), least, 3).Draw(b.t, label)
	tags := make([]sessioncache.Tag, len(picked))
	for i, name := range picked {
		tags[i] = tag(name)
	}
	return tags
}

func (b *both) replica() *at { return rapid.SampledFrom(b.at).Draw(b.t, "replica") }

func one[R any](b *both, what string, got R, err error, want R, err2 error) {
	if err != nil || err2 != nil {
		b.t.Fatalf("%s: %v, %v", what, err, err2)
	}
	if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
		b.t.Fatalf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

func (b *both) sync(*rapid.T) {
	a := b.replica()
	r := &replicas.SyncRequest{Generation: a.generation, Since: a.since}
	if rapid.IntRange(0, 9).Draw(b.t, "odd") == 0 {
		r.Generation = rapid.SampledFrom(append(b.generations, 0)).Draw(b.t, "generation")
		r.Since = rapid.SampledFrom(append(b.clocks, 0)).Draw(b.t, "since")
	}
	if rapid.IntRange(0, 9).Draw(b.t, "looks") > 0 {
		r.Vouch = b.now - rapid.Int64Range(-1000, 1_500_000).Draw(b.t, "vouched ago")
		r.Want = replicas.Rates{Read: rapid.Float64Range(0, 300).Draw(b.t, "read"), Write: float64(rapid.IntRange(0, 50).Draw(b.t, "write"))}
		r.Holding.Read = rapid.Float64Range(0, 300).Draw(b.t, "holding")
		r.Sequence = a.sequence + int64(rapid.IntRange(0, 1).Draw(b.t, "told anew"))
		a.sequence = r.Sequence
		for _, t := range b.tags("endings", 0) {
			r.Endings = append(r.Endings, replicas.Ending{Tag: t, Kind: rapid.SampledFrom([]replicas.Kind{replicas.HasEnded, replicas.Begins, replicas.IsOver}).Draw(b.t, "kind")})
		}
		r.Reset = rapid.IntRange(0, 30).Draw(b.t, "reset") == 0
		r.Leave = rapid.IntRange(0, 20).Draw(b.t, "leave") == 0
		for _, other := range b.at {
			if other != a && rapid.Bool().Draw(b.t, "knows") {
				r.Known = append(r.Known, other.settings.ID)
			}
		}
	}
	got, err := a.real.Sync(context.Background(), r)
	want, err2 := a.model.Sync(context.Background(), r)
	if math.Abs(got.Share.Read-want.Share.Read) < 1e-6 && math.Abs(got.Share.Write-want.Share.Write) < 1e-6 {
		got.Share = want.Share // they are added up in another order
	}
	one(b, "sync", got, err, want, err2)
	a.generation, a.since = got.Generation, got.Clock
	b.remember(got.Generation, got.Clock)
}

func (b *both) remember(generation uint64, clock int64) {
	b.generations, b.clocks = append(b.generations, generation), append(b.clocks, clock)
}

func (b *both) find(*rapid.T) {
	a := b.replica()
	r := &replicas.FindRequest{Key: tag(rapid.SampledFrom(names).Draw(b.t, "key")), Of: b.tags("of", 0), Claim: rapid.Bool().Draw(b.t, "claim"),
		Ahead: rapid.SampledFrom([]time.Duration{0, time.Second, time.Hour}).Draw(b.t, "ahead")}
	got, err := a.real.Find(context.Background(), r)
	want, err2 := a.model.Find(context.Background(), r)
	if got.Session != nil && want.Session != nil {
		one(b, "found", *got.Session, nil, *want.Session, nil)
		got.Session = want.Session
	}
	one(b, "find", got, err, want, err2)
	if got.Generation != 0 {
		b.remember(got.Generation, got.Clock)
	}
}

func (b *both) keep(*rapid.T) {
	a := b.replica()
	i := len(b.generations) - 1 - rapid.IntRange(0, min(5, len(b.generations)-1)).Draw(b.t, "moment, ago")
	sent := b.now - rapid.Int64Range(0, 5_000_000).Draw(b.t, "sent ago")
	life := rapid.Int64Range(0, 60_000_000).Draw(b.t, "life")
	b.sealed++
	r := &replicas.KeepRequest{Moment: sessioncache.Moment{Generation: b.generations[i], Clock: b.clocks[i]},
		Key: tag(rapid.SampledFrom(names).Draw(b.t, "key")), Stored: replicas.Stored{Tags: b.tags("tags", 1),
			Sealed: fmt.Appendf(nil, "\x00%d\xff", b.sealed), Sent: sent, Fresh: sent + life/2, Stale: sent + life}}
	got, err := a.real.Keep(context.Background(), r)
	want, err2 := a.model.Keep(context.Background(), r)
	one(b, "keep", got, err, want, err2)
}

func (b *both) release(*rapid.T) {
	a, key := b.replica(), tag(rapid.SampledFrom(names).Draw(b.t, "key"))
	one(b, "release", 0, a.real.Release(context.Background(), key), 0, a.model.Release(context.Background(), key))
}

func (b *both) later(*rapid.T) {
	b.tick(rapid.SampledFrom([]int64{1, 999, 20_000, 500_000, 1_100_000, 2_100_000, 5_000_000, 11_000_000, 61_000_000, -500_000, -3_000_000}).Draw(b.t, "later"))
}

// rarely makes what starts all anew rare enough for something to happen between.
func (b *both) rarely(*rapid.T) {
	switch rapid.IntRange(0, 9).Draw(b.t, "rare") {
	case 0:
		b.do("FLUSHALL")
		b.model.Flush()
		b.tick(0)
		b.do("SET", prefix+"log:run", fmt.Sprintf("%02xabcdef", b.run&0xff))
	case 1:
		b.model.Restart()
		b.process()
	case 2:
		b.replica().connect(b)
	case 3:
		b.do("SCRIPT", "FLUSH")
	}
}

// TestScripts_DoWhatTheModelDoes shows that tests against the model are tests of the scripts.
func TestScripts_DoWhatTheModelDoes(t *testing.T) {
	t.Parallel()
	process := redistest.Start(t)
	raw, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{process.Addr}, ForceSingleClient: true, DisableCache: true})
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	at0 := server(t, "redis://"+process.Addr).WithClock()
	rapid.Check(t, func(t *rapid.T) {
		// Ahead of the real time, by which the server forgets: it must not do that too early.
		b := &both{t: t, raw: raw, server: at0, now: time.Now().Add(time.Hour).UnixMicro(), run: rapid.Int64Range(0, 255).Draw(t, "run")}
		b.model = replicastest.New()
		b.model.SetClock(func() int64 { return b.now })
		b.do("FLUSHALL")
		expected := rapid.IntRange(1, 4).Draw(t, "expected")
		for i := range 3 {
			b.at = append(b.at, &at{way: b.model.Replica(), settings: replicas.Settings{Prefix: prefix, ID: fmt.Sprintf("replica%d", i),
				Timeout: 10 * time.Second, Retention: 80 * time.Second, Replicas: expected, Total: replicas.Rates{Read: 200, Write: 0}}})
		}
		b.tick(0)
		b.model.Restart() // so that both have the same number of processes behind them
		b.run = 1
		b.process()
		defer func() {
			for _, a := range b.at {
				a.close()
			}
		}()
		b.sync(t)
		t.Repeat(map[string]func(*rapid.T){"sync": b.sync, "sync again": b.sync, "find": b.find, "find again": b.find, "keep": b.keep,
			"release": b.release, "later": b.later, "rarely": b.rarely})
	})
}
