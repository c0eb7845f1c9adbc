//go:build unix

package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// answer is how a call was answered.
type answer int

const (
	live answer = iota
	ended
	refused // by pacing, which says when to come again
	failed
)

// longestRetry is the longest that pacing may ask a caller to wait: what waits here before
// others has a deadline.
const longestRetry = 2 * deadline

// judge tells what an error of a call means. Only pacing may refuse, and only with the time
// after which to come again: neither the upstream's 429, nor a replica that is overloaded.
func judge(err error) (answer, error) {
	s := status.Convert(err)
	reason, after := refusal(s)
	switch {
	case err == nil:
		return live, nil
	case s.Code() == codes.Unauthenticated && reason == "SESSION_EXPIRED":
		return ended, nil
	case s.Code() == codes.ResourceExhausted && reason == "RATE_LIMITED" && after > 0 && after <= longestRetry:
		return refused, nil
	}
	return failed, fmt.Errorf("%w (%s, to be repeated after %s)", err, reason, after)
}

// judgeLive is judge for sessions that nobody has ended.
func judgeLive(err error) (answer, error) {
	a, err := judge(err)
	if a == ended {
		return failed, errors.New("a session that is live is said to have ended")
	}
	return a, err
}

// refusal is why a call was refused, and when it may be made again, as its status says.
func refusal(s *status.Status) (reason string, after time.Duration) {
	for _, detail := range s.Details() {
		switch info := detail.(type) {
		case *errdetails.ErrorInfo:
			reason = info.GetReason()
		case *errdetails.RetryInfo:
			after = info.GetRetryDelay().AsDuration()
		}
	}
	return reason, after
}

// bound is how long after a sign-out its session may be answered as live, whatever fails.
const bound = 5 * time.Second

// judgement finds sessions that are answered as live after they have ended.
type judgement struct {
	mu       sync.Mutex
	signOuts int
	checks   int // of sessions that had ended
	stale    int // of these, live beyond the bound
	examples []string
	longest  time.Duration
}

// signedOut notes that a sign-out has been answered.
func (j *judgement) signedOut() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.signOuts++
}

// answered judges the answer to a check that was begun after its session's sign-out had been
// answered. What counts is when the answer came.
func (j *judgement) answered(where string, over, came time.Time, a answer) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.checks++
	if a != live {
		return
	}
	after := came.Sub(over)
	j.longest = max(j.longest, after)
	if after > bound {
		if j.stale++; j.stale <= 5 {
			j.examples = append(j.examples, fmt.Sprintf("%s %s: live %s after its end", came.Format("15:04:05.000"), where, after.Round(time.Millisecond)))
		}
	}
}

// String implements fmt.Stringer.
func (j *judgement) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return fmt.Sprintf("%d sign-outs, and %d checks of sessions that had ended, of which the last live answer came %s after the sign-out's. %s",
		j.signOuts, j.checks, j.longest.Round(time.Millisecond), strings.Join(j.examples, "; "))
}

// percentile is the smallest of the times than which no more than a part are longer.
func percentile(times []time.Duration, part float64) time.Duration {
	if len(times) == 0 {
		return time.Hour // there is nothing that could be as wanted
	}
	sorted := slices.Sorted(slices.Values(times))
	rank := int(math.Ceil(part*float64(len(sorted)) - 1e-9)) // of 1,000, 99.9 % are 999, whatever the rounding
	return sorted[max(rank, 1)-1]
}
