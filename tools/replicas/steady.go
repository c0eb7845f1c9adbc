//go:build unix

package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc/metadata"

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
	caller, err := c.all(serviceConfig)
	if err != nil {
		return 0, 0, err
	}
	defer caller.conn.Close()
	next := chooser(tokens("steady", r.tokens), 1)
	check := func(int) (answer, error) { return caller.check(ctx, next(), nil) }
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

// sharedChecks measures checks of what another replica has asked the upstream for, and once
// more of what memory has since.
func sharedChecks(ctx context.Context, r *run) error {
	direct, end, err := r.underway(ctx)
	if err != nil {
		return err
	}
	defer end()
	all := tokens("shared", r.shared)
	var calls tally
	var redis, memory times
	calls.atRate(ctx, sharedRate, time.Duration(float64(len(all))/sharedRate*float64(time.Second)), func(n int) (answer, error) {
		token := all[n%len(all)]
		if a, err := direct[0].check(ctx, token, nil); a != live {
			return a, err
		}
		for range 2 {
			wait(ctx, time.Second)
			if a, err := timed(ctx, direct[1], token, &redis, &memory); a != live {
				return a, err
			}
		}
		return live, nil
	})
	if count, first := calls.failures(); count > 0 {
		return fmt.Errorf("%d checks failed: %s", count, first)
	}
	if len(redis.all) < len(all)*9/10 {
		return fmt.Errorf("of %d of %d sessions Redis told another replica: too few to measure", len(redis.all), len(all))
	}
	r.add("p99 of a check that Redis answers", 5, redis.percentile(0.99).Seconds()*1e3, "ms")
	r.note("Of %d sessions that one replica had asked for, Redis told another of %d, in %s at the median. Memory answered %d checks a second later, in %s at the median, %s at p99.",
		len(all), len(redis.all), redis.rounded(0.5), len(memory.all), memory.rounded(0.5), memory.rounded(0.99))
	return nil
}

// timed is a check that notes what it took by who has answered it.
func timed(ctx context.Context, of *client, token string, redis, memory *times) (answer, error) {
	var header metadata.MD
	began := time.Now()
	a, err := of.check(ctx, token, &header)
	took, how := time.Since(began), strings.Join(header.Get("cache-status"), ",")
	switch {
	case a != live:
	case strings.Contains(how, "detail=shared"):
		redis.note(took)
	case strings.Contains(how, "; hit"):
		memory.note(took)
	}
	return a, err
}

// times are what calls took.
type times struct {
	mu  sync.Mutex
	all []time.Duration
}

func (t *times) note(took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = append(t.all, took)
}

// percentile is for when all calls have ended.
func (t *times) percentile(part float64) time.Duration { return percentile(t.all, part) }

// rounded is a percentile to be read.
func (t *times) rounded(part float64) time.Duration {
	return t.percentile(part).Round(10 * time.Microsecond)
}
