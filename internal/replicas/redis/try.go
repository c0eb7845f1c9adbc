package redis

import (
	"context"
	"strings"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/replicas"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache"
)

// Facts are what a server says of itself.
type Facts struct {
	// Version is its name and version.
	Version string
	// Eviction is what it does when its memory is full.
	Eviction string
	// Clock is what its clock says.
	Clock time.Time
	// Pushes tells that it told one connection of what another had changed.
	Pushes bool
}

// tryTime is how long what is tried leaves something at the server.
const tryTime = time.Second

// Try does once what a link does, with two connections and keys of its own below the
// prefix, which expire.
func (r *Server) Try(ctx context.Context, prefix string) (facts Facts, err error) {
	told := make(chan struct{}, 1)
	changed := func() {
		select {
		case told <- struct{}{}:
		default:
		}
	}
	var conns [2]replicas.Conn
	for i, on := range []replicas.Events{{Changed: changed, Released: func(sessioncache.Tag) {}}, {Changed: func() {}, Released: func(sessioncache.Tag) {}}} {
		s := &replicas.Settings{Prefix: prefix + "check:", ID: string(rune('a' + i)), Epoch: 1, Timeout: tryTime, Retention: 2 * tryTime, Replicas: 1}
		if conns[i], err = r.Connect(ctx, s, on); err != nil {
			return facts, err
		}
		defer conns[i].Close()
	}
	listening, speaking := conns[0], conns[1]
	now, err := exercise(ctx, listening, speaking)
	if err != nil {
		return facts, err
	}
	facts.Clock = time.UnixMicro(now)
	facts.Version, facts.Eviction = listening.(*conn).describe(ctx) //nolint:forcetypeassert // this package's own
	select {
	case <-told:
		facts.Pushes = true
	case <-time.After(tryTime):
	case <-ctx.Done():
	}
	return facts, nil
}

// exercise runs each script, so that one connection has something to hear from the other.
func exercise(ctx context.Context, listening, speaking replicas.Conn) (now int64, err error) {
	first, err := listening.Sync(ctx, &replicas.SyncRequest{})
	if err != nil {
		return 0, err
	}
	var key sessioncache.Tag
	if _, err := speaking.Find(ctx, &replicas.FindRequest{Key: key, Claim: true}); err != nil {
		return 0, err
	}
	stored := replicas.Stored{Sent: first.Now, Fresh: first.Now + tryTime.Microseconds(), Stale: first.Now + tryTime.Microseconds()}
	if _, err := speaking.Keep(ctx, &replicas.KeepRequest{Moment: sessioncache.Moment{Generation: first.Generation, Clock: first.Clock}, Key: key, Stored: stored}); err != nil {
		return 0, err
	}
	if err := speaking.Release(ctx, key); err != nil {
		return 0, err
	}
	last, err := speaking.Sync(ctx, &replicas.SyncRequest{Generation: first.Generation, Since: first.Clock, Vouch: first.Now, Sequence: first.Now,
		Endings: []replicas.Ending{{Kind: replicas.HasEnded}}, Leave: true})
	return last.Now, err
}

// describe reads what the server says of itself.
func (c *conn) describe(ctx context.Context) (version, eviction string) {
	text, err := c.client.Do(ctx, c.client.B().Info().Build()).ToString()
	if err != nil {
		return "", ""
	}
	said := map[string]string{}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		said[name] = value
	}
	version = "Redis " + said["redis_version"]
	if v := said["valkey_version"]; v != "" {
		version = "Valkey " + v
	}
	return version, said["maxmemory_policy"]
}
