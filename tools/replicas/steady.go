//go:build unix

package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/wingspan-grpc/session-facade/config/affinity"
)

// affinityLoad measures replicas that share nothing, each called for sessions of its own.
func affinityLoad(ctx context.Context, r *run) error {
	c, err := r.start(ctx, apart)
	if err != nil {
		return err
	}
	defer c.close()
	_, _, err = r.steady(ctx, c, "affinity by `authorization`", affinity.ServiceConfig)
	return err
}

// turnsLoad measures replicas that share, and are called in turns.
func turnsLoad(ctx context.Context, r *run) error {
	c, err := r.together(ctx)
	if err != nil {
		return err
	}
	before, err := c.statistic(ctx, "memory", "used_memory:")
	if err != nil {
		return err
	}
	checks, operations, err := r.steady(ctx, c, "Redis, called in turns", inTurns)
	if err != nil {
		return err
	}
	r.add("operations of Redis per check", 0.05, operations/checks, "")
	return r.sizes(ctx, c, before)
}

// operations are the scripts that the server of Redis has run for replicas.
func (c *cluster) operations(ctx context.Context) (float64, error) {
	if c.redis[0] == nil {
		return 0, nil
	}
	scripts, err := c.statistic(ctx, "commandstats", "cmdstat_evalsha:calls=")
	if err != nil {
		return 0, err
	}
	others, err := c.statistic(ctx, "commandstats", "cmdstat_eval:calls=")
	return scripts + others, err
}

// steady checks sessions until all replicas know what they come to know, and then measures
// what the upstream is asked, and the server of Redis.
func (r *run) steady(ctx context.Context, c *cluster, how, serviceConfig string) (checks, operations float64, err error) {
	clients, err := c.all(serviceConfig)
	if err != nil {
		return 0, 0, err
	}
	defer closeAll(clients)
	next := chooser(tokens("steady", r.tokens), 1)
	check := func(n int) (answer, error) { return clients[n%len(clients)].check(ctx, next(), nil) }
	var warm, measured tally
	warm.atRate(ctx, r.rate, r.warm, check)
	c.warm = true
	gets, limited := c.upstream.counts()
	operations, err = c.operations(ctx)
	if err != nil {
		return 0, 0, err
	}
	before, err := c.commands(ctx)
	if err != nil {
		return 0, 0, err
	}
	measured.atRate(ctx, r.rate, r.measured, check)
	after, err := c.operations(ctx)
	if err != nil {
		return 0, 0, err
	}
	commands, err := c.commands(ctx)
	if err != nil {
		return 0, 0, err
	}
	if c.redis[0] != nil {
		r.note("Replicas asked Redis for %s.", commands.rates(before, measured.seconds))
	}
	getsAfter, limitedAfter := c.upstream.counts()
	answered := float64(measured.of[live])
	r.add("GETs of the upstream a second: "+how, 80, float64(getsAfter-gets)/measured.seconds, "")
	count, first := measured.failures()
	r.note("%s: %.0f checks/s were answered, %d refused by pacing, %d failed, %d not begun; cold, %d were refused and %d failed; the upstream said 429 %d times cold and %d times afterwards.",
		how, answered/measured.seconds, measured.of[refused], count, measured.unsent, warm.of[refused], warm.of[failed], limited, limitedAfter-limited)
	if count > 0 || answered == 0 {
		return 0, 0, fmt.Errorf("%d calls failed: %s", count, first)
	}
	return answered, after - operations, ctx.Err()
}

// sizes measures what a session takes in the server of Redis.
func (r *run) sizes(ctx context.Context, c *cluster, before float64) error {
	const script = `local n, sum = 0, 0
for _, key in ipairs(redis.call('KEYS', '*:s:*')) do
  n, sum = n + 1, sum + (redis.call('MEMORY', 'USAGE', key) or 0)
end
return n .. ' ' .. sum`
	text, err := c.command(ctx, "EVAL", script, "0")
	if err != nil {
		return err
	}
	var sessions, bytes float64
	if _, err := fmt.Sscan(strings.Trim(text, `"`), &sessions, &bytes); err != nil || sessions == 0 {
		return fmt.Errorf("no sessions in Redis: %q", text)
	}
	after, err := c.statistic(ctx, "memory", "used_memory:")
	r.add("bytes of Redis per session", 1024, bytes/sessions, "")
	r.note("%.0f sessions in Redis; with all that comes with them, its memory has grown by %.0f bytes for each.", sessions, (after-before)/sessions)
	return err
}

// sharedRate is how many sessions a second become known that are of no other use: others take
// a good part of what the upstream allows.
const sharedRate = readLimit / 4

// sharedChecks measures checks of what another replica has asked the upstream for.
func sharedChecks(ctx context.Context, r *run) error {
	direct, end, err := r.underway(ctx)
	if err != nil {
		return err
	}
	defer end()
	all := tokens("shared", r.shared)
	var asked tally
	asked.atRate(ctx, sharedRate, time.Duration(float64(len(all))/(sharedRate)*float64(time.Second)), func(n int) (answer, error) {
		return direct[0].check(ctx, all[n%len(all)], nil)
	})
	if count, first := asked.failures(); count > 0 {
		return fmt.Errorf("%d checks failed: %s", count, first)
	}
	all = all[len(all)/2:] // the others may need to be asked for again
	redis, _, err := onceEach(ctx, direct[1], all)
	if err != nil {
		return err
	}
	r.add("p99 of a check that Redis answers", 5, percentile(redis, 0.99).Seconds()*1e3, "ms")
	_, memory, err := onceEach(ctx, direct[1], all)
	if err != nil {
		return err
	}
	r.note("Of %d checks at another replica, Redis answered %d, %s at the median. Of the same again, memory answered %d, %s at the median, %s at p99.",
		len(all), len(redis), rounded(redis, 0.5), len(memory), rounded(memory, 0.5), rounded(memory, 0.99))
	return nil
}

// rounded is a percentile to be read.
func rounded(times []time.Duration, part float64) time.Duration {
	return percentile(times, part).Round(10 * time.Microsecond)
}
