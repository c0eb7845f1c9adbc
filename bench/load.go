package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"

	"github.com/wingspan-grpc/session-facade/test/httpclient"
)

// job is what a load generator, a process of its own, is to do.
type job struct {
	System   string
	CA       string // the file of the upstream's
	Protocol string
	Address  string
	PID      int    // whose processor time counts
	Control  string // the stub's
	Op       string
	List     int
	InFlight int
	// Connections is how many gRPC connections the calls share; 0 is one for each
	// 64 in flight. Any other call in flight has one of its own.
	Connections int
	BodyBytes   int
	Delay       time.Duration // in the upstream
	Warmup      time.Duration
	Measure     time.Duration
	// AtLeast is how many calls end while it measures, which takes longer where
	// they are slow, but not for ever.
	AtLeast int
	// Rate, where it is set, is how many calls begin in a second, whatever becomes
	// of those before; a call is late after Deadline.
	Rate     float64
	Deadline time.Duration
	// Yields says that the generator gets what the upstream, with which it shares
	// cores, leaves it: where it takes all it can get, it would slow that down.
	Yields bool
	// Tolerant runs measure what becomes of calls; failures do not end them.
	Tolerant bool
	// Checks, where they are set, are what is called, not Op.
	Checks *checks
	// Replicas, where they are set, are called in the place of Address, as ServiceConfig says.
	Replicas      []string
	ServiceConfig string
	// ReadLimit is how many checks the upstream answers in a second; 0 is any.
	ReadLimit float64
}

// result is what a load generator has seen while it measured.
type result struct {
	Calls       int
	Seconds     float64
	CPU         float64 // seconds of the measured process
	OwnCPU      float64 // of the load generator, where it may be what is slow
	P50, P99    float64 // seconds
	Opened      int64   // connections to the upstream
	HighMemory  float64 // KiB, of the measured process, at most
	Refused     int
	RefusedP50  float64
	RefusedP99  float64
	Late        int
	Unsent      int // calls of an open loop that found no free caller
	Failed      int
	FirstFailed string

	Loaded    int // checks that the cache has not answered, where only hits count as calls
	Asked     int // checks of the upstream
	Ended     int // sessions
	Overtaken int // of these, those whose end was answered before an earlier check
	Revived   int // checks answered from before an end that had been answered
}

// generatorGC lets the generator's heap grow: what collects it takes from the
// upstream, with which it shares cores.
const generatorGC = 1000

// runLoad is the process of the load generator.
func runLoad(args []string) error {
	var j job
	if err := json.Unmarshal([]byte(args[0]), &j); err != nil {
		return err
	}
	if err := j.setUpstream(); err != nil {
		return err
	}
	callers, done, err := j.callers()
	if err != nil {
		return err
	}
	defer done()
	if j.System == clientName {
		j.PID = os.Getpid() // which is what is measured
	} else {
		debug.SetGCPercent(generatorGC)
	}
	r, err := j.run(callers)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

// run runs the loop of a job, and tells what was asked of the upstream meanwhile.
func (j *job) run(callers []caller) (r *result, err error) {
	before, err := j.ask("")
	if err != nil {
		return nil, err
	}
	switch {
	case j.Checks != nil && j.Checks.REST != "":
		r, err = j.endLoop(callers)
	case j.Rate > 0:
		r, err = j.openLoop(callers)
	case j.Tolerant:
		r = j.tolerantLoop(callers)
	default:
		r, err = j.closedLoop(callers)
	}
	if err != nil {
		return nil, err
	}
	after, err := j.ask("")
	r.Asked, r.Overtaken = int(after.Checks-before.Checks), int(after.Overtaken-before.Overtaken)
	return r, err
}

// callers makes what calls, one for each call in flight.
func (j *job) callers() (all []caller, done func(), err error) {
	if j.Checks != nil {
		return j.checkers()
	}
	o, err := operationOf(j)
	if err != nil {
		return nil, nil, err
	}
	var conns []*grpc.ClientConn
	if j.Protocol == protocolGRPC && j.System != clientName {
		if conns, err = j.dial(); err != nil {
			return nil, nil, err
		}
	}
	client := &http.Client{}
	if j.System == clientName {
		if client.Transport, err = newTransport(j.CA); err != nil {
			return nil, nil, err
		}
	}
	for i := range j.InFlight {
		switch {
		case j.System == clientName:
			all = append(all, &clientCaller{operation: o, client: client, url: j.Address})
		case j.Protocol == protocolGRPC:
			all = append(all, newGRPCCaller(conns[i%len(conns)], o))
		default:
			all = append(all, newHTTPCaller(j.Protocol, j.Address, o))
		}
	}
	return all, func() { closeAll(all, conns) }, nil
}

// target is what is dialled.
func (j *job) target() (string, []grpc.DialOption) {
	if len(j.Replicas) == 0 {
		return "passthrough:///" + j.Address, nil
	}
	return "replicas:///", []grpc.DialOption{grpc.WithResolvers(endpoints(j.Replicas)), grpc.WithDefaultServiceConfig(j.ServiceConfig)}
}

// dial makes the gRPC connections that calls share.
func (j *job) dial() (conns []*grpc.ClientConn, err error) {
	n := j.Connections
	if n == 0 {
		n = (j.InFlight + 63) / 64
	}
	for range n {
		conn, err := dialGRPC(j.target())
		if err != nil {
			return nil, err
		}
		conns = append(conns, conn)
	}
	return conns, nil
}

func closeAll(callers []caller, conns []*grpc.ClientConn) {
	for _, c := range callers {
		c.close()
	}
	for _, conn := range conns {
		_ = conn.Close()
	}
}

// tally is what callers have seen together.
type tally struct {
	calls   atomic.Int64
	measure atomic.Bool
	stop    atomic.Bool

	mu     sync.Mutex
	took   []time.Duration
	failed error
}

// loop calls over and over until it is told to stop, or a call fails.
func (t *tally) loop(c caller) {
	var took []time.Duration
	for !t.stop.Load() {
		began := time.Now()
		if err := c.call(0); err != nil {
			t.mu.Lock()
			defer t.mu.Unlock()
			if !t.stop.Swap(true) {
				t.failed = err // those of the other callers will be the same
			}
			return
		}
		t.calls.Add(1)
		if t.measure.Load() {
			took = append(took, time.Since(began))
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.took = append(t.took, took...)
}

// waitLimit is how long slow calls are waited for beyond the time given.
const waitLimit = 5 * time.Second

// wait waits for a time, and until so many calls have ended since.
func (t *tally) wait(least time.Duration, calls int) {
	began, before := time.Now(), t.calls.Load()
	time.Sleep(least)
	for t.calls.Load() < before+int64(calls) && time.Since(began) < least+waitLimit && !t.stop.Load() {
		time.Sleep(time.Millisecond)
	}
}

// closedLoop keeps a number of calls in flight. What it measures begins and ends
// while they are, so that neither the start nor the end counts.
func (j *job) closedLoop(callers []caller) (*result, error) {
	t := &tally{}
	var running sync.WaitGroup
	for _, c := range callers {
		running.Go(func() { t.loop(c) })
	}
	t.wait(j.Warmup, len(callers)) // each has a connection then
	before, err := j.sample(t)
	if err != nil {
		return nil, err
	}
	t.measure.Store(true)
	t.wait(j.Measure, j.AtLeast)
	t.measure.Store(false)
	after, err := j.sample(t)
	t.stop.Store(true)
	running.Wait()
	if err := errors.Join(err, t.failed); err != nil {
		return nil, err
	}
	after.Calls -= before.Calls
	after.Seconds -= before.Seconds
	after.CPU -= before.CPU
	after.Opened -= before.Opened
	if after.Calls == 0 {
		return nil, errors.New("no call has ended while it was measured")
	}
	after.P50, after.P99 = percentiles(t.took)
	return after, nil
}

// sample reads all counters at one moment.
func (j *job) sample(t *tally) (*result, error) {
	opened, err := j.opened()
	if err != nil {
		return nil, err
	}
	r := &result{Calls: int(t.calls.Load()), Seconds: float64(time.Now().UnixNano()) / 1e9, Opened: opened}
	if j.PID == 0 {
		return r, nil
	}
	used, err := cpuTime(j.PID)
	if err != nil {
		return nil, err
	}
	r.CPU = used.Seconds()
	r.HighMemory, err = memory(j.PID, "VmHWM")
	return r, err
}

func percentiles(took []time.Duration) (p50, p99 float64) {
	if len(took) == 0 {
		return 0, 0
	}
	slices.Sort(took)
	return took[len(took)/2].Seconds(), took[len(took)*99/100].Seconds()
}

// setUpstream tells the stub what to answer, and when.
func (j *job) setUpstream() error {
	_, err := j.ask(fmt.Sprintf("?list=%d&delay=%s&limit=%g", j.List, j.Delay, j.ReadLimit))
	return err
}

// opened is how many connections the upstream has been opened so far.
func (j *job) opened() (int64, error) {
	c, err := j.ask("")
	return c.Connections, err
}

func (j *job) ask(query string) (counts, error) {
	var c counts
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+j.Control+"/"+query, http.NoBody)
	if err != nil {
		return c, err
	}
	response, err := httpclient.Shared.Do(request)
	if err != nil {
		return c, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return c, err
	}
	return c, json.Unmarshal(text, &c)
}
