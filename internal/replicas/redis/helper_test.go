//go:build unix

package redis_test

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.opentelemetry.io/otel/metric/noop"
	"go.uber.org/goleak"

	"github.com/wingspan-grpc/session-facade/internal/replicas"
	"github.com/wingspan-grpc/session-facade/internal/replicas/redis"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache"
	"github.com/wingspan-grpc/session-facade/test/redistest"
)

// TestMain shows that no goroutine is left of all connections.
func TestMain(m *testing.M) {
	zerolog.SetGlobalLevel(zerolog.Disabled) // the proxy's
	goleak.VerifyTestMain(m)
}

func tag(name string) sessioncache.Tag { return sha256.Sum256([]byte(name)) }

// listener notes what it is told.
type listener struct {
	mu    sync.Mutex
	ended map[sessioncache.Tag]struct{}

	renewal time.Time
}

func (l *listener) Ended(tags []sessioncache.Tag) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range tags {
		l.ended[t] = struct{}{}
	}
}

func (l *listener) EndedAll() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.renewal = time.Now()
}

func (l *listener) has(tag sessioncache.Tag) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, ok := l.ended[tag]
	return ok
}

func (l *listener) renewed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.renewal.IsZero()
}

func server(t *testing.T, url string) *redis.Server {
	t.Helper()
	s, err := redis.ParseURL(url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func options(s replicas.Server) replicas.Options {
	return replicas.Options{Server: s, Prefix: "{test}:", Timeout: 10 * time.Second, Life: time.Minute,
		Replicas: 1, Logger: slog.New(slog.DiscardHandler), Meter: noop.NewMeterProvider()}
}

// start makes a link that is closed with the test.
func start(t *testing.T, o replicas.Options) (*replicas.Link, *listener) {
	t.Helper()
	l, err := replicas.Connect(o)
	if err != nil {
		t.Fatal(err)
	}
	heard := &listener{ended: map[sessioncache.Tag]struct{}{}}
	l.Start(heard, nil)
	t.Cleanup(func() { within(t, "Close", 5*time.Second, l.Close) })
	return l, heard
}

// joined is start, and waits until it has joined.
func joined(t *testing.T, o replicas.Options) (*replicas.Link, *listener) {
	t.Helper()
	l, heard := start(t, o)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := l.Joined(ctx); err != nil {
		t.Fatal("not joined: ", err)
	}
	return l, heard
}

// Whoever waits longer than these waits for too long, on a machine that is busy too.
const (
	patience = 30 * time.Second
	slow     = time.Second
)

func within(t *testing.T, what string, bound time.Duration, f func()) {
	t.Helper()
	began := time.Now()
	f()
	if took := time.Since(began); took > bound {
		t.Errorf("%s took %v", what, took)
	}
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !is(); {
		if time.Now().After(deadline) {
			t.Fatal("never: ", what)
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		}
	}
}

func session(name string) *sessioncache.Session {
	now := time.Now()
	return &sessioncache.Session{Key: tag("key of " + name), Tags: []sessioncache.Tag{tag("session " + name), tag("user of " + name)},
		Sealed: []byte("sealed " + name), Sent: now, FreshUntil: now.Add(50 * time.Second), StaleUntil: now.Add(time.Minute)}
}

// find asks until there is a reply: the machine may be busy.
func find(t *testing.T, l *replicas.Link, s *sessioncache.Session, claim bool) (found sessioncache.Found) {
	t.Helper()
	eventually(t, "a session is looked for", func() (ok bool) {
		var err error
		within(t, "Find", slow, func() { found, err = l.Find(t.Context(), s.Key, s.Tags[:1], claim) })
		return err == nil
	})
	return found
}

func keep(t *testing.T, l *replicas.Link, since sessioncache.Moment, s *sessioncache.Session) (kept bool) {
	t.Helper()
	eventually(t, "a session is kept", func() bool {
		var err error
		within(t, "Keep", slow, func() { kept, err = l.Keep(t.Context(), since, s) })
		return err == nil
	})
	return kept
}

func end(t *testing.T, l *replicas.Link, active bool, tags ...sessioncache.Tag) {
	t.Helper()
	within(t, "End", slow, func() { l.End(t.Context(), tags, active) })
}

func isUpToDate(l *replicas.Link) func() bool {
	return func() bool { return l.UpToDate(time.Now()) }
}

func command(t *testing.T, s *redistest.Server, args ...string) string {
	t.Helper()
	text, err := s.Command(t.Context(), args...)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func sameTags(a, b []sessioncache.Tag) bool { return slices.Equal(a, b) }

// lines is a log.
type lines struct {
	mu  sync.Mutex
	all strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(p)
}

func (l *lines) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

func (l *lines) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }
