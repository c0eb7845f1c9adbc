package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"time"
)

// What the figures of session checks are measured under.
const (
	checkedSessions = 2000
	checkRate       = 5000 // in a second
	checkDelay      = 600 * time.Millisecond
	checkLimit      = 200 // GETs in a second that the upstream answers
	checkDeadline   = 10 * time.Second
)

// checkFlags turn on what is measured, paced a little below the upstream's limit.
var checkFlags = []string{"--session-cache-ttl=30s", "--session-cache-entries=100000", "--upstream-read-rate=190", "--upstream-write-rate=95"}

// unpaced is the cache alone, in front of an upstream without limits.
var unpaced = checkFlags[:2]

// checksRow measures one or more goals of session checks.
type checksRow struct {
	name    string
	measure func(*checksReport) error
}

var checksRows = []checksRow{
	{"steady", (*checksReport).steady},
	{"cpu", (*checksReport).cpu},
	{"joined", (*checksReport).joined},
	{"ended", (*checksReport).ended},
	{"entries", (*checksReport).entries},
	{"fair", (*checksReport).fair},
}

// checksReport is what is measured of session checks.
type checksReport struct {
	*bench
	reached []goal
	notes   []string
	took    time.Duration
}

// sessionChecks measures the rows of given names, or all, prints the table and, if
// asked to, writes it.
func (b *bench) sessionChecks(names string, write bool) error {
	r, began := &checksReport{bench: b}, time.Now()
	var failed []error
	for _, row := range checksRows {
		if names != "" && !slices.Contains(strings.Split(names, ","), row.name) {
			continue
		}
		at := time.Now()
		if err := row.measure(r); err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", row.name, err))
		}
		fmt.Fprintf(os.Stderr, "%s took %s\n", row.name, time.Since(at).Round(time.Second))
	}
	r.took = time.Since(began)
	fmt.Print(r.text())
	if write && len(failed) == 0 {
		failed = append(failed, r.write())
	}
	return errors.Join(failed...)
}

// add adds a goal that has been measured.
func (r *checksReport) add(what string, most, measured float64, unit string) {
	r.reached = append(r.reached, goal{what, most, measured, unit, 0})
}

// note adds what explains a figure.
func (r *checksReport) note(format string, args ...any) {
	r.notes = append(r.notes, fmt.Sprintf(format, args...))
}

// checkJob is a job that checks sessions through the facade.
func checkJob(c *checks) job {
	return job{System: facadeName, Protocol: protocolGRPC, InFlight: 64, Delay: checkDelay, ReadLimit: checkLimit,
		Deadline: checkDeadline, Tolerant: true, Checks: c}
}

// all has checks made a number of times, as many at once as are given, which must
// all be answered.
func (r *checksReport) all(c *checks, inFlight int, delay time.Duration, facade *child) (*result, error) {
	j := checkJob(c)
	j.InFlight, j.Delay, j.ReadLimit = inFlight, delay, 0
	return r.every(j, facade)
}

// every runs a job whose calls must all be answered.
func (r *checksReport) every(j job, facade *child) (*result, error) {
	got, err := r.load(j, facade)
	if err == nil && got.Calls != j.Checks.Total {
		err = fmt.Errorf("%d of %d checks answered; %d refused, %d late, %d failed: %s",
			got.Calls, j.Checks.Total, got.Refused, got.Late, got.Failed, got.FirstFailed)
	}
	return got, err
}

// lost is how many calls were not answered as they should be.
func lost(r *result) float64 { return float64(r.Refused + r.Late + r.Failed + r.Unsent) }

// millis is a time in milliseconds; NaN, which reaches no goal, where there was no call.
func millis(r *result, seconds float64) float64 {
	if r.Calls == 0 {
		return math.NaN()
	}
	return seconds * 1e3
}
