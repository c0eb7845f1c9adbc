package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

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
	r.add(number(calls)+" simultaneous checks of one session: calls of the upstream", 1, float64(got.Asked), "")
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
	j := checkJob(&checks{Prefix: "ended", Tokens: 1, Total: total, REST: facade.HTTP})
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
	before, liveBefore, err := r.resident(facade)
	if err != nil {
		return err
	}
	if _, err := r.all(&checks{Prefix: "entries", Tokens: entries, Total: entries}, 64, 0, facade); err != nil {
		return err
	}
	after, live, err := r.resident(facade)
	if err != nil {
		return err
	}
	held, err := r.figure(facade, "/metrics", "session_facade_session_entries ")
	if err != nil {
		return err
	}
	if held < 0.99*entries {
		return fmt.Errorf("it holds %s entries of %s", number(held), number(entries))
	}
	r.add(number(entries)+" entries: memory of the process after a collection", 100, (after-before)/1024, "MiB")
	r.note("Of what %s entries take, %s MiB are in use; the rest is what Go has for garbage, which may be as much.", number(entries), number((live-liveBefore)/(1<<20)))
	return nil
}

// resident is the memory of a process after a collection, in KiB, and what of its heap
// is in use then, in bytes. What that is is left in bin/entries.pprof.
func (r *checksReport) resident(facade *child) (kib, live float64, err error) {
	if err := r.save(facade, "heap?gc=1", "entries.pprof"); err != nil {
		return 0, 0, err
	}
	if live, err = r.figure(facade, "/debug/pprof/heap?gc=1&debug=1", "# HeapAlloc = "); err != nil {
		return 0, 0, err
	}
	kib, err = memory(facade.pid(), "VmRSS")
	return kib, live, err
}

// figure is the number in a line of the admin port's that begins in a given way.
func (r *checksReport) figure(facade *child, path, prefix string) (float64, error) {
	text, err := r.admin(facade, path)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, prefix); ok {
			return strconv.ParseFloat(strings.TrimSpace(value), 64)
		}
	}
	return 0, fmt.Errorf("%s says nothing of %s", path, prefix)
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
		j := checkJob(&checks{Prefix: prefix, Tokens: 1 << 30, Callers: 9})
		j.InFlight, j.Rate, j.Measure = 512, 90, 15*time.Second
		return j
	}
	alone, err := r.load(nine("alone"), facade)
	if err != nil {
		return err
	}
	greedy := checkJob(&checks{Prefix: "greedy", Tokens: 1 << 30, Callers: 1})
	greedy.InFlight, greedy.Rate, greedy.Measure = 4000, 20*190/10, 15*time.Second
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
