package main

import (
	"errors"
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

func (f *fate) end(began time.Time) *result {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.Seconds = time.Since(began).Seconds()
	f.P50, f.P99 = percentiles(f.took)
	f.Refused = len(f.refused)
	f.RefusedP50, f.RefusedP99 = percentiles(f.refused)
	return &f.result
}

// openLoop begins calls at a rate, whatever becomes of those before. A call's
// time counts from when it was due, so that calls that wait for a caller are not
// forgotten; who finds none within the deadline's number of calls is unsent.
func (j *job) openLoop(callers []caller) (*result, error) {
	f := &fate{}
	due := make(chan time.Time, int(j.Rate*j.Deadline.Seconds())+1)
	var running sync.WaitGroup
	for _, c := range callers {
		running.Go(func() {
			for at := range due {
				left := j.Deadline - time.Since(at)
				if left <= 0 {
					f.note(nil, j.Deadline+1, j.Deadline)
					continue
				}
				err := c.call(left)
				f.note(err, time.Since(at), j.Deadline)
			}
		})
	}
	began, sent := time.Now(), 0
	for time.Since(began) < j.Measure {
		time.Sleep(time.Millisecond)
		for ; sent < int(j.Rate*time.Since(began).Seconds()); sent++ {
			select {
			case due <- time.Now():
			default:
				f.Unsent++ // nobody else touches it before the end
			}
		}
	}
	close(due)
	running.Wait()
	return f.end(began), nil
}

// someCalls makes a number of calls by each caller and tells how long they took,
// whatever came of them.
func (j *job) someCalls(callers []caller) (*result, error) {
	f := &fate{}
	began := time.Now()
	var running sync.WaitGroup
	for _, c := range callers {
		running.Go(func() {
			for range j.Calls {
				at := time.Now()
				err := c.call(0)
				f.note(err, time.Since(at), 0)
			}
		})
	}
	running.Wait()
	return f.end(began), nil
}
