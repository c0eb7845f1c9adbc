//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/health" // clients look at health only with this
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
	"google.golang.org/grpc/status"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
)

// What callers are like.
const (
	deadline   = 10 * time.Second
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

// all are clients of all replicas: of one connection, gRPC allows a hundred calls at a time.
func (c *cluster) all(serviceConfig string) (clients []*client, err error) {
	var addresses []string
	for _, f := range c.facades {
		addresses = append(addresses, f.GRPC)
	}
	const connections = 8
	for range connections {
		one, err := dial(serviceConfig, addresses...)
		if err != nil {
			return nil, err
		}
		clients = append(clients, one)
	}
	return clients, nil
}

func closeAll(clients []*client) {
	for _, c := range clients {
		_ = c.conn.Close()
	}
}

// as is a call's context, with the token of whoever makes it.
func as(ctx context.Context, token string) (context.Context, context.CancelFunc) {
	return context.WithTimeout(metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token), deadline)
}

// answer is how a check was answered.
type answer int

const (
	live answer = iota
	ended
	refused // by pacing, which says when to come again
	failed
)

// check checks a session with its own token. header is filled if it is not nil.
func (c *client) check(ctx context.Context, token string, header *metadata.MD) (answer, error) {
	ctx, cancel := as(ctx, token)
	defer cancel()
	var options []grpc.CallOption
	if header != nil {
		options = append(options, grpc.Header(header))
	}
	response, err := c.GetSession(ctx, &usersv1.GetSessionRequest{Id: token}, options...)
	if err == nil && response.GetSession().GetToken() != token {
		return failed, errors.New("another session than was asked for")
	}
	return judge(err)
}

// judge tells what an error of a call means.
func judge(err error) (answer, error) {
	s := status.Convert(err)
	switch {
	case err == nil:
		return live, nil
	case s.Code() == codes.Unauthenticated && strings.Contains(s.Message(), "Session expired"):
		return ended, nil
	case s.Code() == codes.ResourceExhausted && retryAfter(s) > 0 && retryAfter(s) < time.Minute:
		return refused, nil
	}
	return failed, err
}

// retryAfter is when a call may be made again, as its status says; 0 where it does not.
func retryAfter(s *status.Status) time.Duration {
	for _, detail := range s.Details() {
		if info, ok := detail.(*errdetails.RetryInfo); ok {
			return info.GetRetryDelay().AsDuration()
		}
	}
	return 0
}

// end signs out.
func (c *client) end(ctx context.Context, token string) (answer, error) {
	ctx, cancel := as(ctx, token)
	defer cancel()
	_, err := c.DeleteSession(ctx, &usersv1.DeleteSessionRequest{Id: token})
	return judge(err)
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
	source := rand.New(rand.NewPCG(seed, 1))                        //nolint:gosec // it guards nothing
	zipf := rand.NewZipf(source, zipfFactor, 1, uint64(len(all)-1)) //nolint:gosec // there is one at least
	return func() string {
		mu.Lock()
		defer mu.Unlock()
		return all[zipf.Uint64()]
	}
}

// percentile is the smallest of the times than which no more than a part are longer.
func percentile(times []time.Duration, part float64) time.Duration {
	if len(times) == 0 {
		return time.Hour // there is nothing that could be as wanted
	}
	sorted := slices.Sorted(slices.Values(times))
	return sorted[max(0, min(len(sorted)-1, int(part*float64(len(sorted))+0.9999999)-1))]
}
