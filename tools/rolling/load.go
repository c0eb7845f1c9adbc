package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/health" // clients look at health only with this
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
)

const workers = 8 // for each door

// balancing is what a gRPC client is told to do: take turns among the replicas
// that say they serve.
const balancing = `{"loadBalancingConfig": [{"round_robin": {}}],
	"healthCheckConfig": {"serviceName": "wingspan.users.v1.SessionAndAuthenticationService"}}`

// door is what became of the calls to one door.
type door struct {
	name  string
	calls atomic.Int64
	by    [replicas]atomic.Int64 // calls that a replica has answered

	mu       sync.Mutex
	failures int
	first    []error
}

func (d *door) count(err error) {
	d.calls.Add(1)
	if err == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.failures++; len(d.first) < 5 {
		d.first = append(d.first, err)
	}
}

// load calls the replicas until it is finished.
type load struct {
	grpc, rest *door
	stop       context.CancelFunc
	running    sync.WaitGroup
	ready      [replicas]atomic.Bool // as the REST balancer sees it
	turn       atomic.Int64
}

func newLoad(ctx context.Context, all []*replica) (*load, error) {
	l := &load{grpc: &door{name: "gRPC"}, rest: &door{name: "REST"}}
	ctx, l.stop = context.WithCancel(ctx)
	conn, err := dial(all)
	if err != nil {
		return nil, err
	}
	proxy := httptest.NewServer(l.balancer(all))
	context.AfterFunc(ctx, func() {
		l.running.Wait()
		_ = conn.Close()
		proxy.Close()
	})
	for _, r := range all {
		l.ready[r.index].Store(true)
		l.running.Go(func() {
			_ = until(ctx, "the end", func() bool {
				l.ready[r.index].Store(r.ready(ctx))
				return false
			})
		})
	}
	client := usersv1.NewSessionAndAuthenticationServiceClient(conn)
	for range workers {
		l.keep(ctx, l.grpc, func(get bool) error { return l.callGRPC(ctx, client, all, get) })
		l.keep(ctx, l.rest, func(get bool) error { return callREST(ctx, proxy.URL, get) })
	}
	return l, nil
}

// dial connects to all replicas as one.
func dial(all []*replica) (*grpc.ClientConn, error) {
	found := manual.NewBuilderWithScheme("replicas")
	var addresses []resolver.Address
	for _, r := range all {
		addresses = append(addresses, resolver.Address{Addr: r.grpc})
	}
	found.InitialState(resolver.State{Addresses: addresses})
	return grpc.NewClient(found.Scheme()+":///facade", grpc.WithResolvers(found),
		grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultServiceConfig(balancing))
}

// keep calls one door over and over: half of the calls may be repeated, half not.
// A call that the end interrupts does not count.
func (l *load) keep(ctx context.Context, d *door, call func(get bool) error) {
	l.running.Go(func() {
		for get := true; ctx.Err() == nil; get = !get {
			if err := call(get); ctx.Err() == nil {
				d.count(err)
			}
		}
	})
}

func (l *load) callGRPC(ctx context.Context, client usersv1.SessionAndAuthenticationServiceClient, all []*replica, get bool) (err error) {
	var from peer.Peer
	if get {
		_, err = client.ListApiSessions(ctx, &usersv1.ListApiSessionsRequest{}, grpc.Peer(&from))
	} else {
		_, err = client.CreateApiSession(ctx, &usersv1.CreateApiSessionRequest{}, grpc.Peer(&from))
	}
	for _, r := range all {
		if err == nil && from.Addr.String() == r.grpc {
			l.grpc.by[r.index].Add(1)
		}
	}
	return err
}

func callREST(ctx context.Context, base string, get bool) error {
	verb, body := http.MethodPost, "{}"
	if get {
		verb, body = http.MethodGet, ""
	}
	request, err := http.NewRequestWithContext(ctx, verb, base+"/users/session/api", strings.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s %s", verb, response.Status, response.Header.Get("X-Failure"))
	}
	return nil
}

// balancer passes REST calls to the replicas in turn that were ready when it
// looked last. It repeats nothing, but for what net/http does by itself: a GET
// on a connection that turns out to be closed.
func (l *load) balancer(all []*replica) http.Handler {
	return &httputil.ReverseProxy{
		Transport: &http.Transport{MaxIdleConnsPerHost: workers},
		Rewrite: func(r *httputil.ProxyRequest) {
			for range all {
				next := all[l.turn.Add(1)%replicas]
				if l.ready[next.index].Load() {
					l.rest.by[next.index].Add(1)
					r.SetURL(&url.URL{Scheme: "http", Host: next.rest})
					return
				}
			}
			r.SetURL(&url.URL{Scheme: "http", Host: "no-replica-is-ready.invalid"})
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			w.Header().Set("X-Failure", err.Error())
			w.WriteHeader(http.StatusBadGateway)
		},
	}
}

// awaitUse waits until both balancers use a replica that was away.
func (l *load) awaitUse(ctx context.Context, r *replica) error {
	grpcBefore, restBefore := l.grpc.by[r.index].Load(), l.rest.by[r.index].Load()
	return until(ctx, "calls to "+r.rest, func() bool {
		return l.grpc.by[r.index].Load() > grpcBefore && l.rest.by[r.index].Load() > restBefore
	})
}

func (l *load) enough() bool {
	return l.grpc.calls.Load() >= minCalls && l.rest.calls.Load() >= minCalls
}

// finish ends the load and reports it.
func (l *load) finish() error {
	l.stop()
	l.running.Wait()
	var failed error
	for _, d := range []*door{l.grpc, l.rest} {
		fmt.Printf("%s: %d calls, %d failures\n", d.name, d.calls.Load(), d.failures)
		for _, err := range d.first {
			fmt.Println("   ", err)
		}
		if d.failures > 0 {
			failed = errors.New("calls have failed")
		}
	}
	return failed
}
