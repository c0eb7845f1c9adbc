//go:build unix

package test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wingspan-grpc/session-facade/test/facadetest"
	"github.com/wingspan-grpc/session-facade/test/redistest"
)

// TestReplicas_NoCallFailsWhateverTheStoreDoes: it is paused, killed, restarted and flushed
// under load by both protocols; calls go on, from memory or the upstream.
func TestReplicas_NoCallFailsWhateverTheStoreDoes(t *testing.T) {
	t.Parallel()
	at := redistest.Start(t)
	r := startTogether(t, 2, at, facadetest.Config{SessionCacheTTL: time.Second})
	ctx, stop := context.WithCancel(t.Context())
	var load sync.WaitGroup
	var done atomic.Int64
	for i, f := range r.Facades {
		for protocol, p := range protocols {
			load.Go(func() {
				for n := 0; ctx.Err() == nil; n++ {
					_, live, err := p.check(context.WithoutCancel(ctx), f, fmt.Sprint("token-", n%50))
					if err != nil || !live {
						t.Errorf("%s at replica %d: live %t, %v", protocol, i, live, err)
						return
					}
					done.Add(1)
				}
			})
		}
	}
	defer load.Wait()
	defer stop()
	goOn := func(what string) {
		t.Helper()
		before := done.Load()
		eventually(t, "calls go on while the store is "+what, func() bool { return done.Load() > before+400 || t.Failed() })
	}
	down := func(what string) {
		t.Helper()
		goOn(what)
		for _, f := range r.Facades {
			f.Log.Await(t, "other replicas cannot be reached")
		}
		goOn(what)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	goOn("there")
	must(at.Pause())
	down("paused")
	must(at.Resume())
	goOn("there again")
	_, err := at.Command(t.Context(), "FLUSHALL")
	must(err)
	goOn("flushed")
	at.Kill()
	down("killed")
	must(at.Restart())
	goOn("restarted")
	token := "after all"
	for i, f := range r.Facades {
		eventually(t, fmt.Sprintf("replica %d shares again", i), func() bool {
			said, _, err := protocols["gRPC"].check(t.Context(), f, token)
			must(err)
			return i == 0 || said != "session-facade; fwd=miss"
		})
	}
}
