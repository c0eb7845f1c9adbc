package faults

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

// want is how a call fails, at both ports.
type want struct {
	code   codes.Code
	reason string // over REST only where the response is the facade's own
	status int
}

var (
	fine        = want{codes.OK, "", 200}
	unreachable = want{codes.Unavailable, "UPSTREAM_UNREACHABLE", 502}
	broken      = want{codes.Internal, "UPSTREAM_CONTRACT", 502}
	late        = want{codes.DeadlineExceeded, "UPSTREAM_TIMEOUT", 504}
)

// fault is a row of the matrix: what is wrong with the upstream, how the calls
// of all operations fail, and how often each has reached it.
type fault struct {
	name     string
	upstream func(t *testing.T, all []*operation) *server
	config   facadetest.Config
	want     want
	spares   []kind // whose operations are answered all the same
	// gets is how often a GET reaches the upstream, others any other call.
	gets, others int
	atMost       bool // whether they may reach it less often
	retry        time.Duration
	relayed      bool         // whether a REST caller gets the upstream's own body
	met          *atomic.Bool // whether a call has met it
}

// many is more often than a call that is repeated until its deadline can come.
const many = 1000

// short is the timeout of a facade whose upstream hangs, long enough for all
// calls to reach it, unless the machine is busy: see hurried.
const short = 3 * time.Second

// hurried tells whether a call may have come to its end before it came to its fault.
// One of each row must come there.
func (f *fault) hurried(got result) bool { return f.config.Timeout > 0 && got.reason == late.reason }

// TestFaults runs every operation by both protocols into every fault.
func TestFaults(t *testing.T) {
	t.Parallel()
	all := operations(t)
	for _, f := range slices.Concat(connectionFaults, responseFaults, statusFaults(), http2Faults) {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			f.run(t, all)
		})
	}
}

func (f *fault) run(t *testing.T, all []*operation) {
	t.Helper()
	upstream := f.upstream(t, all)
	f.config.TLS = upstream.trust
	// All at once, and some must not fail others: that is tested elsewhere.
	f.config.RetryBudget, f.config.BreakerRate = 1, -1
	facade := open(t, upstream.url, f.config)
	f.met = &atomic.Bool{}
	var running sync.WaitGroup
	for _, o := range all {
		running.Go(func() { f.check(t, upstream, facade, o, "/grpc") })
		running.Go(func() { f.check(t, upstream, facade, o, "/rest") })
	}
	running.Wait()
	if f.config.Timeout > 0 && !f.met.Load() {
		t.Error("no call came in time for what is tested")
	}
	checkQuiet(t, "the log", facade.Log.String())
}

func (f *fault) check(t *testing.T, upstream *server, facade *ports, o *operation, protocol string) {
	t.Helper()
	id := o.rpc + protocol
	want := f.want
	var got result
	if slices.Contains(f.spares, o.kind) {
		want = fine
	}
	if protocol == "/grpc" {
		got = facade.grpc(t.Context(), o, id)
		want.status = 0
	} else {
		got = facade.rest(t.Context(), o, id)
		want.code = codes.OK
		if f.relayed {
			want.reason = ""
		}
		if o.kind == nothing || o.kind == optional {
			got.status = success(got.status)
		}
	}
	if f.hurried(got) {
		want = late
		if protocol == "/grpc" {
			want.status = 0
		} else {
			want.code = codes.OK
		}
	}
	if got.code != want.code || got.status != want.status || got.reason != want.reason {
		t.Errorf("%s: got %v %d %q, want %v %d %q", id, got.code, got.status, got.reason, want.code, want.status, want.reason)
	}
	if got.retry != f.retry {
		t.Errorf("%s: to be called again after %v, want %v", id, got.retry, f.retry)
	}
	checkQuiet(t, id, got.text)
	most := f.others
	if o.isGet() {
		most = f.gets
	}
	times := upstream.times(id)
	if times > 0 && (f.atMost || got.reason == f.want.reason) {
		f.met.Store(true)
	}
	if times > most || times < most && !f.atMost && !f.hurried(got) {
		t.Errorf("%s reached the upstream %d times, want %d", id, times, most)
	}
	if protocol == "/grpc" && got.code != codes.OK && times > 1 && !got.stop {
		t.Errorf("%s reached the upstream %d times, and the caller was not told not to call again", id, times)
	}
}

// success makes 200 of 204: either is right where 204 is documented.
func success(status int) int {
	if status == 204 {
		return 200
	}
	return status
}
