package faults

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

// generous is far more than any of these calls may take and far less than the
// facade's own timeout.
const generous = 40 * time.Second

// hanging makes a server that never answers; it tells when a request has come
// and when the facade has given it up.
func hanging(t *testing.T, all []*operation) (s *server, arrived, given <-chan struct{}) {
	t.Helper()
	in, out := make(chan struct{}, 100), make(chan struct{}, 100)
	return answering(func(_ *server, c net.Conn, _ *operation) bool {
		in <- struct{}{}
		_, _ = io.Copy(io.Discard, c)
		out <- struct{}{}
		return false
	})(t, all), in, out
}

// wait waits for a signal that must come soon.
func wait(t *testing.T, what string, signal <-chan struct{}) {
	t.Helper()
	select {
	case <-signal:
	case <-time.After(generous):
		t.Fatal(what + ": in vain")
	}
}

// TestCancel shows that a caller who leaves takes the upstream's request along.
func TestCancel(t *testing.T) {
	t.Parallel()
	all := operations(t)
	s, arrived, given := hanging(t, all)
	facade := open(t, s.url, facadetest.Config{Timeout: time.Minute})
	for _, o := range all {
		for protocol, call := range map[string]func(context.Context, *operation, string) result{"/grpc": facade.grpc, "/rest": facade.rest} {
			ctx, cancel := context.WithCancel(t.Context())
			var running sync.WaitGroup
			var got result
			running.Go(func() { got = call(ctx, o, o.rpc+protocol) })
			wait(t, o.rpc+protocol+" reaches the upstream", arrived)
			cancel()
			wait(t, o.rpc+protocol+" is given up", given)
			running.Wait()
			if protocol == "/grpc" && got.code != codes.Canceled || protocol == "/rest" && got.status != 0 {
				t.Errorf("%s%s: %+v", o.rpc, protocol, got)
			}
			if n := s.times(o.rpc + protocol); n != 1 {
				t.Errorf("%s%s reached the upstream %d times", o.rpc, protocol, n)
			}
		}
	}
}

// TestCallersDeadline shows that a caller's deadline applies where it is shorter
// than the facade's, and reaches the upstream's request; TestFaults shows the
// other way round.
func TestCallersDeadline(t *testing.T) {
	t.Parallel()
	all := operations(t)
	s, _, given := hanging(t, all)
	facade := open(t, s.url, facadetest.Config{Timeout: time.Minute})
	for _, o := range all {
		t.Run(o.rpc, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			started := time.Now()
			got := facade.grpc(ctx, o, o.rpc+"/grpc")
			if got.code != codes.DeadlineExceeded || time.Since(started) > generous {
				t.Errorf("after %v: %+v", time.Since(started), got)
			}
			if s.times(o.rpc+"/grpc") > 0 {
				wait(t, "given up", given)
			}
		})
	}
}

// TestGrpcTimeoutHeader shows that a REST caller can give a deadline, too.
func TestGrpcTimeoutHeader(t *testing.T) {
	t.Parallel()
	all := operations(t)
	s, _, given := hanging(t, all)
	facade := open(t, s.url, facadetest.Config{Timeout: time.Minute})
	facade.client.Transport = headed{facade.client.Transport, "Grpc-Timeout", "300m"}
	got := facade.rest(t.Context(), all[0], all[0].rpc+"/rest")
	if got.status != 504 || got.reason != "UPSTREAM_TIMEOUT" {
		t.Errorf("%+v", got)
	}
	if s.times(all[0].rpc+"/rest") > 0 { // on a busy machine it may end before
		wait(t, "given up", given)
	}
}
