package sessioncache

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"
)

// fakeStore is what replicas share, in the memory of a test: one thing happens after the other,
// and all replicas know of it at once, but for those that are deaf.
type fakeStore struct {
	mu       sync.Mutex
	moment   Moment
	sessions map[tag]fakeSession
	ended    map[tag]int64
	fences   map[tag]fakeFence
	claims   map[tag]*fakeClaim
	replicas []*fakeReplica
}

type fakeSession struct {
	Session
	moment Moment
}

type fakeFence struct {
	active int
	until  time.Time
}

type fakeClaim struct {
	of   *fakeReplica
	over chan struct{}
}

func newFakeStore() *fakeStore {
	return &fakeStore{moment: Moment{Generation: 1, Clock: 1}, sessions: map[tag]fakeSession{}, ended: map[tag]int64{},
		fences: map[tag]fakeFence{}, claims: map[tag]*fakeClaim{}}
}

// fakeReplica is one replica's link with the store.
type fakeReplica struct {
	*fakeStore
	cache *Cache

	behind bool          // it does not know what others have ended
	deaf   bool          // it is not told
	takes  time.Duration // each operation
	err    error         // of each operation
	keep   error         // of those that store
	found  func(*Found)  // changes what is found; may be nil
	counts map[string]int
}

var errAwayStore = errors.New("the store is away")

func (r *fakeReplica) count(what string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.counts[what]
}

// begin counts an operation and takes its time.
func (r *fakeReplica) begin(ctx context.Context, what string) error {
	r.mu.Lock()
	r.counts[what]++
	takes, err := r.takes, r.err
	r.mu.Unlock()
	if !wait(ctx, takes) {
		return ctx.Err()
	}
	return err
}

func (r *fakeReplica) Moment() Moment {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.moment
}

func (r *fakeReplica) UpToDate(time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.behind
}

func (r *fakeReplica) Find(ctx context.Context, key Tag, of []Tag, claim bool) (Found, error) {
	return r.look(ctx, key, of, claim, 0)
}

func (r *fakeReplica) Renew(ctx context.Context, key Tag, of []Tag, ahead time.Duration) (Found, error) {
	return r.look(ctx, key, of, true, ahead)
}

func (r *fakeReplica) look(ctx context.Context, key Tag, of []Tag, claim bool, ahead time.Duration) (Found, error) {
	if err := r.begin(ctx, "find"); err != nil {
		return Found{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	f := Found{Moment: r.moment}
	if s, ok := r.sessions[key]; ok && time.Now().Before(s.StaleUntil) && !r.endedSince(s.moment, append(slices.Clone(of), s.Tags...)) {
		found := s.Session
		f.Session = &found
	}
	if r.found != nil {
		r.found(&f)
	}
	if f.Session != nil && time.Now().Add(ahead).Before(f.Session.FreshUntil) {
		return f, nil
	}
	if other := r.claims[key]; other != nil && other.of != r {
		f.Busy = other.over
	} else if claim {
		f.Claimed = true
		if other == nil {
			r.claims[key] = &fakeClaim{r, make(chan struct{})}
		}
	}
	return f, nil
}

// endedSince is called with the store's lock held.
func (f *fakeStore) endedSince(m Moment, tags []tag) bool {
	return m.Generation != f.moment.Generation || slices.ContainsFunc(tags, func(t tag) bool {
		fence := f.fences[t]
		return f.ended[t] > m.Clock || fence.active > 0 && time.Now().Before(fence.until)
	})
}

func (r *fakeReplica) Keep(ctx context.Context, since Moment, s *Session) (bool, error) {
	err := r.begin(ctx, "keep")
	r.mu.Lock()
	defer r.mu.Unlock()
	if err = cmpOr(err, r.keep); err != nil {
		return false, err
	}
	r.release(s.Key)
	if r.endedSince(since, s.Tags) {
		return false, nil
	}
	r.sessions[s.Key] = fakeSession{*s, since}
	return true, nil
}

func cmpOr(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *fakeReplica) release(key tag) {
	if c := r.claims[key]; c != nil && c.of == r {
		close(c.over)
		delete(r.claims, key)
	}
}

func (r *fakeReplica) Release(key Tag) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts["release"]++
	r.release(key)
}

func (r *fakeReplica) End(ctx context.Context, tags []Tag, active bool) {
	if r.begin(ctx, "end") != nil {
		return
	}
	r.mu.Lock()
	for _, t := range tags {
		r.moment.Clock++
		r.ended[t] = r.moment.Clock
		if fence := r.fences[t]; active {
			r.fences[t] = fakeFence{fence.active + 1, time.Now().Add(callTimeout)}
		} else {
			r.fences[t] = fakeFence{max(fence.active-1, 0), fence.until}
		}
	}
	others := slices.Clone(r.replicas)
	r.mu.Unlock()
	for _, other := range others {
		r.mu.Lock()
		deaf := other.deaf
		r.mu.Unlock()
		if other != r && !deaf {
			other.cache.Ended(tags)
		}
	}
}

// renew loses all that there is.
func (f *fakeStore) renew() {
	f.mu.Lock()
	f.moment = Moment{f.moment.Generation + 1, f.moment.Clock + 1}
	f.mu.Unlock()
	for _, r := range f.replicas {
		r.cache.EndedAll()
	}
}

// set changes how a replica's link is.
func (r *fakeReplica) set(change func(*fakeReplica)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(r)
}

// The secrets that replicas share.
var (
	oneSecret   = bytes.Repeat([]byte{1}, 32)
	otherSecret = bytes.Repeat([]byte{2}, 32)
)

// newReplicas makes replicas that share a store, with ada's session at the upstream.
func newReplicas(t *testing.T, n int, o Options, plans ...callPlan) (*fakeUpstream, []*fakeReplica) {
	t.Helper()
	u := newFakeUpstream(plans...)
	u.create("ada1", "ada", time.Hour)
	u.create("svc", "service", 2*time.Hour)
	if o.TTL == 0 {
		o.TTL = time.Minute
	}
	store := newFakeStore()
	for range n {
		store.add(t, u, o)
	}
	return u, store.replicas
}

// add adds a replica.
func (f *fakeStore) add(t *testing.T, u Upstream, o Options) *fakeReplica {
	t.Helper()
	r := &fakeReplica{fakeStore: f, counts: map[string]int{}}
	o.Shared = r
	if o.Secrets == nil {
		o.Secrets = [][]byte{oneSecret}
	}
	r.cache = newTestCache(t, u, o)
	f.replicas = append(f.replicas, r)
	return r
}
