package sessioncache

import (
	"fmt"
	"sync"
	"testing"
	"time"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/relay"
)

// TestCache_IsSafeForConcurrentUse makes many calls at once, on the clock that there is: for
// the race detector, which cannot do virtual time. Nobody is told of life after an end.
func TestCache_IsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	u := newFakeUpstream()
	u.create("ada1", "ada", time.Hour)
	c := newTestCache(t, u, Options{TTL: time.Minute, Stale: time.Minute, Entries: 20})
	var workers sync.WaitGroup
	for worker := range 8 {
		workers.Go(func() {
			for i := range 100 {
				token := fmt.Sprint(worker, "-", i)
				u.create(token, "user-"+token, time.Hour)
				k := checkKey{token: token, credential: "ada1"}
				var askers sync.WaitGroup
				for range 3 {
					askers.Go(func() {
						if a := ask(t.Context(), c, k); a.err != nil && a.said != expiredAnswer {
							t.Error(a.err)
						}
					})
				}
				if i%2 == 0 {
					askers.Go(func() {
						_ = checkWith(t.Context(), c, "ada1", &relay.Exchange{Header: ada.header(), NoCache: true})
					})
					askers.Wait()
				}
				var err error
				if i%3 == 0 {
					err = invoke(t.Context(), c, &relay.Exchange{}, endUser, &usersv1.DeleteApiSessionRequest{Id: "user-" + token})
				} else {
					err = signOut(t.Context(), c, token)
				}
				if a := ask(t.Context(), c, k); err != nil || a.said != expiredAnswer {
					t.Errorf("%v: %q by %s", err, a.said, a.exchange.Cache)
				}
				askers.Wait()
			}
		})
	}
	workers.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	if left := c.history.Loads() + len(c.loads) + c.fences + c.lingering; left != 0 {
		t.Errorf("%d loads and fences are left", left)
	}
}
