package faults

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"

	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

// held makes a server that answers once it is released, and tells of each
// request that has come.
func held(t *testing.T, all []*operation, arrived chan<- struct{}, release <-chan struct{}) *server {
	t.Helper()
	return answering(func(s *server, c net.Conn, o *operation) bool {
		arrived <- struct{}{}
		<-release
		return valid(s, c, o)
	})(t, all)
}

// TestInFlight shows that a call over the bound is refused at once at either
// protocol, that health checks are not, and that places are given back.
func TestInFlight(t *testing.T) {
	t.Parallel()
	const bound = 4
	all := operations(t)
	o := all[0]
	arrived, release := make(chan struct{}, bound), make(chan struct{})
	s := held(t, all, arrived, release)
	free := sync.OnceFunc(func() { close(release) })
	t.Cleanup(free) // also where the test fails before
	facade := open(t, s.url, facadetest.Config{MaxInFlight: bound, Timeout: time.Minute})
	var running sync.WaitGroup
	results := make(chan result, bound)
	for i := range bound {
		call := facade.grpc
		if i%2 == 1 {
			call = facade.rest
		}
		running.Go(func() { results <- call(t.Context(), o, o.rpc+"/held") })
		wait(t, "a call within the bound", arrived)
	}
	ctx, cancel := context.WithTimeout(t.Context(), generous) // less than a held call may take
	defer cancel()
	overBound(ctx, t, facade, o)
	health, err := healthv1.NewHealthClient(facade.Conn).Check(ctx, &healthv1.HealthCheckRequest{})
	if err != nil || health.GetStatus() != healthv1.HealthCheckResponse_SERVING {
		t.Errorf("health: %v %v", health, err)
	}
	for i := range 4 {
		if n := s.times(fmt.Sprint("over-", i)) + s.times(fmt.Sprintf("over-%d/rest", i)); n != 0 {
			t.Errorf("%d refused calls reached the upstream", n)
		}
	}
	free()
	running.Wait()
	for range bound {
		if got := <-results; got.code != codes.OK || got.status != 0 && got.status != 200 {
			t.Errorf("a call within the bound: %+v", got)
		}
	}
	for _, call := range []func(context.Context, *operation, string) result{facade.grpc, facade.rest} {
		go func() { <-arrived }()
		if got := call(ctx, o, o.rpc+"/after"); got.reason != "" {
			t.Errorf("a call when the others had gone: %+v", got)
		}
	}
}

// overBound makes calls that must be refused, of all deadlines that make a
// difference to how they are, and looks for their access lines. A refusal takes
// no place and gives none back.
func overBound(ctx context.Context, t *testing.T, facade *ports, o *operation) {
	t.Helper()
	const trace = "0af7651916cd43dd8448eb211c80319c"
	for i, deadline := range []time.Duration{4 * time.Second, 5 * time.Second, time.Minute, 0} {
		id := fmt.Sprint("over-", i)
		ctx, cancel := metadata.AppendToOutgoingContext(ctx, "traceparent", "00-"+trace+"-b7ad6b7169203331-01"), func() {}
		if deadline > 0 {
			ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), deadline)
		}
		if got := facade.grpc(ctx, o, id); got.code != codes.ResourceExhausted || got.reason != "OVERLOADED" || got.retry <= 0 {
			t.Errorf("gRPC, %s: %+v", deadline, got)
		}
		if got := facade.rest(ctx, o, id+"/rest"); got.status != 503 || got.reason != "OVERLOADED" || got.retry <= 0 {
			t.Errorf("REST, %s: %+v", deadline, got)
		}
		cancel()
		// What the tap refuses, which is what ends soon, leaves a figure and no line.
		want := 2
		if deadline > 0 && deadline <= 5*time.Second {
			want = 1
		} else {
			facade.Log.Await(t, `"`+id+`"`) // the response may be here first
		}
		facade.Log.Await(t, `"`+id+`/rest"`)
		for line := range strings.Lines(facade.Log.String()) {
			if !strings.Contains(line, id) {
				continue
			}
			if !strings.Contains(line, `"reason":"OVERLOADED"`) || strings.Contains(line, `"protocol":"grpc"`) != strings.Contains(line, trace) {
				t.Errorf("the access line is %s", line)
			}
		}
		if n := strings.Count(facade.Log.String(), id); n != want {
			t.Errorf("%d access lines of %s, want %d", n, id, want)
		}
	}
}

// TestPlacesAreGivenBack shows that a call whose caller leaves, or which the
// facade refuses, takes no place for good.
func TestPlacesAreGivenBack(t *testing.T) {
	t.Parallel()
	all := operations(t)
	s, arrived, given := hanging(t, all)
	facade := open(t, s.url, facadetest.Config{MaxInFlight: 1, Timeout: time.Minute})
	o := all[0]
	for _, call := range []func(context.Context, *operation, string) result{facade.grpc, facade.rest} {
		for range 5 {
			ctx, cancel := context.WithCancel(t.Context())
			var running sync.WaitGroup
			running.Go(func() {
				for call(ctx, o, o.rpc+"/left").reason == "OVERLOADED" { // the one before is about to go
				}
			})
			wait(t, "a call gets a place", arrived)
			cancel()
			wait(t, "it is given up", given)
			running.Wait()
		}
	}
}
