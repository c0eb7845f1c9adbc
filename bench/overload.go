package main

import (
	"fmt"
	"time"
)

const (
	overloadInFlight = 256
	overloadDelay    = 50 * time.Millisecond
	overloadDeadline = time.Second
	overloadFactor   = 5
	overloadCallers  = 2048
)

// overload finds how many calls the facade answers in a second when it takes a
// bounded number at a time, then begins five times as many, whatever becomes of
// them, and tells how many are still answered in time.
func (b *bench) overload() error {
	facade, err := b.startFacade(b.plainURL(), fmt.Sprintf("--max-in-flight=%d", overloadInFlight))
	if err != nil {
		return err
	}
	defer facade.stop()
	seconds := 20 * time.Second
	if b.quick {
		seconds = 5 * time.Second
	}
	fmt.Printf("at most %d calls in flight, %s in the upstream, a deadline of %s, %s\n\n", overloadInFlight, overloadDelay, overloadDeadline, seconds)
	fmt.Println("| door | peak, calls/s | begun/s | answered in time/s | to peak | ≥ 0.9? | refused/s | refused in, p50 ms | p99 | p99 ms of answers | late | failed | not begun |")
	fmt.Println("|---|--:|--:|--:|--:|---|--:|--:|--:|--:|--:|--:|--:|")
	for _, door := range []string{doorGRPC, doorREST} {
		j := job{System: facadeName, Door: door, Op: opGet, InFlight: overloadInFlight, Delay: overloadDelay, Warmup: time.Second, Measure: 3 * time.Second}
		r, err := b.load(j, facade)
		if err != nil {
			return err
		}
		peak := rate(*r)
		j.InFlight, j.Rate, j.Deadline, j.Measure = overloadCallers, overloadFactor*peak, overloadDeadline, seconds
		if r, err = b.load(j, facade); err != nil {
			return err
		}
		perSecond := func(n int) string { return number(float64(n) / r.Seconds) }
		met := "yes"
		if rate(*r) < 0.9*peak {
			met = "**no**"
		}
		begun := r.Calls + r.Refused + r.Late + r.Failed
		fmt.Printf("| %s | %s | %s | %s | %.2f | %s | %s | %s | %s | %s | %d | %d | %d |\n", door, number(peak), perSecond(begun), perSecond(r.Calls),
			rate(*r)/peak, met, perSecond(r.Refused), number(r.RefusedP50*1e3), number(r.RefusedP99*1e3), number(r.P99*1e3), r.Late, r.Failed, r.Unsent)
		if r.Failed > 0 {
			fmt.Println("first failure:", r.FirstFailed)
		}
	}
	return nil
}
