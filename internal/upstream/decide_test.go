package upstream

import (
	"context"
	"net/http"
	"testing"
	"time"
)

// TestJitter shows that waits are anything from nothing to a bound that grows,
// on top of what the upstream asks for.
func TestJitter(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reached     int
		after       string
		least, most time.Duration
	}{
		{0, "", 0, 50 * time.Millisecond},
		{1, "", 0, 100 * time.Millisecond},
		{2, "", 0, 200 * time.Millisecond},
		{1, "2", 2 * time.Second, 2100 * time.Millisecond},
	} {
		low, high := 0, 0
		for range 1000 {
			o := &outcome{err: &Error{fault: noConnection, answer: answer{header: http.Header{"Retry-After": {c.after}}}}}
			o.decide(context.Background(), &wireLog{limit: 3, reached: c.reached})
			if !o.again || o.delay < c.least || o.delay >= c.most {
				t.Fatalf("reached %d times: %t after %v", c.reached, o.again, o.delay)
			}
			if quarter := (c.most - c.least) / 4; o.delay < c.least+quarter {
				low++
			} else if o.delay > c.most-quarter {
				high++
			}
		}
		if low < 100 || high < 100 {
			t.Errorf("reached %d times: of 1000 waits %d are short and %d long", c.reached, low, high)
		}
	}
}

// TestDecide shows what keeps a call from another attempt.
func TestDecide(t *testing.T) {
	t.Parallel()
	gone, leave := context.WithCancel(t.Context())
	leave()
	soon, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	broke := &Error{fault: noConnection}
	for name, c := range map[string]struct {
		ctx            context.Context
		err            *Error
		reached, limit int
		want           bool
	}{
		"success":                  {soon, nil, 1, 3, false},
		"no connection":            {soon, broke, 0, 1, true},
		"no connection, no bound":  {t.Context(), broke, 0, 1, true},
		"broke, with side effects": {soon, broke, 1, 1, false},
		"broke, without":           {soon, broke, 1, 3, true},
		"broke three times":        {soon, broke, 3, 3, false},
		"caller gone":              {gone, broke, 0, 3, false},
		"timed out":                {soon, &Error{fault: timedOut}, 1, 3, false},
		"bad body":                 {soon, brokenContract("x"), 1, 3, false},
		"suspended":                {soon, suspended(), 0, 3, false},
		"503":                      {soon, (&answer{status: 503}).failure(), 1, 3, true},
		"503, with side effects":   {soon, (&answer{status: 503}).failure(), 1, 1, false},
	} {
		o := &outcome{err: c.err}
		o.decide(c.ctx, &wireLog{limit: c.limit, reached: c.reached})
		if o.again != c.want {
			t.Errorf("%s: again: %t", name, o.again)
		}
	}
}
