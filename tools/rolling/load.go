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
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/health" // clients look at health only with this
	"google.golang.org/grpc/peer"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/test/httpclient"
)

const workers = 8 // for each protocol

// balancing is what a gRPC client is told to do: take turns among the replicas
// that say they serve.
const balancing = `{"loadBalancingConfig": [{"round_robin": {}}],
	"healthCheckConfig": {"serviceName": "wingspan.users.v1.SessionAndAuthenticationService"}}`

// errFailed says that calls have failed.
var errFailed = errors.New("calls have failed")

// protocol is what became of the calls by one protocol.
type protocol struct {
	name  string
	calls atomic.Int64

	mu       sync.Mutex
	failures int
	first    []error
}

func (p *protocol) count(err error) {
	p.calls.Add(1)
	if err == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failures++; len(p.first) < 5 {
		p.first = append(p.first, err)
	}
}

// load calls the replicas until it is finished.
type load struct {
	grpc, rest *protocol
	stop       context.CancelFunc
	running    sync.WaitGroup
	turn       atomic.Int64
}

// newLoad calls the replicas, of which some may not be there yet: over gRPC those that
// the zone names, over REST those that are ready.
func newLoad(ctx context.Context, names *zone, all []*replica) (*load, error) {
	l := &load{grpc: &protocol{name: "gRPC"}, rest: &protocol{name: "REST"}}
	ctx, l.stop = context.WithCancel(ctx)
	conn, err := grpc.NewClient(names.target(),
		grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultServiceConfig(balancing))
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
		r.inTurn.Store(r.Ready(ctx))
		l.running.Go(func() {
			_ = until(ctx, "the end", func() bool {
				r.inTurn.Store(r.Ready(ctx))
				return false
			})
		})
	}
	client := usersv1.NewSessionAndAuthenticationServiceClient(conn)
	for range workers {
		l.keep(ctx, l.grpc, func(get bool) error { return callGRPC(ctx, client, all, get) })
		l.keep(ctx, l.rest, func(get bool) error { return callREST(ctx, proxy.URL, get) })
	}
	return l, nil
}

// keep calls by one protocol over and over: half of the calls may be repeated, half not.
// A call that the end interrupts does not count.
func (l *load) keep(ctx context.Context, p *protocol, call func(get bool) error) {
	l.running.Go(func() {
		for get := true; ctx.Err() == nil; get = !get {
			err := call(get)
			if ctx.Err() != nil {
				return
			}
			p.count(err)
			if err != nil { // so that failures, which are quick, take no CPU from the replicas
				time.Sleep(glance)
			}
		}
	})
}

func callGRPC(ctx context.Context, client usersv1.SessionAndAuthenticationServiceClient, all []*replica, get bool) (err error) {
	var from peer.Peer
	if get {
		_, err = client.ListApiSessions(ctx, &usersv1.ListApiSessionsRequest{}, grpc.Peer(&from))
	} else {
		_, err = client.CreateApiSession(ctx, &usersv1.CreateApiSessionRequest{}, grpc.Peer(&from))
	}
	for _, r := range all {
		if err == nil && from.Addr.String() == r.GRPC {
			r.grpcCalls.Add(1)
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
	response, err := httpclient.Shared.Do(request)
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
			turn := int(l.turn.Add(1))
			for i := range all {
				if next := all[(turn+i)%len(all)]; next.inTurn.Load() {
					next.restCalls.Add(1)
					r.SetURL(&url.URL{Scheme: "http", Host: next.HTTP})
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

// awaitUse waits until both balancers use a replica that is new or was away.
func awaitUse(ctx context.Context, r *replica) error {
	grpcBefore, restBefore := r.grpcCalls.Load(), r.restCalls.Load()
	return until(ctx, "calls to "+r.HTTP, func() bool {
		return r.grpcCalls.Load() > grpcBefore && r.restCalls.Load() > restBefore
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
	for _, p := range []*protocol{l.grpc, l.rest} {
		fmt.Printf("%s: %d calls, %d failures\n", p.name, p.calls.Load(), p.failures)
		for _, err := range p.first {
			fmt.Println("   ", err)
		}
		if p.failures > 0 {
			failed = errFailed
		}
	}
	return failed
}
