package main

import (
	"context"
	"errors"
	"testing"

	"google.golang.org/grpc/resolver/dns"

	"github.com/wingspan-grpc/session-facade/internal/testinputs"
)

// TestReplace_LosesCallsBeforeDNSKnows shows that the load notices replicas that go
// before callers can have found their replacements: 0 failures say something.
func TestReplace_LosesCallsBeforeDNSKnows(t *testing.T) {
	testinputs.AddServer(t, "../..")
	ctx, cancel := context.WithTimeout(t.Context(), longest)
	defer cancel()
	binary, err := build(ctx, t.TempDir())
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
