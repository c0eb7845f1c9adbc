package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/resolver/dns"

	"github.com/wingspan-grpc/session-facade/test/testinputs"
	"github.com/wingspan-grpc/session-facade/tools/internal/server"
)

// TestReplace_LosesCallsBeforeDNSKnows shows that the load notices replicas that go
// before callers can have found their replacements: 0 failures say something.
func TestReplace_LosesCallsBeforeDNSKnows(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs a loopback address for each replica")
	}
	testinputs.AddServer(t, "../..")
	ctx, cancel := context.WithTimeout(t.Context(), longest)
	defer cancel()
	binary, err := server.Build(ctx, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dns.SetMinResolutionInterval(resolution)
	err = underLoad(ctx, binary, restartDelay, func(ctx context.Context, _ *load, names *zone, all []*replica) error {
		return replace(ctx, names, all, 0)
	})
	if !errors.Is(err, errFailed) {
		t.Errorf("got %v, want failed calls", err)
	}
}

// TestZone_AnswersWhatWasTrue shows how late the DNS server is.
func TestZone_AnswersWhatWasTrue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		z := &zone{late: time.Second}
		check := func(want string) {
			t.Helper()
			if got := fmt.Sprint(z.known()); got != want {
				t.Errorf("answers %s, want %s", got, want)
			}
		}
		z.set([]*replica{{Server: &server.Server{Host: "127.0.0.1"}}})
		check("[127.0.0.1]")
		z.set([]*replica{{Server: &server.Server{Host: "127.0.0.1"}}, {Server: &server.Server{Host: "127.0.0.2"}}})
		time.Sleep(time.Second - time.Nanosecond)
		check("[127.0.0.1]")
		time.Sleep(time.Nanosecond)
		check("[127.0.0.1 127.0.0.2]")
	})
}
