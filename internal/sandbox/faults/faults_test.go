package faults_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/sandbox/faults"
	"github.com/wingspan-grpc/session-facade/internal/sandbox/seed"
)

// set makes an injector of a set's JSON.
func set(t *testing.T, text string) *faults.Injector {
	t.Helper()
	parsed := &faults.Set{}
	if err := seed.Unmarshal([]byte(text), parsed); err != nil {
		t.Fatal(err)
	}
	if err := parsed.Check([]string{"getA", "postB"}); err != nil {
		t.Fatal(err)
	}
	i := &faults.Injector{}
	i.Set(parsed)
	return i
}

// pattern tells of calls in a row which fail.
func pattern(i *faults.Injector, operation string, calls int) string {
	var failed strings.Builder
	for range calls {
		if i.For(operation) == nil {
			failed.WriteString(".")
		} else {
			failed.WriteString("x")
		}
	}
	return failed.String()
}

func TestFault_TakesTheCallsThatItShould(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]string{ // of getA and postB
		`{}`:                                     {"......", "......"},
		`{"operations":{"getA":{"status":500}}}`: {"xxxxxx", "......"},
		`{"operations":{"all":{"status":500}}}`:  {"xxxxxx", "xxxxxx"},
		`{"operations":{"all":{"status":500},"postB":{"status":500,"times":2}}}`:   {"xxxxxx", "xx...."},
		`{"operations":{"getA":{"status":500,"rate":0.5}}}`:                        {".x.x.x", "......"},
		`{"operations":{"getA":{"status":500,"rate":0.34}}}`:                       {"..x..x", "......"},
		`{"operations":{"getA":{"status":500,"rate":0.5,"times":2}}}`:              {".x.x..", "......"},
		`{"operations":{"getA":{"delay":"1ms","rate":1},"all":{"delay":"1ms"}}}`:   {"xxxxxx", "xxxxxx"},
		`{"operations":{"getA":{"status":500,"times":0}},"limits":{},"preset":""}`: {"xxxxxx", "......"},
	} {
		i := set(t, text)
		if got := [2]string{pattern(i, "getA", 6), pattern(i, "postB", 6)}; got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
		i.Set(nil)
		if got := pattern(i, "getA", 6); got != "......" {
			t.Errorf("%s: cleared, it still fails: %q", text, got)
		}
	}
}

func TestFault_Waits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fault := set(t, `{"operations":{"getA":{"delay":"1m"}}}`).For("getA")
		began := time.Now()
		if err := fault.Wait(t.Context()); err != nil || time.Since(began) != time.Minute {
			t.Errorf("%v after %s", err, time.Since(began))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began = time.Now()
		if err := fault.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("%v after %s, of a caller who waits a second", err, time.Since(began))
		}
	})
}

// TestLimits_AreOfAnAccountAndASecond: the vendor's, and those that a test sets.
func TestLimits_AreOfAnAccountAndASecond(t *testing.T) {
	t.Parallel()
	began := time.Date(2031, 5, 6, 7, 8, 9, 0, time.UTC)
	allowed := func(i *faults.Injector, account string, write bool, at time.Duration) (n int) {
		for range 300 {
			if i.Allow(account, write, began.Add(at)) {
				n++
			}
		}
		return n
	}
	vendor := set(t, `{"preset":"vendor"}`)
	own := set(t, `{"limits":{"writesPerSecond":3}}`)
	for name, c := range map[string]struct{ got, want int }{ // made in this order
		"the vendor's GETs":              {allowed(vendor, "a", false, 0), 200},
		"the vendor's writes":            {allowed(vendor, "a", true, 0), 100},
		"another account's":              {allowed(vendor, "b", true, 0), 100},
		"GETs in the same second":        {allowed(vendor, "a", false, time.Second-1), 0},
		"writes with limits of our own":  {allowed(own, "a", true, 0), 3},
		"GETs without a limit":           {allowed(own, "a", false, 0), 300},
		"no limits":                      {allowed(set(t, `{}`), "a", true, 0), 300},
		"writes in the next second":      {allowed(own, "a", true, time.Second), 3},
		"writes after the clock is back": {allowed(own, "a", true, -time.Hour), 3},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d, want %d", name, c.got, c.want)
		}
	}
}

func TestCheck_NamesTheMember(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"operations":{"getC":{"status":500}}}`:                       `operations names "getC", which is neither`,
		`{"operations":{"getA":null}}`:                                 `operations.getA must be an object`,
		`{"operations":{"getA":{}}}`:                                   `operations.getA needs a status or a delay`,
		`{"operations":{"getA":{"status":200}}}`:                       `operations.getA.status must be from 400 to 599`,
		`{"operations":{"getA":{"status":600}}}`:                       `operations.getA.status must be from 400 to 599`,
		`{"operations":{"getA":{"status":-1}}}`:                        `operations.getA.status must be from 400 to 599`,
		`{"operations":{"getA":{"status":5e2}}}`:                       `operations.getA.status must be a whole number`,
		`{"operations":{"getA":{"status":99999999999999999999}}}`:      `operations.getA.status must be a whole number`,
		`{"operations":{"getA":{"status":"500"}}}`:                     `operations.getA.status must be a whole number`,
		`{"operations":{"getA":{"delay":"61s"}}}`:                      `operations.getA.delay must be a duration`,
		`{"operations":{"getA":{"delay":"-1s"}}}`:                      `operations.getA.delay must be a duration`,
		`{"operations":{"getA":{"delay":"soon"}}}`:                     `operations.getA.delay must be a duration`,
		`{"operations":{"getA":{"delay":"9999999999h"}}}`:              `operations.getA.delay must be a duration`,
		`{"operations":{"getA":{"delay":"1s","body":{}}}}`:             `operations.getA.status is required`,
		`{"operations":{"getA":{"delay":"1s","retryAfter":1}}}`:        `operations.getA.status is required`,
		`{"operations":{"getA":{"status":500,"retryAfter":-1}}}`:       `operations.getA.retryAfter must be from 0`,
		`{"operations":{"getA":{"status":500,"retryAfter":86401}}}`:    `operations.getA.retryAfter must be from 0`,
		`{"operations":{"getA":{"status":500,"rate":0}}}`:              `operations.getA.rate must be more than 0`,
		`{"operations":{"getA":{"status":500,"rate":1.01}}}`:           `operations.getA.rate must be more than 0`,
		`{"operations":{"getA":{"status":500,"rate":"all"}}}`:          `operations.getA.rate must be a number`,
		`{"operations":{"getA":{"status":500,"times":-1}}}`:            `operations.getA.times must be from 0`,
		`{"operations":{"getA":{"status":500,"body":"` + long + `"}}}`: `operations.getA.body must be at most 65536`,
		`{"operations":{"all":{"status":500},"all":{"status":501}}}`:   `operations.all is there twice`,
		`{"preset":"ours"}`:                                            `preset must be vendor`,
		`{"preset":"vendor","limits":{"getsPerSecond":1}}`:             `limits and preset are alternatives`,
		`{"limits":{"getsPerSecond":-1}}`:                              `limits.getsPerSecond must be from 0`,
		`{"limits":{"writesPerSecond":1000001}}`:                       `limits.writesPerSecond must be from 0`,
		`{"limits":{"writes":1}}`:                                      `limits.writes is unknown`,
	} {
		parsed := &faults.Set{}
		err := seed.Unmarshal([]byte(text), parsed)
		if err == nil {
			err = parsed.Check([]string{"getA", "postB"})
		}
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.80s: %v, want %s", text, err, want)
		}
	}
}

var long = strings.Repeat("x", 1<<16)
