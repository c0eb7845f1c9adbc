package upstream

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/relay"
)

// TestBackoff shows that waits are anything from nothing to a bound that grows,
// on top of what the upstream asks for.
func TestBackoff(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		failed      Error
		before      tries
		least, most time.Duration
	}{
		{Error{fault: noConnection, progress: unsent}, tries{}, 0, 50 * time.Millisecond},
		{Error{fault: noConnection}, tries{}, 0, 100 * time.Millisecond},
		{Error{fault: noConnection}, tries{reached: 1}, 0, 200 * time.Millisecond},
		{Error{fault: noConnection, progress: notProcessed}, tries{refused: 100}, 0, time.Second},
		{Error{response: relay.Response{Status: 429, Header: http.Header{"Retry-After": {"2"}}}}, tries{}, 2 * time.Second, 2100 * time.Millisecond},
		{Error{response: relay.Response{Status: 429, Header: http.Header{"Ratelimit-Remaining": {"0"}, "Ratelimit-Reset": {"3"}}}}, tries{},
			3 * time.Second, 3100 * time.Millisecond},
		{Error{response: relay.Response{Status: 429, Header: http.Header{"Ratelimit-Remaining": {"1"}, "Ratelimit-Reset": {"3"}}}}, tries{},
			0, 100 * time.Millisecond},
	} {
		low, high := 0, 0
		for range 1000 {
			try := c.before
			try.most = 5
			delay, again := try.next(context.Background(), &c.failed, &budget{most: 1})
			if !again || delay < c.least || delay >= c.most {
				t.Fatalf("%+v: %t after %v", c, again, delay)
			}
			if quarter := (c.most - c.least) / 4; delay < c.least+quarter {
				low++
			} else if delay > c.most-quarter {
				high++
			}
		}
		if low < 100 || high < 100 {
			t.Errorf("%+v: of 1000 waits %d are short and %d long", c, low, high)
		}
	}
}

// TestUntilReset shows what is made of both spellings of a rate limit's end.
func TestUntilReset(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]time.Duration{"0": 0, "60": time.Minute, "": 0, "-1": 0, "soon": 0, "1.5": 0, "1100000000": 0, "99999999999": 0} {
		if got := untilReset(value); got != want {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
	if got := untilReset("2147483647"); got < time.Hour {
		t.Errorf("a moment to come: %v", got)
	}
}

// TestRepeats shows what is followed by another attempt.
func TestRepeats(t *testing.T) {
	t.Parallel()
	gone, leave := context.WithCancel(t.Context())
	leave()
	soon, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	nearly, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	broke, refused := &Error{fault: noConnection}, &Error{fault: noConnection, progress: notProcessed}
	unreached := &Error{fault: noConnection, progress: unsent}
	for name, c := range map[string]struct {
		ctx  context.Context
		err  *Error
		made tries
		want bool
	}{
		"no connection":                      {soon, unreached, tries{most: 1}, true},
		"no connection three times":          {soon, unreached, tries{most: 3, unsent: 2}, false},
		"no connection, the caller repeats":  {soon, unreached, tries{most: 1, callerRetries: true}, false},
		"not processed":                      {soon, refused, tries{most: 1}, true},
		"not processed a hundred times":      {soon, refused, tries{most: 1, refused: 100}, true},
		"not processed, the caller repeats":  {soon, refused, tries{most: 1, callerRetries: true}, true},
		"not processed, no time":             {nearly, refused, tries{most: 1}, false},
		"broke, with side effects":           {soon, broke, tries{most: 1}, false},
		"broke, without":                     {soon, broke, tries{most: 3}, true},
		"broke, without a bound":             {t.Context(), broke, tries{most: 3}, true},
		"broke three times":                  {soon, broke, tries{most: 3, reached: 2}, false},
		"broke twice and much not processed": {soon, broke, tries{most: 3, reached: 1, refused: 50, unsent: 1}, true},
		"the caller is gone":                 {gone, refused, tries{most: 3}, false},
		"timed out":                          {soon, &Error{fault: timedOut}, tries{most: 3}, false},
		"bad body":                           {soon, brokenContract("x"), tries{most: 3}, false},
		"suspended":                          {soon, suspended(), tries{most: 3}, false},
		"no memory":                          {soon, overloaded(soon), tries{most: 3}, false},
		"503":                                {soon, failure(&relay.Response{Status: 503}), tries{most: 3}, true},
		"503, with side effects":             {soon, failure(&relay.Response{Status: 503}), tries{most: 1}, false},
	} {
		if _, again := c.made.next(c.ctx, c.err, &budget{most: 1}); again != c.want {
			t.Errorf("%s: again: %t", name, again)
		}
	}
	spent := &budget{}
	spent.repeats.Store(minBudget)
	spent.calls.Store(1)
	if _, again := (&tries{most: 3}).next(soon, broke, spent); again {
		t.Error("repeated over the budget")
	}
	if _, again := (&tries{most: 3}).next(soon, refused, spent); !again {
		t.Error("what was not processed costs budget")
	}
}
