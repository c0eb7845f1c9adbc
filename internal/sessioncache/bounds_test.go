package sessioncache

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/relay"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache/memory"
)

// TestBounds_OfEntriesAndBytes shows how much is kept at most, and that the index holds
// nothing else.
func TestBounds_OfEntriesAndBytes(t *testing.T) {
	for name, size := range map[string]int{"small ones": 10, "large ones": 3 << 10} {
		t.Run(name, inBubble(func(t *testing.T) {
			const most = 50
			u, c := newAda(t, Options{Entries: most, TTL: time.Hour})
			u.edit = func(s *usersv1.Session) { s.Labels["x"] = strings.Repeat("x", size) }
			for i := range 4 * most {
				token := "t" + strconv.Itoa(i)
				u.create(token, "ada", time.Hour)
				ask(t.Context(), c, checkKey{token: token})
			}
			kept := c.store.Stats()
			want := min(most, most*BytesPerEntry/size)
			if kept.Live > most || kept.Live < want*8/10 || kept.Bytes > most*BytesPerEntry || kept.Tags != kept.Live+1 {
				t.Errorf("it holds %+v", kept)
			}
			_ = invoke(t.Context(), c, &relay.Exchange{}, endUser, &usersv1.DeleteApiSessionRequest{Id: "ada"})
			for i := range 4 * most {
				if e := keptFor(c, checkKey{token: "t" + strconv.Itoa(i)}); e != nil {
					t.Error("one is kept after the user's end")
				}
			}
			if kept := c.store.Stats(); kept != (memory.Stats{}) {
				t.Errorf("after the user's end it holds %+v", kept)
			}
		}))
	}
}

// TestBounds_JunkDisplacesNobody shows that "Session expired" takes no room of sessions,
// however large it is said.
func TestBounds_JunkDisplacesNobody(t *testing.T) {
	inBubble(func(t *testing.T) {
		const most = 50
		u, c := newAda(t, Options{Entries: most, TTL: time.Hour})
		ask(t.Context(), c, ada)
		u.header = http.Header{"Vary": {strings.Repeat("x", memory.MaxEntryBytes-1<<10)}}
		for i := range 10 * most {
			ask(t.Context(), c, checkKey{token: "junk" + strconv.Itoa(i)})
		}
		if kept := c.store.Stats(); kept.Live != 1 || kept.Expired != 0 {
			t.Errorf("it holds %+v", kept)
		}
		u.header = nil
		for i := range 10 * most {
			ask(t.Context(), c, checkKey{token: "junk" + strconv.Itoa(i)})
		}
		if kept := c.store.Stats(); kept.Live != 1 || kept.Expired != most/memory.ExpiredShare {
			t.Errorf("of small ones it holds %+v", kept)
		}
	})(t)
}

// TestBounds_Refreshes shows how many sessions are asked for ahead of time at once.
func TestBounds_Refreshes(t *testing.T) {
	inBubble(func(t *testing.T) {
		u, c := newAda(t, Options{Entries: 1000, TTL: 100 * time.Second})
		for i := range 3 * maxRefreshes {
			token := "t" + strconv.Itoa(i)
			u.create(token, "ada", time.Hour)
			ask(t.Context(), c, checkKey{token: token})
		}
		u.plans = []callPlan{{before: time.Second}}
		for i := range 3 * maxRefreshes {
			keptFor(c, checkKey{token: "t" + strconv.Itoa(i)}).RefreshAt = time.Now()
		}
		for i := range 3 * maxRefreshes {
			ask(t.Context(), c, checkKey{token: "t" + strconv.Itoa(i)})
		}
		if c.loadsOut() != maxRefreshes {
			t.Errorf("%d are out", c.loadsOut())
		}
		time.Sleep(2 * time.Second)
		if c.refreshes != 0 || c.loadsOut() != 0 {
			t.Errorf("%d are out for ever", c.refreshes)
		}
	})(t)
}

// TestStatus_IsRFC9211 shows what a caller is told of how its response came about.
func TestStatus_IsRFC9211(t *testing.T) {
	t.Parallel()
	for r, want := range map[result]string{
		hit: "session-facade; hit; ttl=7", expired: "session-facade; hit; ttl=7", stale: "session-facade; hit; ttl=7; detail=upstream-away",
		miss: "session-facade; fwd=miss", collapsed: "session-facade; fwd=miss; collapsed", renewed: "session-facade; fwd=stale", bypass: "session-facade; fwd=bypass",
		shared: "session-facade; hit; ttl=7; detail=shared",
	} {
		if got := cacheStatus(r, 7900*time.Millisecond); got != want {
			t.Errorf("%s: %q, want %q", r, got, want)
		}
	}
	if len(results) != 8 {
		t.Error("a result has no metric")
	}
}

// TestStatus_OfHits shows the age and the time to live of what is kept, and that no header
// of the call that brought it comes again.
func TestStatus_OfHits(t *testing.T) {
	inBubble(func(t *testing.T) {
		u, c := newAda(t, Options{TTL: 100 * time.Second})
		u.header = http.Header{"Age": {"5"}, "X-Ratelimit-Remaining": {"1"}, "Cache-Control": {"no-store"}}
		first := ask(t.Context(), c, ada)
		if first.exchange.Response.Header.Get("X-Request-Id") == "" || first.exchange.Response.Age != "" {
			t.Errorf("a miss: %+v", first.exchange.Response)
		}
		for range 2 {
			time.Sleep(10 * time.Second)
		}
		a := ask(t.Context(), c, ada)
		r := a.exchange.Response
		var ttl int
		if n, err := fmt.Sscanf(r.CacheStatus, "session-facade; hit; ttl=%d", &ttl); n != 1 || ttl < 69 || ttl > 90 || r.Age != "25" || r.Status != http.StatusOK {
			t.Errorf("%q, age %s: %v", r.CacheStatus, r.Age, err)
		}
		if len(r.Header) != 2 || r.Header.Get("Content-Type") == "" || r.Header.Get("Cache-Control") == "" {
			t.Errorf("%v", r.Header)
		}
		if r.Body != nil {
			t.Error("a typed caller was given bytes")
		}
	})(t)
}
