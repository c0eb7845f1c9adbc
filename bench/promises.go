package main

import (
	"fmt"
	"time"
)

// A hang is an upstream that does not answer in time.
const (
	hang    = 3 * time.Second
	timeout = 300 * time.Millisecond
)

// promises measures what is promised in milliseconds, by each protocol.
func (b *bench) promises() error {
	fmt.Println("| promise | protocol | calls | p50 ms | p99 ms |\n|---|---|--:|--:|--:|")
	for _, protocol := range []string{protocolGRPC, protocolREST} {
		for _, measure := range []func(string) error{b.promiseDeadline, b.promiseShed, b.promiseBreaker} {
			if err := measure(protocol); err != nil {
				return err
			}
		}
	}
	return nil
}

func promiseLine(what, protocol string, calls int, p50, p99 float64) {
	fmt.Printf("| %s | %s | %d | %s | %s |\n", what, protocol, calls, number(p50*1e3), number(p99*1e3))
}

// promiseDeadline has calls run into the facade's own deadline.
func (b *bench) promiseDeadline(protocol string) error {
	facade, err := b.startFacade(b.plainURL(), "--upstream-timeout="+timeout.String(), "--breaker-rate=0")
	if err != nil {
		return err
	}
	defer facade.stop()
	r, err := b.load(job{System: facadeName, Protocol: protocol, Op: opGet, InFlight: 50, Tolerant: true, Measure: 4 * timeout, Delay: hang}, facade)
	if err != nil {
		return err
	}
	late := timeout.Seconds()
	promiseLine("late beyond a deadline, wanted ≤ 50", protocol, r.Failed, r.P50-late, r.P99-late)
	return nil
}

// promiseShed fills the facade and has it refuse what is over.
func (b *bench) promiseShed(protocol string) error {
	const most, over = 8, 8
	facade, err := b.startFacade(b.plainURL(), fmt.Sprintf("--max-in-flight=%d", most))
	if err != nil {
		return err
	}
	defer facade.stop()
	j := job{System: facadeName, Protocol: protocol, Op: opGet, InFlight: most + over, Tolerant: true, Measure: 3 * time.Second, Delay: 200 * time.Millisecond}
	r, err := b.load(j, facade)
	if err != nil {
		return err
	}
	promiseLine("refused while full", protocol, r.Refused, r.RefusedP50, r.RefusedP99)
	return nil
}

// promiseBreaker has the upstream hang until the breaker opens, and has it refuse
// what comes then.
func (b *bench) promiseBreaker(protocol string) error {
	facade, err := b.startFacade(b.plainURL(), "--upstream-timeout="+timeout.String())
	if err != nil {
		return err
	}
	defer facade.stop()
	j := job{System: facadeName, Protocol: protocol, Op: opGet, InFlight: 128, Tolerant: true, Measure: 2 * timeout, Delay: hang}
	if _, err := b.load(j, facade); err != nil {
		return err
	}
	j.InFlight, j.Measure = 8, 3*time.Second
	r, err := b.load(j, facade)
	if err != nil {
		return err
	}
	promiseLine("refused by the breaker", protocol, r.Refused, r.RefusedP50, r.RefusedP99)
	return nil
}
