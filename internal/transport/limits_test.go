package transport

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestWaiters_TheLongestWaitingGivesWay shows that as many wait as the limit says, and
// that of more the first is ended, once.
func TestWaiters_TheLongestWaitingGivesWay(t *testing.T) {
	t.Parallel()
	var ended []string
	w := NewWaiters(2)
	add := func(name string) (done func()) { return w.Add(func() { ended = append(ended, name) }) }
	check := func(want ...string) {
		t.Helper()
		if !slices.Equal(ended, want) {
			t.Errorf("ended %q, want %q", ended, want)
		}
	}
	first := add("first")
	second := add("second")
	check()
	add("third")
	check("first")
	first() // has gone already
	second()
	add("fourth")
	check("first")
	w.EndAll()
	check("first", "third", "fourth")
	w.EndAll()
	check("first", "third", "fourth")
}

// TestWaiters_EndAfterTheirTime shows that each waits for as long as the others, however
// many there are, and that one that is done is not ended.
func TestWaiters_EndAfterTheirTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := NewWaiters(10)
		w.Timeout = 10 * time.Second
		began := time.Now()
		var mu sync.Mutex
		ended := map[string]time.Duration{}
		add := func(name string) (done func()) {
			return w.Add(func() {
				mu.Lock()
				defer mu.Unlock()
				ended[name] = time.Since(began)
			})
		}
		done := add("done")
		time.Sleep(3 * time.Second)
		add("second")
		add("with it")
		time.Sleep(4 * time.Second)
		add("third")
		done()
		time.Sleep(20 * time.Second)
		add("late")
		time.Sleep(time.Minute)
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		want := map[string]time.Duration{"second": 13 * time.Second, "with it": 13 * time.Second, "third": 17 * time.Second, "late": 37 * time.Second}
		if !maps.Equal(ended, want) || w.Len() != 0 {
			t.Errorf("ended after %v, want %v; %d wait", ended, want, w.Len())
		}
	})
}

// TestStreams_ReflectionIsBoundedOverAll: of twice as many as may ask for the contract the
// first give way, and no more are served at a time; a watch stays.
func TestStreams_ReflectionIsBoundedOverAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStreams()
		var ended atomic.Int64
		open := func(method string) {
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				_ = s.Serve(ctx, method, cancel, func() error {
					if served := len(s.Reflecting); served > maxReflections {
						t.Errorf("%d are served", served)
					}
					<-ctx.Done()
					return nil
				})
				ended.Add(1)
			}()
			synctest.Wait()
		}
		open("/grpc.health.v1.Health/Watch")
		for i := range 2 * maxReflections {
			open([]string{"/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"}[i%2])
		}
		if n := ended.Load(); n != maxReflections || s.Len() != maxReflections+1 {
			t.Errorf("%d have given way, %d are open", n, s.Len())
		}
		s.EndAll()
		synctest.Wait()
		if s.Len()+s.Reflections.Len()+len(s.Reflecting) > 0 {
			t.Errorf("%d streams are left", s.Len())
		}
	})
}
