package main

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
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
	j := checkJob(protocolGRPC, &checks{Prefix: "steady", Tokens: checkedSessions, Total: checkedSessions})
	j.InFlight, j.Deadline = checkedSessions, time.Minute
	cold, err := r.load(j, facade)
	if err != nil {
		return err
	}
	j.Deadline, j.Rate, j.Measure = checkDeadline, checkRate, time.Minute
	if r.quick {
		j.Measure = 10 * time.Second
	}
	j.InFlight, j.Connections = 1024, 16
	j.Checks = &checks{Prefix: "steady", Tokens: checkedSessions, Zipf: true, Hits: true}
	refused, asked, hits := cold.Refused, 0.0, map[string]*result{}
	for _, j.Protocol = range []string{protocolGRPC, protocolREST} {
		got, err := r.load(j, facade)
		if err != nil {
			return err
		}
		refused, asked = refused+got.Refused, max(asked, float64(got.Asked)/got.Seconds)
		hits[j.Protocol] = got
		r.noteSteady(j.Protocol, got)
	}
	r.add(fmt.Sprintf("%s checks/s for %s, by gRPC and then by REST: 429s seen by callers", number(checkRate), j.Measure), 0, float64(refused), "")
	r.add("upstream GET/s in steady state", 75, asked, "")
	r.add("p99 of a hit, gRPC, one core", 1, millis(hits[protocolGRPC], hits[protocolGRPC].P99), "ms")
	r.add("p99 of a hit, REST, one core", 1, millis(hits[protocolREST], hits[protocolREST].P99), "ms")
	took := cold.Seconds
	if cold.Calls < checkedSessions {
		took = math.NaN()
		r.note("Cold start: %s of %s sessions known; %d refused, %d late, %d failed: %s", number(float64(cold.Calls)), number(checkedSessions),
			cold.Refused, cold.Late, cold.Failed, cold.FirstFailed)
	}
	r.add(fmt.Sprintf("cold start: %s sessions checked at once, all known, no 429", number(checkedSessions)), 12, took, "s")
	return nil
}

func (r *checksReport) noteSteady(protocol string, got *result) {
	answered := got.Calls + got.Loaded
	r.note("%s: %s checks/s answered, %.2f %% of them hits; p50 of a hit %s ms; the facade took %.0f %% of its core, the load generator %.0f %% of the other; "+
		"%s lost (%d refused, %d late, %d failed, %d not begun).", protocolNames[protocol],
		number(float64(answered)/got.Seconds), 100*float64(got.Calls)/float64(max(answered, 1)), number(millis(got, got.P50)),
		got.CPU*100, got.OwnCPU*100, number(lost(got)), got.Refused, got.Late, got.Failed, got.Unsent)
	if got.Failed > 0 {
		r.note("%s, first failure: %s", protocolNames[protocol], got.FirstFailed)
	}
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

// joined checks one session that is not known, in very many calls at once.
func (r *checksReport) joined() error {
	const calls = 10_000
	facade, err := r.startFacade(r.secureURL(), append([]string{fmt.Sprintf("--max-in-flight=%d", 2*calls)}, unpaced...)...)
	if err != nil {
		return err
	}
	defer facade.stop()
	got, err := r.all(&checks{Prefix: "joined", Tokens: 1, Total: calls}, calls, 4*time.Second, facade)
	if err != nil {
		return err
	}
	r.add(fmt.Sprintf("%s simultaneous checks of one session: calls of the upstream", number(calls)), 1, float64(got.Asked), "")
	return nil
}

// ended ends sessions while they are checked and loaded.
func (r *checksReport) ended() error {
	facade, err := r.startFacade(r.secureURL(), unpaced...)
	if err != nil {
		return err
	}
	defer facade.stop()
	total := 1_000_000
	if r.quick {
		total /= 10
	}
	j := checkJob(protocolGRPC, &checks{Prefix: "ended", Tokens: 1, Total: total, REST: facade.HTTP})
	j.InFlight, j.Delay, j.ReadLimit, j.Measure = 48, 20*time.Millisecond, 0, 3*time.Minute
	got, err := r.load(j, facade)
	if err != nil {
		return err
	}
	if got.Failed > 0 || got.Overtaken == 0 {
		return fmt.Errorf("%d checks failed, %d ends overtook a check: %s", got.Failed, got.Overtaken, got.FirstFailed)
	}
	r.add(fmt.Sprintf("answers from before a DeleteSession, after its answer, in %s checks", number(float64(total))), 0, float64(got.Revived), "")
	r.note("%s sessions were ended, by gRPC and REST; %s of the ends were answered before a check of the same session that the upstream had begun to answer, "+
		"in 20 ms, as live. %s calls of the upstream checked, %s checks/s.", number(float64(got.Ended)), number(float64(got.Overtaken)), number(float64(got.Asked)), number(float64(got.Calls)/got.Seconds))
	return nil
}

// entries fills the cache.
func (r *checksReport) entries() error {
	const entries = 100_000
	facade, err := r.startFacade(r.secureURL(), "--pprof", "--session-cache-ttl=10m", fmt.Sprintf("--session-cache-entries=%d", entries))
	if err != nil {
		return err
	}
	defer facade.stop()
	if err := r.warm(facadeName, facade); err != nil {
		return err
	}
	before, err := r.resident(facade)
	if err != nil {
		return err
	}
	if _, err := r.all(&checks{Prefix: "entries", Tokens: entries, Total: entries}, 64, 0, facade); err != nil {
		return err
	}
	after, err := r.resident(facade)
	if err != nil {
		return err
	}
	metrics, err := r.admin(facade, "/metrics")
	if err != nil {
		return err
	}
	held := 0.0
	for line := range strings.Lines(string(metrics)) {
		if name, value, ok := strings.Cut(line, " "); ok && strings.HasPrefix(name, "session_facade_session_entries") {
			_, _ = fmt.Sscan(value, &held) // 0 where it is no number
		}
	}
	if held < 0.99*entries {
		return fmt.Errorf("it holds %s entries of %s", number(held), number(entries))
	}
	r.add(fmt.Sprintf("memory of %s entries", number(entries)), 100, (after-before)/1024, "MiB")
	return nil
}

// resident is the memory of a process after a collection, in KiB. What is in use then
// is left in bin/entries.pprof.
func (r *checksReport) resident(facade *child) (float64, error) {
	if err := r.save(facade, "heap?gc=1", "entries.pprof"); err != nil {
		return 0, err
	}
	return memory(facade.pid(), "VmRSS")
}

// fair has nine callers check sessions that nobody knows, first alone, then beside
// one who checks twenty times what is its share.
func (r *checksReport) fair() error {
	facade, err := r.startFacade(r.secureURL(), checkFlags...)
	if err != nil {
		return err
	}
	defer facade.stop()
	nine := func(prefix string) job {
		j := checkJob(protocolGRPC, &checks{Prefix: prefix, Tokens: 1 << 30, Callers: 9})
		j.InFlight, j.Rate, j.Measure = 512, 90, 20*time.Second
		return j
	}
	alone, err := r.load(nine("alone"), facade)
	if err != nil {
		return err
	}
	greedy := checkJob(protocolGRPC, &checks{Prefix: "greedy", Tokens: 1 << 30, Callers: 1})
	greedy.InFlight, greedy.Rate, greedy.Measure = 4000, 20*190/10, 20*time.Second
	var flood sync.WaitGroup
	var flooded *result
	var floodErr error
	flood.Go(func() { flooded, floodErr = r.load(greedy, facade) })
	beside, err := r.load(nine("beside"), facade)
	flood.Wait()
	if err := errors.Join(err, floodErr); err != nil {
		return err
	}
	r.add("one caller at 20 times its share, nine at 10/s: lost calls of the nine", 0, lost(beside), "")
	r.add("the same: added to the nine's p99", 100, millis(beside, beside.P99-alone.P99), "ms")
	r.note("The nine: p99 %s ms alone, %s ms beside the one; %s of their calls lost alone. The one: %s calls/s answered, %s refused/s, within %s ms at most of 99 %%; %s late/s.",
		number(alone.P99*1e3), number(beside.P99*1e3), number(lost(alone)), number(rate(*flooded)), number(float64(flooded.Refused)/flooded.Seconds),
		number(flooded.RefusedP99*1e3), number(float64(flooded.Late+flooded.Unsent)/flooded.Seconds))
	return nil
}
