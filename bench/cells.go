package main

import (
	"fmt"
	"os"
	"slices"
	"time"
)

// cell is a line of the comparison: one kind of call to several systems.
type cell struct {
	job     job
	secure  bool // the upstream speaks TLS and HTTP/2
	systems []string

	results map[string][]result
	failed  map[string]error // of peers, which are then left out
}

// newCells lists what is compared.
func newCells() []*cell {
	var cells []*cell
	systems := map[string][]string{
		protocolGRPC: {facadeName, vanguardName},
		protocolREST: {facadeName, vanguardName, proxyName},
	}
	libraries := map[string][]string{
		protocolGRPC: {grpcName, clientName},
		protocolREST: {serverName},
	}
	add := func(j job, secure bool, names []string) {
		cells = append(cells, &cell{job: j, secure: secure, systems: names,
			results: map[string][]result{}, failed: map[string]error{}})
	}
	all := []job{{Op: opGet}, {Op: opCreate}, {Op: opList, List: 20}, {Op: opList, List: 1000}, {Op: opEnd}}
	for _, protocol := range []string{protocolGRPC, protocolREST} {
		for _, secure := range []bool{true, false} { // production's path first
			for _, j := range all {
				names := systems[protocol]
				if j.Op == opGet {
					names = slices.Concat(names, libraries[protocol])
				}
				j.Protocol, j.InFlight = protocol, 64
				add(j, secure, names)
			}
			one := job{Op: opGet, Protocol: protocol, InFlight: 1}
			if protocol == protocolREST && !secure {
				add(one, secure, append(systems[protocol], upstreamName)) // to tell what is added to it
			} else {
				add(one, secure, systems[protocol])
			}
		}
	}
	for _, protocol := range []string{protocolConnect, protocolGRPCWeb} {
		for _, secure := range []bool{true, false} {
			add(job{Op: opGet, Protocol: protocol, InFlight: 64}, secure, []string{facadeName, vanguardName})
		}
	}
	return cells
}

// name says in words what is called.
func (c *cell) name() string {
	name := map[string]string{opGet: "GET one", opCreate: "POST", opList: fmt.Sprintf("list of %d", c.job.List), opEnd: "204"}[c.job.Op]
	if !c.secure {
		name += ", plain HTTP/1.1"
	}
	return name
}

// measureCells measures in rounds, the systems in turn within each, so that what
// else the machine does meets all of them. It leaves rounds out rather than to
// take longer than it may.
func (b *bench) measureCells() ([]*cell, error) {
	cells := newCells()
	for round := range b.rounds {
		began := time.Now()
		for _, c := range cells {
			if err := b.measureCell(c, round); err != nil {
				return nil, err
			}
		}
		b.roundsDone = round + 1
		took := time.Since(began)
		fmt.Fprintf(os.Stderr, "round %d of %d took %s\n", round+1, b.rounds, took.Round(time.Second))
		if time.Until(b.deadline) < took*5/4 && round+1 < b.rounds {
			fmt.Fprintln(os.Stderr, "there is no time for more")
			break
		}
	}
	return cells, nil
}

func (b *bench) measureCell(c *cell, round int) error {
	for i := range c.systems {
		name := c.systems[(i+round)%len(c.systems)]
		if c.failed[name] != nil {
			continue
		}
		j := c.job
		if name == clientName {
			j.Address = b.plainURL()
			if c.secure {
				j.Address = b.secureURL()
			}
		}
		j.System, j.Warmup, j.Measure, j.AtLeast = name, b.warmup, b.measure, b.perCaller*c.job.InFlight
		against := b.plain[name]
		if c.secure {
			against = b.secure[name]
		}
		r, err := b.load(j, against)
		switch {
		case err == nil:
			c.results[name] = append(c.results[name], *r)
		case name != facadeName && name != upstreamName:
			fmt.Fprintln(os.Stderr, "left out:", err)
			c.failed[name] = err
		default:
			return err
		}
	}
	return nil
}

// cpu is the median of a system's processor time per call, in microseconds, and
// how far apart its rounds are, as a part of that.
func (c *cell) cpu(name string) (micros, spread float64) {
	var all []float64
	for _, r := range c.results[name] {
		all = append(all, r.CPU/float64(r.Calls)*1e6)
	}
	if len(all) == 0 {
		return 0, 0
	}
	micros = median(all)
	return micros, (slices.Max(all) - slices.Min(all)) / micros
}

func (c *cell) median(name string, figure func(result) float64) float64 {
	var all []float64
	for _, r := range c.results[name] {
		all = append(all, figure(r))
	}
	return median(all)
}

// median is the middle of some figures; 0 where there are none.
func median(all []float64) float64 {
	if len(all) == 0 {
		return 0
	}
	all = slices.Sorted(slices.Values(all))
	middle := len(all) / 2
	if len(all)%2 == 0 {
		return (all[middle-1] + all[middle]) / 2
	}
	return all[middle]
}

func p50(r result) float64  { return r.P50 }
func p99(r result) float64  { return r.P99 }
func rate(r result) float64 { return float64(r.Calls) / r.Seconds }
