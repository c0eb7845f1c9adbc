//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/wingspan-grpc/session-facade/config"
	"google.golang.org/protobuf/proto"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
)

// bound is how long after a sign-out its session may be answered as live, whatever
// fails.
const bound = 5 * time.Second

// What callers do while faults come.
const (
	faultRate     = 500 // checks a second
	faultTokens   = 300
	signOutRate   = 4
	signInRate    = 4
	endedRate     = 60 // checks a second of sessions that have ended
	watchedFor    = 20 * time.Second
	longestFault  = 6 * time.Second
	betweenFaults = time.Second
)

// judgement finds sessions that are answered as live after they have ended.
type judgement struct {
	mu      sync.Mutex
	over    map[string]time.Time
	recent  []string
	stale   []string
	longest time.Duration
}

// signedOut notes the response of a sign-out.
func (j *judgement) signedOut(token string, at time.Time) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.over[token] = at
	j.recent = append(j.recent, token)
}

// watched is a session that has ended lately; "" where there is none.
func (j *judgement) watched(n int) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	for len(j.recent) > 0 && time.Since(j.over[j.recent[0]]) > watchedFor {
		j.recent = j.recent[1:]
	}
	if len(j.recent) == 0 {
		return ""
	}
	return j.recent[n%len(j.recent)]
}

// answered judges the answer to a check that was begun at a time.
func (j *judgement) answered(token string, began time.Time, a answer) {
	j.mu.Lock()
	defer j.mu.Unlock()
	over, ok := j.over[token]
	if !ok || a != live || !began.After(over) {
		return
	}
	after := began.Sub(over)
	j.longest = max(j.longest, after)
	if after > bound {
		j.stale = append(j.stale, fmt.Sprintf("%s is live %s after its end", token, after.Round(time.Millisecond)))
	}
}

// fault makes something fail for some time.
type fault struct {
	name string
	fail func(ctx context.Context, c *cluster, chosen *rand.Rand, for_ time.Duration) error
}

var allFaults = []fault{
	{"killed", killed}, {"paused", paused}, {"flushed", flushed}, {"cut off", cutOff}, {"one direction", oneDirection},
	{"slow", slow}, {"failed over", failedOver},
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

// toxic makes the links of one replica or of all fail in a way.
func toxic(ctx context.Context, c *cluster, chosen *rand.Rand, d time.Duration, kind, attributes string, streams ...string) error {
	of := c.proxies[:]
	if one := chosen.IntN(replicas + 1); one < replicas {
		of = of[one : one+1]
	}
	for _, p := range of {
		for _, stream := range streams {
			text := fmt.Sprintf(`{"name":%q,"type":%q,"stream":%q,"attributes":{%s}}`, kind+stream, kind, stream, attributes)
			if _, err := p.Toxics.AddToxicJson(strings.NewReader(text)); err != nil {
				return err
			}
		}
	}
	wait(ctx, d)
	for _, p := range of {
		p.Toxics.ResetToxics(ctx)
	}
	return nil
}

func cutOff(ctx context.Context, c *cluster, chosen *rand.Rand, d time.Duration) error {
	return toxic(ctx, c, chosen, d, "timeout", `"timeout":0`, "upstream", "downstream")
}

func oneDirection(ctx context.Context, c *cluster, chosen *rand.Rand, d time.Duration) error {
	return toxic(ctx, c, chosen, d, "timeout", `"timeout":0`, []string{"upstream", "downstream"}[chosen.IntN(2)])
}

func slow(ctx context.Context, c *cluster, chosen *rand.Rand, d time.Duration) error {
	return toxic(ctx, c, chosen, d, "latency", fmt.Sprintf(`"latency":%d,"jitter":%d`, chosen.IntN(300), chosen.IntN(100)), "upstream", "downstream")
}

// failedOver has the second server of Redis take over: what the first has told nobody is
// lost.
func failedOver(ctx context.Context, c *cluster, _ *rand.Rand, d time.Duration) error {
	old := c.leader
	c.redis[old].Kill()
	wait(ctx, d/4)
	return errors.Join(c.lead(ctx), c.redis[old].Restart(), c.follow(ctx, old, c.leader))
}

// faults calls replicas while faults come at random.
func faults(ctx context.Context, r *run) error {
	c, err := r.start(ctx, true)
	if err != nil {
		return err
	}
	defer c.close()
	clients, err := c.all(config.ServiceConfig)
	if err != nil {
		return err
	}
	defer closeAll(clients)
	direct, err := c.direct()
	if err != nil {
		return err
	}
	defer closeAll(direct)
	calls, stop := context.WithCancel(ctx)
	defer stop()
	j, t := &judgement{over: map[string]time.Time{}}, &tally{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		callers(calls, clients, direct, j, t)
	}()
	wait(ctx, 5*time.Second)
	happened, err := r.happen(ctx, c)
	stop()
	<-done
	if err != nil {
		return err
	}
	count, first := t.failures()
	r.add(fmt.Sprintf("calls that fail while Redis fails %d times", r.faults), 0, float64(count), "")
	r.add("sessions answered as live more than 5 s after their sign-out meanwhile", 0, float64(len(j.stale)), "")
	r.note("Faults by seed %d: %s. %d calls, of which pacing refused %d; %d sign-outs, after which a session was answered as live for %s at most. %s %s",
		r.seed, happened, t.of[live]+t.of[ended]+t.of[refused]+count, t.of[refused], len(j.over), j.longest.Round(time.Millisecond), first, strings.Join(j.stale[:min(len(j.stale), 5)], "; "))
	return ctx.Err()
}

// happen makes things fail, and tells what how often.
func (r *run) happen(ctx context.Context, c *cluster) (string, error) {
	chosen := rand.New(rand.NewPCG(r.seed, 2)) //nolint:gosec // it guards nothing
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

// callers check, sign in and sign out until ctx ends.
func callers(ctx context.Context, clients, direct []*client, j *judgement, t *tally) {
	next := chooser(tokens("fault", faultTokens), 3)
	background := context.WithoutCancel(ctx) // calls that are out may end
	kinds := []struct {
		perSecond float64
		call      func(n int) (answer, error)
	}{
		{faultRate, func(n int) (answer, error) {
			a, err := clients[n%len(clients)].check(background, next(), nil)
			if a == ended {
				return failed, errors.New("a session that is live is said to have ended")
			}
			return a, err
		}},
		{signInRate, func(n int) (answer, error) {
			ctx, cancel := context.WithTimeout(background, deadline)
			defer cancel()
			_, err := clients[n%len(clients)].CreateSession(ctx, &usersv1.CreateSessionRequest{Email: proto.String("ada@example.com"), Password: proto.String("analytical-engine")})
			return judge(err)
		}},
		{signOutRate, func(n int) (answer, error) { return j.signOut(background, direct, n) }},
		{endedRate, func(n int) (answer, error) {
			token := j.watched(n)
			if token == "" {
				return ended, nil
			}
			began := time.Now()
			a, err := direct[n%len(direct)].check(background, token, nil)
			j.answered(token, began, a)
			return a, err
		}},
	}
	var running sync.WaitGroup
	for _, kind := range kinds {
		running.Go(func() {
			own := &tally{}
			own.atRate(ctx, kind.perSecond, longest, kind.call)
			t.add(own)
		})
	}
	running.Wait()
}

// signOut has all replicas know a session, and ends it at one.
func (j *judgement) signOut(ctx context.Context, direct []*client, n int) (answer, error) {
	token := fmt.Sprintf("gone-%026d", n)
	for _, d := range direct {
		if a, err := d.check(ctx, token, nil); a != live {
			return a, err
		}
	}
	a, err := direct[n%len(direct)].end(ctx, token)
	if a == live {
		j.signedOut(token, time.Now())
	}
	return a, err
}

// add adds what became of other calls.
func (t *tally) add(other *tally) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, n := range other.of {
		t.of[i] += n
	}
	t.first = append(t.first, other.first...)
}

// rollingRestart restarts the replicas one after the other under load.
func rollingRestart(ctx context.Context, r *run) error {
	c, err := r.start(ctx, true)
	if err != nil {
		return err
	}
	defer c.close()
	clients, err := c.all(config.ServiceConfig)
	if err != nil {
		return err
	}
	defer closeAll(clients)
	calls, stop := context.WithCancel(ctx)
	defer stop()
	next, t, done := chooser(tokens("restart", faultTokens), 4), &tally{}, make(chan struct{})
	go func() {
		defer close(done)
		t.atRate(calls, r.rate/5, longest, func(n int) (answer, error) {
			return clients[n%len(clients)].check(context.WithoutCancel(calls), next(), nil)
		})
	}()
	wait(ctx, 3*time.Second)
	for _, f := range c.facades {
		if err := errors.Join(f.Terminate(), f.Start(ctx)); err != nil {
			return err
		}
		wait(ctx, 2*time.Second) // callers look for it
	}
	stop()
	<-done
	count, first := t.failures()
	r.add("calls that fail while all replicas are restarted in turn", 0, float64(count+t.of[refused]), "")
	r.note("Restart: %d calls answered, at %.0f a second. %s", t.of[live], r.rate/5, first)
	return ctx.Err()
}
