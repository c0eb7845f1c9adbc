package main

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// sessionsAtOnce are checked and ended at one time; each is followed by another.
	sessionsAtOnce = 4
	// sessionCallers check each session, each with an entry of its own.
	sessionCallers = 4
	// checksOfSession are made before it is ended.
	checksOfSession = 256
	// oneInRenews is how often a check asks the upstream, so that loads are in flight.
	oneInRenews = 25
)

// session is checked from its first check on until a while after its end.
type session struct {
	checks, renewals [sessionCallers]*request
	end              *request
	begun            atomic.Int64 // checks
	ending, ended    atomic.Bool  // the end has been asked for, and has been answered
}

func newSessionOf(prefix string, n int64) *session {
	s, id := &session{}, fmt.Sprintf("%s-%026d", prefix, n)
	for i := range s.checks {
		authorization := fmt.Sprintf("Bearer caller-%d", i)
		s.checks[i] = newRequest(http.MethodGet, id, authorization, "")
		s.renewals[i] = newRequest(http.MethodGet, id, authorization, "no-cache")
	}
	s.end = newRequest(http.MethodDelete, id, "Bearer "+id, "")
	return s
}

// ends checks sessions while others of its callers end them.
type ends struct {
	*job
	current [sessionsAtOnce]atomic.Pointer[session]
	made    atomic.Int64
	over    atomic.Bool

	mu sync.Mutex
	result
}

// endLoop checks sessions by both protocols, and ends them by both.
func (j *job) endLoop(callers []caller) (*result, error) {
	rest := *j
	rest.Protocol, rest.Address = protocolREST, j.Checks.REST
	others, done, err := rest.checkers()
	if err != nil {
		return nil, err
	}
	defer done()
	e := &ends{job: j}
	for i := range e.current {
		e.current[i].Store(newSessionOf(j.Checks.Prefix, e.made.Add(1)))
	}
	began := time.Now()
	var checking, ending sync.WaitGroup
	for i := range 2 * len(callers) { // of either protocol in turn
		a, ok := []caller{callers[i/2], others[i/2]}[i%2].(asker)
		switch {
		case !ok:
			return nil, fmt.Errorf("%T asks for nothing", callers[i/2])
		case i < sessionsAtOnce:
			ending.Go(func() { e.endAll(a, i) })
		default:
			checking.Go(func() { e.checkAll(a, i) })
		}
	}
	checking.Wait()
	e.over.Store(true)
	ending.Wait()
	e.Seconds = time.Since(began).Seconds()
	return &e.result, nil
}

// checkAll checks the sessions of one slot after another.
func (e *ends) checkAll(a asker, slot int) {
	for n := 0; e.Checks.more(); n++ {
		s := e.current[(slot+n)%sessionsAtOnce].Load()
		r := s.checks[n/sessionsAtOnce%sessionCallers]
		if n%oneInRenews == 0 {
			r = s.renewals[n/sessionsAtOnce%sessionCallers]
		}
		ended := s.ended.Load() // before the check begins
		s.begun.Add(1)
		err := a.ask(r, e.Deadline)
		e.note(s, ended, err)
	}
}

// note judges what a check was answered; ended says that the session had ended, for
// all to know, before the check began.
func (e *ends) note(s *session, ended bool, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.Calls++
	switch {
	case err == nil && ended:
		e.Revived++
	case err == nil, errors.Is(err, errEnded) && s.ending.Load():
	default:
		if e.Failed++; e.Failed == 1 {
			e.FirstFailed = err.Error()
		}
	}
}

// endAll ends one session after another, and has each checked for as long again as
// a check may take that began before its end.
func (e *ends) endAll(a asker, slot int) {
	for {
		s := e.current[slot].Load()
		for s.begun.Load() < checksOfSession {
			if e.over.Load() {
				return
			}
			time.Sleep(time.Millisecond)
		}
		s.ending.Store(true)
		if err := a.ask(s.end, e.Deadline); err != nil {
			e.note(s, false, fmt.Errorf("ending a session: %w", err))
			continue
		}
		s.ended.Store(true)
		e.mu.Lock()
		e.Ended++
		e.mu.Unlock()
		time.Sleep(2 * e.Delay)
		e.current[slot].Store(newSessionOf(e.Checks.Prefix, e.made.Add(1)))
	}
}
