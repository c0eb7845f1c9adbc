//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/health" // clients look at health only with this
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
	"google.golang.org/protobuf/proto"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
)

// What callers are like.
const (
	// inTurns has callers use all replicas that say they serve, and repeat nothing.
	inTurns = `{"loadBalancingConfig": [{"round_robin": {}}],
		"healthCheckConfig": {"serviceName": "wingspan.users.v1.SessionAndAuthenticationService"}}`
	deadline   = 10 * time.Second
	patience   = 3 * time.Second // of those whose calls are only load
	maxAtOnce  = 1024
	zipfFactor = 1.1 // of 2,000 sessions, the first has a sixth of all checks
)

// client makes calls of one replica, or of all by a service config.
type client struct {
	conn *grpc.ClientConn
	usersv1.SessionAndAuthenticationServiceClient
}

func dial(serviceConfig string, addresses ...string) (*client, error) {
	known := manual.NewBuilderWithScheme("replicas")
	var state resolver.State
	for _, address := range addresses {
		state.Endpoints = append(state.Endpoints, resolver.Endpoint{Addresses: []resolver.Address{{Addr: address}}})
	}
	known.InitialState(state)
	conn, err := grpc.NewClient("replicas:///service", grpc.WithResolvers(known), grpc.WithDefaultServiceConfig(serviceConfig),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, err
	}
	return &client{conn, usersv1.NewSessionAndAuthenticationServiceClient(conn)}, nil
}

// direct are a client of each replica.
func (c *cluster) direct() (all []*client, err error) {
	for _, f := range c.facades {
		one, err := dial("{}", f.GRPC)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// all is a client of all replicas, with a connection to each.
func (c *cluster) all(serviceConfig string) (*client, error) {
	var addresses []string
	for _, f := range c.facades {
		addresses = append(addresses, f.GRPC)
	}
	return dial(serviceConfig, addresses...)
}

func closeAll(all []*client) {
	for _, c := range all {
		_ = c.conn.Close()
	}
}

// as is a call's context, with the token of whoever makes it.
func as(ctx context.Context, token string) (context.Context, context.CancelFunc) {
	return context.WithTimeout(metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token), deadline)
}

// check checks a session that is live with its own token. header is filled if it is not nil.
func (c *client) check(ctx context.Context, token string, header *metadata.MD) (answer, error) {
	return judgeLive(c.ask(ctx, token, header))
}

func (c *client) ask(ctx context.Context, token string, header *metadata.MD) error {
	ctx, cancel := as(ctx, token)
	defer cancel()
	var options []grpc.CallOption
	if header != nil {
		options = append(options, grpc.Header(header))
	}
	response, err := c.GetSession(ctx, &usersv1.GetSessionRequest{Id: token}, options...)
	if err == nil && response.GetSession().GetToken() != token {
		return errors.New("another session than was asked for")
	}
	return err
}

// end signs out.
func (c *client) end(ctx context.Context, token string) (answer, error) {
	ctx, cancel := as(ctx, token)
	defer cancel()
	_, err := c.DeleteSession(ctx, &usersv1.DeleteSessionRequest{Id: token})
	return judgeLive(err)
}

// signIn brings a session's token.
func (c *client) signIn(ctx context.Context) (string, answer, error) {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	response, err := c.CreateSession(ctx, &usersv1.CreateSessionRequest{Email: proto.String("ada@example.com"), Password: proto.String("analytical-engine")})
	a, err := judgeLive(err)
	return response.GetSession().GetToken(), a, err
}

// tally is what became of calls.
type tally struct {
	mu      sync.Mutex
	of      [failed + 1]int
	unsent  int
	first   []string
	seconds float64
}

func (t *tally) note(a answer, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.of[a]++
	if a == failed && len(t.first) < 5 {
		t.first = append(t.first, fmt.Sprint(time.Now().Format("15:04:05.000"), " ", err))
	}
}

// failures are the calls that failed, and the first of their errors.
func (t *tally) failures() (int, string) { return t.of[failed], strings.Join(t.first, "; ") }

// atRate begins calls at a rate until ctx ends or the time is over, whatever becomes of those before, and returns when
// all have ended.
func (t *tally) atRate(ctx context.Context, perSecond float64, of time.Duration, call func(n int) (answer, error)) {
	places := make(chan struct{}, maxAtOnce)
	var running sync.WaitGroup
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	began := time.Now()
	for sent := 0; ctx.Err() == nil && time.Since(began) < of; <-ticker.C {
		for ; float64(sent) < perSecond*time.Since(began).Seconds(); sent++ {
			select {
			case places <- struct{}{}:
				n := sent
				running.Go(func() {
					t.note(call(n))
					<-places
				})
			default:
				t.unsent++
			}
		}
	}
	t.seconds += time.Since(began).Seconds()
	running.Wait()
}

// load is what goes on while something else is measured.
type load struct {
	tally
	stop func()
}

// underLoad checks sessions in turns until the load is stopped, and returns when all are
// known, and from then on what becomes of checks counts.
func (r *run) underLoad(ctx context.Context, c *cluster) (*load, error) {
	caller, err := c.all(inTurns)
	if err != nil {
		return nil, err
	}
	next := chooser(tokens("steady", r.tokens), 1)
	background := context.WithoutCancel(ctx) // calls that are out may end
	check := func(int) (answer, error) {
		// Whoever waits takes a place: with more patience, few calls would be begun.
		ctx, cancel := context.WithTimeout(background, patience)
		defer cancel()
		return caller.check(ctx, next(), nil)
	}
	if !c.warm {
		var warm tally
		warm.atRate(ctx, r.rate, r.warm, check)
		c.warm = true
	}
	l, done := &load{}, make(chan struct{})
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer close(done)
		l.atRate(ctx, r.rate, longest, check)
	}()
	l.stop = func() {
		cancel()
		<-done
		_ = caller.conn.Close()
	}
	return l, nil
}

// String implements fmt.Stringer: what became of the calls.
func (t *tally) String() string {
	count, first := t.failures()
	return fmt.Sprintf("%d calls answered, %d refused by pacing, %d failed, %d not begun. %s", t.of[live]+t.of[ended], t.of[refused], count, t.unsent, first)
}

// tokens are those of a number of sessions.
func tokens(prefix string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("%s-%026d", prefix, i)
	}
	return all
}

// chooser chooses tokens by Zipf's law, the same in each run.
func chooser(all []string, seed uint64) func() string {
	var mu sync.Mutex
	source := rand.New(rand.NewPCG(seed, 1))
	zipf := rand.NewZipf(source, zipfFactor, 1, uint64(len(all)-1))
	return func() string {
		mu.Lock()
		defer mu.Unlock()
		return all[zipf.Uint64()]
	}
}

// underway are clients of each replica that share, which are under load until end.
func (r *run) underway(ctx context.Context) (direct []*client, end func(), err error) {
	c, err := r.together(ctx)
	if err != nil {
		return nil, nil, err
	}
	if direct, err = c.direct(); err != nil {
		return nil, nil, err
	}
	background, err := r.underLoad(ctx, c)
	if err != nil {
		closeAll(direct)
		return nil, nil, err
	}
	return direct, func() {
		background.stop()
		closeAll(direct)
	}, nil
}
