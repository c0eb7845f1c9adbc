package main

import (
	"fmt"
	"os"
	"time"

	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"

	"github.com/wingspan-grpc/session-facade/config"
	"github.com/wingspan-grpc/session-facade/config/affinity"
)

// affinityReplicas is how many facades there are.
const affinityReplicas = 3

// affinity compares which part of session checks the replicas know, by how callers find
// them: in turns, by ring_hash and through nginx as deploy/affinity has it.
func (b *bench) affinity() error {
	fmt.Printf("%d replicas with %s; %s checks/s of %s sessions by gRPC, by Zipf's law; the upstream takes %s and has no limit.\n\n",
		affinityReplicas, unpaced[0], number(checkRate), number(checkedSessions), checkDelay)
	fmt.Print("| callers find a replica | upstream GET/s | known to the replica | busiest replica | p50, p99 of a hit | checks/s | not answered |\n|---|--:|--:|--:|--:|--:|--:|\n")
	for _, way := range []struct {
		name, serviceConfig string
		proxy               bool
	}{
		{name: "in turns: `round_robin`", serviceConfig: config.ServiceConfig},
		{name: "by `authorization`: `ring_hash`", serviceConfig: affinity.ServiceConfig},
		{name: "by `authorization`: nginx", proxy: true},
	} {
		row, err := b.affinityRow(way.serviceConfig, way.proxy)
		if err != nil {
			return fmt.Errorf("%s: %w", way.name, err)
		}
		fmt.Printf("| %s | %s |\n", way.name, row)
	}
	return nil
}

// affinityRow checks sessions until all replicas know what they come to know, and then
// measures for more than the time after which each session is asked for again.
func (b *bench) affinityRow(serviceConfig string, proxy bool) (row string, err error) {
	j := checkJob(&checks{Prefix: "affinity", Tokens: checkedSessions, Zipf: true, Hits: true})
	j.ReadLimit, j.Rate, j.InFlight, j.Connections = 0, checkRate, 1024, 16
	var facades []*child
	var addresses []string // of their HTTP ports
	for range affinityReplicas {
		facade, err := b.startFacade(b.secureURL(), unpaced...)
		if err != nil {
			return "", err
		}
		defer facade.stop() // when the row is done
		facades, addresses = append(facades, facade), append(addresses, facade.HTTP)
		j.Replicas = append(j.Replicas, facade.GRPC)
	}
	j.ServiceConfig = serviceConfig
	against := facades[0]
	if proxy {
		j.Replicas = nil
		if against, err = b.startNginx(addresses); err != nil {
			return "", err
		}
		defer against.stop()
	}
	warmup := j
	if j.Measure, warmup.Measure = time.Minute, 30*time.Second; b.quick {
		j.Measure, warmup.Measure = 10*time.Second, 5*time.Second
	}
	if _, err = b.load(warmup, against); err != nil {
		return "", err
	}
	return b.affinityMeasured(j, against, facades)
}

// affinityMeasured runs a job and notes what the replicas took.
func (b *bench) affinityMeasured(j job, against *child, facades []*child) (row string, err error) {
	before, err := busyTimes(facades)
	if err != nil {
		return "", err
	}
	got, err := b.load(j, against)
	if err != nil {
		return "", err
	}
	fmt.Fprintf(os.Stderr, "%d calls refused, %d late, %d not begun, %d failed: %s; the load generator took %.0f %% of its core\n",
		got.Refused, got.Late, got.Unsent, got.Failed, got.FirstFailed, got.OwnCPU*100)
	after, err := busyTimes(facades)
	return got.affinityCells(before, after), err
}

// affinityCells is what the table has of one way.
func (r *result) affinityCells(before, after []time.Duration) string {
	var all, most time.Duration
	for i := range after {
		took := after[i] - before[i]
		all, most = all+took, max(most, took)
	}
	answered := r.Calls + r.Loaded
	return fmt.Sprintf("%s | %.1f %% | %.0f %% of the CPU | %s, %s ms | %s | %s", number(float64(r.Asked)/r.Seconds),
		100*float64(r.Calls)/float64(max(answered, 1)), 100*float64(most)/float64(max(all, 1)),
		number(millis(r, r.P50)), number(millis(r, r.P99)), number(float64(answered)/r.Seconds), number(lost(r)))
}

// busyTimes is the processor time that each process has had.
func busyTimes(processes []*child) (times []time.Duration, err error) {
	for _, p := range processes {
		took, err := cpuTime(p.pid())
		if err != nil {
			return nil, err
		}
		times = append(times, took)
	}
	return times, nil
}

// endpoints is a resolver that knows replicas.
func endpoints(addresses []string) resolver.Builder {
	known := manual.NewBuilderWithScheme("replicas")
	var state resolver.State
	for _, address := range addresses {
		state.Endpoints = append(state.Endpoints, resolver.Endpoint{Addresses: []resolver.Address{{Addr: address}}})
	}
	known.InitialState(state)
	return known
}
