package grpcserver

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/connlimit"
	"github.com/wingspan-grpc/session-facade/internal/transport"
)

// TestConnection_GivesWayAfterItsCalls fills the port with one connection whose calls
// have ended in every way: it gives way then, and not before.
func TestConnection_GivesWayAfterItsCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixtureOf(t, options(), 1)
		defer f.stop(t)
		first := f.dial(t, 1<<20, true)
		for range 10 {
			first.call(list)
			first.call("/no/No")
			first.call("no")
			first.call(list, "grpc-timeout", "0n")
			first.call(check)
			first.reset(first.call(list))
			first.reset(first.headers(list))
		}
		first.headers(list) // ends when its message is late
		began := time.Now()
		second := f.dial(t, 1<<20, true)
		id := second.call(list)
		synctest.Wait()
		if took := time.Since(began); took < transport.RequestTimeout || took > transport.RequestTimeout+2*connlimit.Grace {
			t.Errorf("gave way after %s", took)
		}
		if !first.isClosed() || second.ended(id) != "0" {
			t.Errorf("the first is closed: %t; the second is answered %q", first.isClosed(), second.ended(id))
		}
	})
}
