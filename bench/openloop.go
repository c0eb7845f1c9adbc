package main

import (
	"errors"
	"os"
	"sync"
	"time"
)

// fate is what became of calls whose failures do not end a run.
type fate struct {
	mu      sync.Mutex
	took    []time.Duration
	refused []time.Duration
	result
}

func (f *fate) note(err error, took, deadline time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case errors.Is(err, errRefused):
		f.refused = append(f.refused, took)
	case errors.Is(err, errLoaded):
		f.Loaded++
	case deadline > 0 && took > deadline:
		f.Late++
	case err != nil:
		if f.Failed++; f.Failed == 1 {
			f.FirstFailed = err.Error()
		}
		f.took = append(f.took, took)
	default:
		f.Calls++
		f.took = append(f.took, took)
	}
}

// end sums up; took is how long calls were begun.
func (f *fate) end(took time.Duration) *result {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.Seconds = took.Seconds()
	f.P50, f.P99 = percentiles(f.took)
	f.Refused = len(f.refused)
	f.RefusedP50, f.RefusedP99 = percentiles(f.refused)
	return &f.result
}

// pool holds the callers that are free, each waiting to be told to call. The one
// that was freed last calls next: as many connections are in use as are needed,
// as those do who keep them open for others.
type pool struct {
	mu   sync.Mutex
	free []chan struct{}
}

func (p *pool) put(c chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, c)
}

// begin begins a call; it tells whether there was a caller to make it.
func (p *pool) begin() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := len(p.free) - 1
	if last < 0 {
		return false
	}
	p.free[last] <- struct{}{}
	p.free = p.free[:last]
	return true
}

// close ends the callers, as they become free.
func (p *pool) close(callers int) {
	for callers > 0 {
		p.mu.Lock()
		callers -= len(p.free)
		for _, c := range p.free {
			close(c)
		}
		p.free = nil
		p.mu.Unlock()
		time.Sleep(time.Millisecond)
	}
}

// openLoop begins calls at a rate, whatever becomes of those before. A call that
// finds no caller free is not begun: one that waited here for its turn would only
// tell of this queue.
func (j *job) openLoop(callers []caller) (*result, error) {
	f, p := &fate{}, &pool{}
	var running sync.WaitGroup
	for _, c := range callers { // goroutines that stay need not grow their stacks again
		told := make(chan struct{}, 1)
		p.put(told)
		running.Go(func() {
			for range told {
				at := time.Now()
				err := c.call(j.Deadline)
				f.note(err, time.Since(at), j.Deadline)
				p.put(told)
			}
		})
	}
	before, err := j.busy()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	for sent := 0; time.Since(began) < j.Measure; time.Sleep(time.Millisecond) {
		for ; sent < int(j.Rate*time.Since(began).Seconds()); sent++ {
			if !p.begin() {
				f.Unsent++ // nobody else touches it before the end
			}
		}
	}
	after, err := j.busy()
	took := time.Since(began)
	p.close(len(callers))
	running.Wait()
	r := f.end(took)
	r.CPU, r.OwnCPU = (after.CPU-before.CPU)/took.Seconds(), (after.OwnCPU-before.OwnCPU)/took.Seconds()
	return r, err
}

// busy is the processor time that the measured process and this one have had.
func (j *job) busy() (*result, error) {
	theirs, err := cpuTime(j.PID)
	if err != nil {
		return nil, err
	}
	ours, err := cpuTime(os.Getpid())
	return &result{CPU: theirs.Seconds(), OwnCPU: ours.Seconds()}, err
}

// pause is how long a caller waits who was refused: without it the refusals
// would be measured under a storm of them.
const pause = 2 * time.Millisecond

// tolerantLoop calls over and over, or as many times as it is told, and tells how
// long that took, whatever came of the calls.
func (j *job) tolerantLoop(callers []caller) *result {
	f := &fate{}
	began := time.Now()
	more := func() bool { return time.Since(began) < j.Measure }
	if j.Checks != nil {
		more = j.Checks.more
	}
	var running sync.WaitGroup
	for _, c := range callers {
		running.Go(func() {
			for more() {
				at := time.Now()
				err := c.call(j.Deadline)
				f.note(err, time.Since(at), j.Deadline)
				if errors.Is(err, errRefused) {
					time.Sleep(pause)
				}
			}
		})
	}
	running.Wait()
	return f.end(time.Since(began))
}
