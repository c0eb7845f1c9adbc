package redis

import (
	"bytes"
	"context"
	_ "embed" // the scripts
	"encoding/binary"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/redis/rueidis"

	"github.com/wingspan-grpc/session-facade/internal/replicas"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache"
)

//go:embed scripts/begin.lua
var beginLua string

//go:embed scripts/sync.lua
var syncLua string

//go:embed scripts/find.lua
var findLua string

//go:embed scripts/keep.lua
var keepLua string

//go:embed scripts/release.lua
var releaseLua string

// theScripts are the same for all servers.
var theScripts = newScripts(beginLua)

// scripts are what the server runs, each of which begins alike.
type scripts struct{ sync, find, keep, release *rueidis.Lua }

func newScripts(begin string) *scripts {
	return &scripts{
		sync: rueidis.NewLuaScript(begin + syncLua), find: rueidis.NewLuaScript(begin + findLua),
		keep: rueidis.NewLuaScript(begin + keepLua), release: rueidis.NewLuaScript(begin + releaseLua),
	}
}

var errReply = errors.New("a script's reply is not what it should be")

// reply reads a script's values one after the other.
type reply struct {
	values []rueidis.RedisMessage
	err    error
}

func next[T any](r *reply, read func(*rueidis.RedisMessage) (T, error)) (value T) {
	if len(r.values) == 0 {
		r.err = errReply
		return value
	}
	value, err := read(&r.values[0])
	r.values = r.values[1:]
	if err != nil {
		r.err = errReply
	}
	return value
}

func (r *reply) whole() int64    { return next(r, (*rueidis.RedisMessage).ToInt64) }
func (r *reply) text() string    { return next(r, (*rueidis.RedisMessage).ToString) }
func (r *reply) number() float64 { return next(r, (*rueidis.RedisMessage).AsFloat64) }

// keys are the names of what a script may look at.
func (c *conn) keys(of ...sessioncache.Tag) []string {
	keys := []string{c.settings.Prefix + "log", c.settings.Prefix + "replicas"}
	for _, key := range of {
		keys = append(keys, c.settings.Prefix+"s:"+string(key[:]), c.settings.Prefix+"c:"+string(key[:]))
	}
	return keys
}

// arguments are a script's.
type arguments []string

func (a *arguments) add(text ...string) { *a = append(*a, text...) }

func (a *arguments) whole(numbers ...int64) {
	for _, n := range numbers {
		a.add(strconv.FormatInt(n, 10))
	}
}

func (a *arguments) rates(r replicas.Rates) {
	for _, n := range []float64{r.Read, r.Write} {
		a.add(strconv.FormatFloat(n, 'g', -1, 64))
	}
}

func (a *arguments) flag(set bool) {
	text := "0"
	if set {
		text = "1"
	}
	a.add(text)
}

func joined(tags []sessioncache.Tag) string {
	var all strings.Builder
	for i := range tags {
		all.Write(tags[i][:])
	}
	return all.String()
}

func split(text string) (tags []sessioncache.Tag, ok bool) {
	for ; len(text) >= len(sessioncache.Tag{}); text = text[len(sessioncache.Tag{}):] {
		tags = append(tags, sessioncache.Tag([]byte(text[:len(sessioncache.Tag{})])))
	}
	return tags, text == ""
}

// Sync implements replicas.Conn.
func (c *conn) Sync(ctx context.Context, r *replicas.SyncRequest) (replicas.SyncReply, error) {
	var a arguments
	a.add(c.settings.ID)
	a.whole(c.settings.Epoch, int64(r.Generation), r.Since, r.Vouch, r.Sequence) //nolint:gosec // below 2^53
	a.flag(r.Reset)
	a.flag(r.Leave)
	a.whole(c.settings.Timeout.Microseconds(), c.settings.Retention.Microseconds(), int64(c.settings.Replicas))
	a.rates(c.settings.Total)
	a.rates(r.Want)
	kinds, tags := make([]byte, len(r.Endings)), make([]sessioncache.Tag, len(r.Endings))
	for i, e := range r.Endings {
		kinds[i], tags[i] = byte(e.Kind), e.Tag
	}
	a.add(strings.Join(r.Known, " "), string(kinds), joined(tags))
	a.whole(replicas.Forget.Microseconds(), replicas.RateLease.Microseconds(), replicas.MaxLog, replicas.MaxPage, replicas.MaxReplicas)
	a.rates(r.Holding)
	got, err := c.run(ctx, c.server.scripts.sync, c.keys(), a)
	if err != nil {
		return replicas.SyncReply{}, err
	}
	return got.sync()
}

func (r *reply) sync() (replicas.SyncReply, error) {
	s := replicas.SyncReply{Now: r.whole(), Generation: uint64(r.whole()), Clock: r.whole(), More: r.whole() == 1, Oldest: r.whole()} //nolint:gosec // above 0
	ended, ok := split(r.text())
	s.Ended, s.Replicas = ended, strings.Fields(r.text())
	s.Share = replicas.Rates{Read: r.number(), Write: r.number()}
	if !ok {
		return s, errReply
	}
	return s, r.err
}

// Find implements replicas.Conn.
func (c *conn) Find(ctx context.Context, r *replicas.FindRequest) (replicas.FindReply, error) {
	var a arguments
	a.add(c.settings.ID)
	a.whole(c.settings.Epoch, c.settings.Retention.Microseconds(), c.settings.Timeout.Microseconds(), replicas.ClaimLease.Microseconds())
	a.flag(r.Claim)
	a.whole(r.Ahead.Microseconds())
	a.add(joined(r.Of))
	got, err := c.run(ctx, c.server.scripts.find, c.keys(r.Key), a)
	if err != nil {
		return replicas.FindReply{}, err
	}
	found := replicas.FindReply{Now: got.whole(), Generation: uint64(got.whole()), Clock: got.whole(), Claimed: got.whole() == 1, //nolint:gosec // above 0
		Busy: time.Duration(got.whole()) * time.Microsecond}
	if text := got.text(); text != "" && got.err == nil {
		found.Session, got.err = readSession(text)
	}
	return found, got.err
}

// header is before what is stored of a session: its moment, its times, and how many tags
// there are.
type header struct {
	Generation, Clock, Sent, Fresh, Stale float64
	Tags                                  uint8
}

func readSession(text string) (*replicas.Stored, error) {
	var h header
	from := bytes.NewReader([]byte(text))
	if err := binary.Read(from, binary.BigEndian, &h); err != nil {
		return nil, errReply
	}
	s := &replicas.Stored{Tags: make([]sessioncache.Tag, h.Tags), Sent: int64(h.Sent), Fresh: int64(h.Fresh), Stale: int64(h.Stale)}
	if err := binary.Read(from, binary.BigEndian, s.Tags); err != nil {
		return nil, errReply
	}
	s.Sealed = []byte(text[len(text)-from.Len():])
	return s, nil
}

// Keep implements replicas.Conn.
func (c *conn) Keep(ctx context.Context, r *replicas.KeepRequest) (bool, error) {
	var a arguments
	a.add(c.settings.ID)
	a.whole(c.settings.Retention.Microseconds(), int64(r.Moment.Generation), r.Moment.Clock, r.Sent, r.Fresh, r.Stale) //nolint:gosec // below 2^53
	a.add(string(append([]byte{byte(len(r.Tags))}, joined(r.Tags)+string(r.Sealed)...)))                               //nolint:gosec // a few
	got, err := c.run(ctx, c.server.scripts.keep, c.keys(r.Key), a)
	if err != nil {
		return false, err
	}
	return got.whole() == 1, got.err
}

// Release implements replicas.Conn.
func (c *conn) Release(ctx context.Context, key sessioncache.Tag) error {
	_, err := c.run(ctx, c.server.scripts.release, c.keys(key), []string{c.settings.ID})
	return err
}
