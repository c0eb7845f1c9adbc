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
	overloadCallers  = 4096
	// overloadConnections are those of the gRPC calls, at the peak and beyond.
	overloadConnections = 16
)

// overload finds how many calls the facade answers in a second when it takes a
// bounded number at a time, then begins five times as many, whatever becomes of
// them, and tells how many are still answered in time.
func (b *bench) overload() error {
	seconds := 20 * time.Second
	if b.quick {
		seconds = 5 * time.Second
	}
	fmt.Printf("at most %d calls in flight, %s in the upstream, a deadline of %s, for %s\n\n",
		overloadInFlight, overloadDelay, overloadDeadline, seconds)
	fmt.Println("| protocol | peak, calls/s | begun/s | answered in time/s | to peak | ≥ 0.9? | refused/s | refused in, p50 ms | p99 | answered in, p99 ms | late/s | failed | facade's core | generator's |")
	fmt.Println("|---|--:|--:|--:|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|")
	for _, protocol := range []string{protocolGRPC, protocolREST} {
		if err := b.overloadProtocol(protocol, seconds); err != nil {
			return err
		}
	}
	fmt.Println("\nLate are those beyond the deadline, and those that found no caller free.")
	return nil
}

func (b *bench) overloadProtocol(protocol string, seconds time.Duration) error {
	facade, err := b.startFacade(b.plainURL(), fmt.Sprintf("--max-in-flight=%d", overloadInFlight))
	if err != nil {
		return err
	}
	defer facade.stop()
	j := job{System: facadeName, Protocol: protocol, Op: opGet, InFlight: overloadInFlight, Connections: overloadConnections,
		Delay: overloadDelay, Warmup: time.Second, Measure: 2 * time.Second, Yields: true}
	peak := 0.0
	for range 3 { // the best: what else runs only takes from it
		r, err := b.load(j, facade)
		if err != nil {
			return err
		}
		peak = max(peak, rate(*r))
	}
	j.InFlight, j.Rate, j.Deadline, j.Measure = overloadCallers, overloadFactor*peak, overloadDeadline, seconds
	r, err := b.load(j, facade)
	if err != nil {
		return err
	}
	perSecond := func(n int) string { return number(float64(n) / r.Seconds) }
	met := "yes"
	if rate(*r) < 0.9*peak {
		met = "**no**"
	}
	fmt.Printf("| %s | %s | %s | %s | %.2f | %s | %s | %s | %s | %s | %s | %d | %.0f %% | %.0f %% |\n", protocol, number(peak),
		perSecond(r.Calls+r.Refused+r.Late+r.Failed+r.Unsent), perSecond(r.Calls), rate(*r)/peak, met, perSecond(r.Refused),
		number(r.RefusedP50*1e3), number(r.RefusedP99*1e3), number(r.P99*1e3), perSecond(r.Late+r.Unsent), r.Failed, r.CPU*100, r.OwnCPU*100)
	if r.Failed > 0 {
		fmt.Println("\nfirst failure:", r.FirstFailed)
	}
	return nil
}
