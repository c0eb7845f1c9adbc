//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
)

const (
	longestFault  = 6 * time.Second
	betweenFaults = time.Second
)

// fault makes something fail for some time.
type fault struct {
	name string
	fail func(ctx context.Context, c *cluster, chosen *rand.Rand, d time.Duration) error
}

var allFaults = []fault{
	{"killed", killed}, {"restored from an old dump", restored}, {"paused", paused}, {"flushed", flushed}, {"failed over", failedOver},
	{"cut off", cutOff}, {"cut off in one direction", oneDirection}, {"held up, then delivered", heldUp}, {"slow", slow},
}

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func killed(ctx context.Context, c *cluster, _ *rand.Rand, d time.Duration) error {
	c.redis[c.leader].Kill()
	wait(ctx, d)
	return c.redis[c.leader].Restart()
}

// restored has the server come back with what it knew a while ago.
func restored(ctx context.Context, c *cluster, _ *rand.Rand, d time.Duration) error {
	if _, err := c.command(ctx, "SAVE"); err != nil {
		return err
	}
	wait(ctx, d)
	return c.redis[c.leader].Restart()
}

func paused(ctx context.Context, c *cluster, _ *rand.Rand, d time.Duration) error {
	if err := c.redis[c.leader].Pause(); err != nil {
		return err
	}
	wait(ctx, d)
	return c.redis[c.leader].Resume()
}

func flushed(ctx context.Context, c *cluster, _ *rand.Rand, _ time.Duration) error {
	_, err := c.command(ctx, "FLUSHALL")
	return err
}

// hold has a proxy pass on later what comes in one direction; 0 is at once. Nothing takes it away
// again: the library stands still where that is done while a connection ends.
func hold(p *toxiproxy.Proxy, stream string, latency, jitter time.Duration) error {
	name := "latency of the " + stream
	text := fmt.Sprintf(`{"name":%q,"type":"latency","stream":%q,"attributes":{"latency":%d,"jitter":%d}}`,
		name, stream, latency.Milliseconds(), jitter.Milliseconds())
	_, err := p.Toxics.UpdateToxicJson(name, strings.NewReader(text))
	if errors.Is(err, toxiproxy.ErrToxicNotFound) {
		_, err = p.Toxics.AddToxicJson(strings.NewReader(text))
	}
	return err
}

// delayed makes the links of one replica or of all slow for a while. Where they are lost at the
// end, nothing of what was sent meanwhile arrives.
func delayed(ctx context.Context, c *cluster, chosen *rand.Rand, d, latency, jitter time.Duration, lost bool, streams ...string) (err error) {
	of := c.proxies[:]
	if one := chosen.IntN(replicas + 1); one < replicas {
		of = of[one : one+1]
	}
	each := func(what func(p *toxiproxy.Proxy, stream string) error) {
		for _, p := range of {
			for _, stream := range streams {
				err = errors.Join(err, what(p, stream))
			}
		}
	}
	each(func(p *toxiproxy.Proxy, stream string) error { return hold(p, stream, latency, jitter) })
	wait(ctx, d)
	for _, p := range of {
		if lost {
			p.Stop()
			err = errors.Join(err, startProxy(ctx, p))
		}
	}
	each(func(p *toxiproxy.Proxy, stream string) error { return hold(p, stream, 0, 0) })
	return err
}

// never is later than all.
const never = time.Hour

var bothWays = []string{"upstream", "downstream"}

func cutOff(ctx context.Context, c *cluster, chosen *rand.Rand, d time.Duration) error {
	return delayed(ctx, c, chosen, d, never, 0, true, bothWays...)
}

func oneDirection(ctx context.Context, c *cluster, chosen *rand.Rand, d time.Duration) error {
	return delayed(ctx, c, chosen, d, never, 0, true, bothWays[chosen.IntN(2)])
}

// heldUp has what was sent meanwhile come late, as the network does when it works again.
func heldUp(ctx context.Context, c *cluster, chosen *rand.Rand, d time.Duration) error {
	return delayed(ctx, c, chosen, d, never, 0, false, [][]string{bothWays[:1], bothWays[1:], bothWays}[chosen.IntN(3)]...)
}

func slow(ctx context.Context, c *cluster, chosen *rand.Rand, d time.Duration) error {
	return delayed(ctx, c, chosen, d, time.Duration(chosen.IntN(300))*time.Millisecond, time.Duration(chosen.IntN(100))*time.Millisecond, false, bothWays...)
}

// failedOver has the second server of Redis take over: what the first has told nobody is
// lost.
func failedOver(ctx context.Context, c *cluster, _ *rand.Rand, d time.Duration) error {
	old := c.leader
	c.redis[old].Kill()
	wait(ctx, d/4)
	return errors.Join(c.lead(ctx), c.redis[old].Restart(), c.follow(ctx, old, c.leader))
}

// happen makes things fail, and tells what how often.
func (r *run) happen(ctx context.Context, c *cluster) (string, error) {
	chosen := rand.New(rand.NewPCG(r.seed, 2))
	counts := map[string]int{}
	for i := range r.faults {
		f := allFaults[chosen.IntN(len(allFaults))]
		if i < len(allFaults) {
			f = allFaults[i] // each once
		}
		d := time.Duration(chosen.Float64() * chosen.Float64() * float64(longestFault))
		fmt.Fprintf(os.Stderr, "%s fault %d: %s for %s\n", time.Now().Format("15:04:05.000"), i+1, f.name, d.Round(time.Millisecond))
		if err := f.fail(ctx, c, chosen, d); err != nil {
			return "", fmt.Errorf("%s: %w", f.name, err)
		}
		counts[f.name]++
		wait(ctx, time.Duration(chosen.Float64()*float64(2*betweenFaults)))
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
	}
	var all []string
	for _, f := range allFaults {
		all = append(all, fmt.Sprintf("%s %d", f.name, counts[f.name]))
	}
	return strings.Join(all, ", "), nil
}
