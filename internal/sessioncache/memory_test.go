package sessioncache_test

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/relay"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache"
	"github.com/wingspan-grpc/session-facade/test/bubble"
)

var junk = flag.Int("junk", 100_000, "how many tokens there are in a flood of junk; all that the cache bounds is full from 70,000 on")

// fill checks sessions, each for itself, which the stub knows by their number.
func fill(tb testing.TB, cache *sessioncache.Cache, token string, sessions int) {
	tb.Helper()
	var calls sync.WaitGroup
	for worker := range 8 {
		calls.Go(func() {
			for n := worker; n < sessions; n += 8 {
				own := fmt.Sprintf("%s-%d", token, n)
				_, _ = checkSession(tb.Context(), cache, own, &relay.Exchange{Header: http.Header{"Authorization": {"Bearer " + own}}})
			}
		})
	}
	calls.Wait()
}

// hits counts which of the sessions are answered for from memory, by a word.
func hits(tb testing.TB, cache *sessioncache.Cache, token string, to int, word string) (found int) {
	tb.Helper()
	for n := range to {
		own := fmt.Sprintf("%s-%d", token, n)
		if how, _ := checkSession(tb.Context(), cache, own, &relay.Exchange{Header: http.Header{"Authorization": {"Bearer " + own}}}); how == word {
			found++
		}
	}
	return found
}

func heapInUse() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// byName answers for the sessions of users, and knows no others. What it says of some of
// those has as many kilobytes as an error may.
func byName(_ context.Context, token string) (*relay.Response, error) {
	switch {
	case strings.HasPrefix(token, "large junk"):
		return &relay.Response{Status: 403, Body: largeError}, nil
	case strings.HasPrefix(token, "large good"):
		return live(token, `a","labels":{"x":"`+strings.Repeat("x", 15<<10)+`"},"sessionType":"`), nil
	case strings.HasPrefix(token, "almost large good"):
		return live(token, `a","labels":{"x":"`+strings.Repeat("x", 3<<10)+`"},"sessionType":"`), nil
	case strings.HasPrefix(token, "junk"):
		return &relay.Response{Status: 403, Body: smallError}, nil
	}
	return live(token, "user of "+token), nil
}

var (
	smallError = []byte(`{"error":"Session expired"}`)
	largeError = fmt.Appendf(nil, `{"error":"Session expired","why":"%s"}`, strings.Repeat("x", 15<<10))
)

// TestMemory_OfAHundredThousandSessions: they take at most 100 MiB, and a flood of junk
// tokens adds at most a quarter to that and displaces none of them.
func TestMemory_OfAHundredThousandSessions(t *testing.T) { //nolint:paralleltest // it measures memory
	entries, flood := 100_000, *junk
	if bubble.Raced {
		entries, flood = 10_000, *junk/10
	}
	cache := newStubbed(t, time.Hour, 0, entries, byName)
	empty := heapInUse()
	fill(t, cache, "good", entries)
	full := heapInUse()
	t.Logf("%d sessions take %d MiB, each %d bytes", entries, (full-empty)>>20, (full-empty)/uint64(entries))
	if full-empty > uint64(entries)<<20/1000 {
		t.Errorf("%d sessions take %d MiB", entries, (full-empty)>>20)
	}
	fill(t, cache, "junk", flood)
	fill(t, cache, "large junk", entries/8)
	flooded := heapInUse()
	t.Logf("after %d junk tokens they take %d MiB", flood, (flooded-empty)>>20)
	if flooded > full+25<<20 {
		t.Errorf("a flood of junk tokens takes %d MiB", (flooded-full)>>20)
	}
	if kept := hits(t, cache, "good", entries, "hit"); kept != entries {
		t.Errorf("of %d sessions, %d are left after a flood of junk tokens", entries, kept)
	}
	runtime.KeepAlive(cache)
}

// TestMemory_LargeSessionsDisplaceNobody: who has sessions that are as large as can be, and
// has as many of them loaded within a TTL as the upstream allows (200 a second, 33 s, beside
// 100,000 entries), takes no room from others.
func TestMemory_LargeSessionsDisplaceNobody(t *testing.T) {
	t.Parallel()
	const entries = 3000
	const sessions, large = entries * 9 / 10, entries * 33 * 200 / 100_000
	cache := newStubbed(t, time.Hour, 0, entries, byName)
	fill(t, cache, "good", sessions)
	fill(t, cache, "large good", large)
	fill(t, cache, "almost large good", large)
	if kept := hits(t, cache, "good", sessions, "hit"); kept != sessions {
		t.Errorf("%d of %d sessions are left", kept, sessions)
	}
	if kept := hits(t, cache, "almost large good", large, "hit"); kept != large {
		t.Errorf("%d of %d large sessions are kept", kept, large)
	}
}

// TestStale_LeavesFewLoadsBehind: while the upstream hangs, callers are answered from what
// is stale; what asks the upstream for them meanwhile is bounded.
func TestStale_LeavesFewLoadsBehind(t *testing.T) { //nolint:paralleltest // one bubble at a time
	const sessions, most = 3000, 1 << 10
	synctest.Test(t, func(t *testing.T) {
		var hangs atomic.Bool
		var out atomic.Int64
		cache := newStubbed(t, time.Minute, time.Hour, sessions, func(ctx context.Context, token string) (*relay.Response, error) {
			if hangs.Load() {
				out.Add(1)
				defer out.Add(-1)
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return live(token, "user"), nil
		})
		fill(t, cache, "good", sessions)
		time.Sleep(2 * time.Minute)
		hangs.Store(true)
		var calls sync.WaitGroup
		for n := range sessions {
			calls.Go(func() {
				own := fmt.Sprintf("good-%d", n)
				how, err := checkSession(t.Context(), cache, own, &relay.Exchange{Header: http.Header{"Authorization": {"Bearer " + own}}})
				if how != "stale" || err != nil {
					t.Errorf("session %d: %s, %v", n, how, err)
				}
			})
		}
		calls.Wait()
		synctest.Wait()
		if left := out.Load(); left > most || left == 0 {
			t.Errorf("%d calls of the upstream go on for nobody, want some, and at most %d", left, most)
		}
		time.Sleep(time.Minute)
		if left := out.Load(); left > 0 {
			t.Errorf("%d calls of the upstream do not end", left)
		}
	})
}
