// Package faults is what makes a sandbox fail as its user wants: by operation, or for all.
package faults

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/wingspan-grpc/session-facade/internal/sandbox/seed"
)

// All is the name under which a fault is every operation's that has none of its own.
const All = "all"

// Bounds of a fault.
const (
	MaxDelay   = time.Minute
	maxSeconds = 86_400  // of Retry-After
	maxBody    = 1 << 16 // of a response
	maxCalls   = 1_000_000
)

// Vendor names the limits that the vendor's API has.
const Vendor = "vendor"

// VendorLimits are those, of each account.
var VendorLimits = Limits{GETsPerSecond: 200, WritesPerSecond: 100}

// Set is all faults that there are at a time.
type Set struct {
	// Operations has faults by the vendor's operation, or All.
	Operations map[string]*Fault `json:"operations,omitempty"`
	// Preset is Vendor, or empty.
	Preset string `json:"preset,omitempty"`
	// Limits are what an account may call, if they are not the preset's.
	Limits *Limits `json:"limits,omitempty"`
}

// Fault is what comes of calls of an operation.
type Fault struct {
	// Status is the response's; 0 lets the call be, once it was delayed.
	Status int `json:"status,omitzero"`
	// Body is the response's JSON; without one, it is as the vendor's errors are.
	Body jsontext.Value `json:"body,omitempty"`
	// RetryAfter is in seconds; 0 is none.
	RetryAfter int `json:"retryAfter,omitzero"`
	// Delay is how long the call waits before anything else, such as 500ms.
	Delay string `json:"delay,omitempty"`
	// Rate is the share of calls that fail, evenly: of 0.5 it is the second, the fourth and
	// so on. Without it, all do.
	Rate *float64 `json:"rate,omitempty"`
	// Times is how many fail before the fault is over; 0 is no end.
	Times int `json:"times,omitzero"`

	delay         time.Duration
	calls, failed int
}

// Limits are how many calls an account may make in each second; 0 is no limit.
type Limits struct {
	GETsPerSecond   int `json:"getsPerSecond,omitzero"`
	WritesPerSecond int `json:"writesPerSecond,omitzero"`
}

// Check finds what is wrong with a set, given the operations that there are. The error is
// a *seed.Error.
func (s *Set) Check(operations []string) error {
	for _, name := range slices.Sorted(maps.Keys(s.Operations)) {
		at := "operations." + name
		switch f := s.Operations[name]; {
		case name != All && !slices.Contains(operations, name):
			return &seed.Error{Member: "operations", Problem: fmt.Sprintf("names %.60q, which is neither an operation of the vendor's nor %s", name, All)}
		case f == nil:
			return &seed.Error{Member: at, Problem: "must be an object"}
		default:
			if err := f.check(at); err != nil {
				return err
			}
		}
	}
	switch {
	case s.Preset != "" && s.Preset != Vendor:
		return &seed.Error{Member: "preset", Problem: "must be " + Vendor}
	case s.Preset != "" && s.Limits != nil:
		return &seed.Error{Member: "limits", Problem: "and preset are alternatives"}
	case s.Limits != nil && !within(s.Limits.GETsPerSecond, maxCalls):
		return &seed.Error{Member: "limits.getsPerSecond", Problem: fmt.Sprintf("must be from 0 to %d", maxCalls)}
	case s.Limits != nil && !within(s.Limits.WritesPerSecond, maxCalls):
		return &seed.Error{Member: "limits.writesPerSecond", Problem: fmt.Sprintf("must be from 0 to %d", maxCalls)}
	}
	return nil
}

func within(n, most int) bool { return n >= 0 && n <= most }

func (f *Fault) check(at string) error {
	var err error
	if f.Delay != "" {
		f.delay, err = time.ParseDuration(f.Delay)
	}
	alone := f.Status == 0
	for _, rule := range []struct {
		broken          bool
		member, problem string
	}{
		{err != nil || f.delay < 0 || f.delay > MaxDelay, ".delay", fmt.Sprintf("must be a duration such as 500ms, of at most %s", MaxDelay)},
		{!alone && (f.Status < 400 || f.Status > 599), ".status", "must be from 400 to 599"},
		{alone && f.delay == 0, "", "needs a status or a delay"},
		{alone && (f.Body != nil || f.RetryAfter != 0), ".status", "is required, to have body or retryAfter"},
		{len(f.Body) > maxBody, ".body", fmt.Sprintf("must be at most %d bytes", maxBody)},
		{!within(f.RetryAfter, maxSeconds), ".retryAfter", fmt.Sprintf("must be from 0 to %d seconds", maxSeconds)},
		{f.Rate != nil && !(*f.Rate > 0 && *f.Rate <= 1), ".rate", "must be more than 0, and at most 1"},
		{!within(f.Times, maxCalls), ".times", fmt.Sprintf("must be from 0 to %d", maxCalls)},
	} {
		if rule.broken {
			return &seed.Error{Member: at + rule.member, Problem: rule.problem}
		}
	}
	return nil
}

// takes counts a call, and says whether it fails.
func (f *Fault) takes() bool {
	if f.Times > 0 && f.failed == f.Times {
		return false
	}
	if f.Rate != nil {
		before := int(float64(f.calls) * *f.Rate)
		if f.calls++; int(float64(f.calls)**f.Rate) == before {
			return false
		}
	}
	f.failed++
	return true
}

// Wait waits for the fault's delay, unless ctx ends before.
func (f *Fault) Wait(ctx context.Context) error {
	if f.delay == 0 {
		return nil
	}
	timer := time.NewTimer(f.delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
