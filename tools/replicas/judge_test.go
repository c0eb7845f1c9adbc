//go:build unix

package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"
)

func refusedWith(t *testing.T, code codes.Code, reason string, after time.Duration) error {
	t.Helper()
	details := []protoadapt.MessageV1{protoadapt.MessageV1Of(&errdetails.ErrorInfo{Reason: reason})}
	if after != 0 {
		details = append(details, protoadapt.MessageV1Of(&errdetails.RetryInfo{RetryDelay: durationpb.New(after)}))
	}
	s, err := status.New(code, "refused").WithDetails(details...)
	if err != nil {
		t.Fatal(err)
	}
	return s.Err()
}

func TestJudge_LetsOnlyPacingRefuse(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		err  error
		want answer
	}{
		{"a response", nil, live},
		{"an end", refusedWith(t, codes.Unauthenticated, "SESSION_EXPIRED", 0), ended},
		{"no token", refusedWith(t, codes.Unauthenticated, "UPSTREAM_REJECTED", 0), failed},
		{"pacing", refusedWith(t, codes.ResourceExhausted, "RATE_LIMITED", time.Second), refused},
		{"pacing that does not say when", refusedWith(t, codes.ResourceExhausted, "RATE_LIMITED", 0), failed},
		{"pacing that says long ago", refusedWith(t, codes.ResourceExhausted, "RATE_LIMITED", -time.Second), failed},
		{"pacing that says tomorrow", refusedWith(t, codes.ResourceExhausted, "RATE_LIMITED", 24*time.Hour), failed},
		{"the upstream's 429", refusedWith(t, codes.ResourceExhausted, "UPSTREAM_REJECTED", time.Second), failed},
		{"too many calls in flight", refusedWith(t, codes.ResourceExhausted, "OVERLOADED", time.Second), failed},
		{"a deadline", status.Error(codes.DeadlineExceeded, "late"), failed},
		{"no status", errors.New("broken"), failed},
	} {
		if got, err := judge(test.err); got != test.want || (err != nil) != (got == failed) {
			t.Errorf("%s: %d, %v, want %d", test.name, got, err, test.want)
		}
	}
	if got, _ := judgeLive(refusedWith(t, codes.Unauthenticated, "SESSION_EXPIRED", 0)); got != failed {
		t.Errorf("a live session that is said to have ended: %d, want %d", got, failed)
	}
}

func TestJudgement_FindsWhatIsLiveBeyondTheBound(t *testing.T) {
	t.Parallel()
	over := time.Now()
	for _, test := range []struct {
		name  string
		after time.Duration
		a     answer
		stale int
	}{
		{"live within it", bound, live, 0},
		{"live beyond it", bound + time.Millisecond, live, 1},
		{"ended beyond it", bound + time.Second, ended, 0},
		{"refused beyond it", bound + time.Second, refused, 0},
	} {
		j := &judgement{}
		j.answered("at replica 1", over, over.Add(test.after), test.a)
		if j.stale != test.stale || j.checks != 1 {
			t.Errorf("%s: %d stale of %d checks, want %d of 1", test.name, j.stale, j.checks, test.stale)
		}
		if said := strings.Contains(j.String(), "at replica 1"); said != (test.stale > 0) {
			t.Errorf("%s: says %q", test.name, j)
		}
	}
}

func TestPercentile_IsOneOfTheTimes(t *testing.T) {
	t.Parallel()
	times := make([]time.Duration, 1000)
	for i := range times {
		times[len(times)-1-i] = time.Duration(i + 1)
	}
	for _, test := range []struct {
		of   []time.Duration
		part float64
		want time.Duration
	}{
		{times, 0.5, 500}, {times, 0.99, 990}, {times, 0.999, 999}, {times, 1, 1000},
		{times[:1], 0.5, 1000}, {times[:1], 0.999, 1000},
		{times[:100], 0.999, 1000}, // of so few, the longest
		{nil, 0.5, time.Hour},
	} {
		if got := percentile(test.of, test.part); got != test.want {
			t.Errorf("%g of %d: %d, want %d", test.part, len(test.of), got, test.want)
		}
	}
}
