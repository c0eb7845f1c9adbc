package main

import (
	"net/http"
	"sync"
	"time"
)

// sessions is what the stub knows of sessions. Each token that has not been ended
// has one.
type sessions struct {
	mu        sync.Mutex
	ended     map[string]bool
	answering map[string]int // checks that found a live session and are on their way
	limit     float64        // checks in a second; 0 is none
	allowed   float64        // checks left
	at        time.Time      // when allowed was right
	sessionCounts
}

// sessionCounts is what the stub tells of its sessions.
type sessionCounts struct {
	Checks    int64 `json:"checks"`
	Limited   int64 `json:"limited"`   // checks beyond the limit, answered 429
	Overtaken int64 `json:"overtaken"` // ends answered before a check that had found the session alive
}

const sessionPath = "/users/session/token/"

// setLimit sets how many checks are answered in a second.
func (s *sessions) setLimit(limit float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limit, s.allowed, s.at = limit, limit, time.Now()
}

func (s *sessions) counts() sessionCounts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessionCounts
}

// take takes a check from a bucket that holds a second's.
func (s *sessions) take() bool {
	if s.limit == 0 {
		return true
	}
	now := time.Now()
	s.allowed = min(s.limit, s.allowed+s.limit*now.Sub(s.at).Seconds())
	s.at = now
	if s.allowed < 1 {
		return false
	}
	s.allowed--
	return true
}

// check looks at a session at once and tells what it saw after the delay.
func (s *sessions) check(token string, delay time.Duration) (int, string) {
	s.mu.Lock()
	s.Checks++
	if !s.take() {
		s.Limited++
		s.mu.Unlock()
		return http.StatusTooManyRequests, `{"code":"TooManyRequests","message":"Slow down"}`
	}
	live := !s.ended[token]
	if live {
		s.answering[token]++
	}
	s.mu.Unlock()
	time.Sleep(delay)
	if !live {
		return http.StatusForbidden, `{"error":"Session expired"}`
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.answering[token]--; s.answering[token] == 0 {
		delete(s.answering, token)
	}
	return http.StatusOK, `{"expiration":"2099-09-03T19:46:40.748Z","labels":{"team":"payroll"},"sessionType":"User","token":"` +
		token + `","userId":"u-` + token + `"}`
}

// end ends a session, in half the time that a check takes: the answer overtakes
// those of checks that began before.
func (s *sessions) end(token string, delay time.Duration) (int, string) {
	time.Sleep(delay / 4)
	s.mu.Lock()
	s.ended[token] = true
	s.mu.Unlock()
	time.Sleep(delay / 4)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.answering[token] > 0 {
		s.Overtaken++
	}
	return http.StatusNoContent, ""
}
