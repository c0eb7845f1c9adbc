package main

import (
	"fmt"
	"math"
	"time"
)

// steady checks all sessions at once, then many times a second for a while, by each
// protocol in turn.
func (r *checksReport) steady() error {
	facade, err := r.startFacade(r.secureURL(), checkFlags...)
	if err != nil {
		return err
	}
	defer facade.stop()
	j := checkJob(&checks{Prefix: "steady", Tokens: checkedSessions, Total: checkedSessions})
	j.InFlight, j.Deadline = checkedSessions, time.Minute
	cold, err := r.load(j, facade)
	if err != nil {
		return err
	}
	j.Deadline, j.Rate, j.Measure = checkDeadline, checkRate, 30*time.Second
	if r.quick {
		j.Measure = 5 * time.Second
	}
	j.InFlight, j.Connections = 1024, 16
	j.Checks = &checks{Prefix: "steady", Tokens: checkedSessions, Zipf: true, Hits: true}
	refused, asked, seconds, p99s := cold.Refused, 0, 0.0, map[string]float64{}
	for _, j.Protocol = range []string{protocolGRPC, protocolREST} {
		got, err := r.load(j, facade)
		if err != nil {
			return err
		}
		refused, asked, seconds = refused+got.Refused, asked+got.Asked, seconds+got.Seconds
		p99s[j.Protocol] = millis(got, got.P99)
		r.noteSteady(j.Protocol, got)
	}
	r.add(fmt.Sprintf("%s checks/s for %s, by gRPC, then by REST: 429s seen by callers", number(checkRate), 2*j.Measure), 0, float64(refused), "")
	r.add("upstream GET/s in steady state", 75, float64(asked)/seconds, "")
	r.add("p99 of a hit, gRPC, one core", 1, p99s[protocolGRPC], "ms")
	r.add("p99 of a hit, REST, one core", 1, p99s[protocolREST], "ms")
	r.addCold(cold)
	return nil
}

// addCold adds what became of the first check of each session, all at once.
func (r *checksReport) addCold(cold *result) {
	took := cold.Seconds
	if cold.Calls < checkedSessions {
		took = math.NaN()
		r.note("Cold start: %d sessions known; %d refused, %d late, %d failed: %s", cold.Calls, cold.Refused, cold.Late, cold.Failed, cold.FirstFailed)
	}
	r.add("cold start: "+number(checkedSessions)+" sessions checked at once, all known, no 429", 12, took, "s")
}

// noteSteady tells what else is to be known of one protocol's checks.
func (r *checksReport) noteSteady(protocol string, got *result) {
	answered := got.Calls + got.Loaded
	r.note("%s: %s checks/s answered, %.2f %% of them hits; p50 of a hit %s ms; the facade took %.0f %% of its core, the load generator %.0f %% of the other; "+
		"not answered: %d refused, %d late, %d not begun, %d failed.", protocolNames[protocol],
		number(float64(answered)/got.Seconds), 100*float64(got.Calls)/float64(max(answered, 1)), number(millis(got, got.P50)),
		got.CPU*100, got.OwnCPU*100, got.Refused, got.Late, got.Unsent, got.Failed)
}

// cpu compares a hit with what the peers take to ask the upstream, in turns.
func (r *checksReport) cpu() (err error) {
	if r.secure[facadeName], err = r.startFacade(r.secureURL(), unpaced...); err != nil {
		return err
	}
	for _, name := range []string{vanguardName, proxyName} {
		if r.secure[name], err = r.startPeer(name, r.secureURL()); err != nil {
			return err
		}
	}
	var cells []*cell
	for _, pair := range [][2]string{{protocolGRPC, vanguardName}, {protocolREST, proxyName}} {
		j := job{Protocol: pair[0], InFlight: 64, Checks: &checks{Prefix: "cpu", Tokens: checkedSessions, Zipf: true}}
		cells = append(cells, &cell{job: j, secure: true, systems: []string{facadeName, pair[1]}, results: map[string][]result{}, failed: map[string]error{}})
	}
	for round := -1; round < r.rounds; round++ {
		for _, c := range cells {
			if round == 0 {
				clear(c.results) // of the round that warmed all of them
			}
			if err := r.measureCell(c, max(round, 0)); err != nil {
				return err
			}
		}
	}
	for _, c := range cells {
		peer, most := c.systems[1], map[string]float64{protocolGRPC: 0.15, protocolREST: 0.60}[c.job.Protocol]
		name := map[string]string{vanguardName: "Vanguard's GET", proxyName: "httputil.ReverseProxy's GET"}[peer]
		r.add(fmt.Sprintf("CPU of a hit, %s, to %s", protocolNames[c.job.Protocol], name), most, c.ratio(peer), "")
		ours, spread := c.cpu(facadeName)
		theirs, _ := c.cpu(peer)
		r.note("CPU by %s: %s µs a hit (rounds %.0f %% apart), %s µs for %s.", protocolNames[c.job.Protocol], number(ours), spread*100, number(theirs), name)
	}
	return nil
}
