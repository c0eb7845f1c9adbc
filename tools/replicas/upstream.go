//go:build unix

package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// What the upstream is like.
const (
	delay      = 600 * time.Millisecond
	readLimit  = 200 // a second
	writeLimit = 100
)

const sessionPath = "/users/session/token/"

// upstream is one that knows a session for each token that has not been ended.
type upstream struct {
	*httptest.Server
	reads, writes *rate.Limiter // nil: no limit

	mu      sync.Mutex
	ended   map[string]bool
	gets    int
	signIns int
	limited int // 429s
}

// newUpstream starts one, with the vendor's limits or without.
func newUpstream(limits bool) *upstream {
	u := &upstream{ended: map[string]bool{}}
	if limits {
		u.reads, u.writes = rate.NewLimiter(readLimit, readLimit), rate.NewLimiter(writeLimit, writeLimit)
	}
	u.Server = httptest.NewServer(u)
	return u
}

// counts are the GETs so far, and the calls beyond the limits.
func (u *upstream) counts() (gets, limited int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.gets, u.limited
}

// ServeHTTP implements http.Handler.
func (u *upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	status, body := u.respond(r.Method, strings.TrimPrefix(r.URL.Path, sessionPath))
	w.Header().Set("Content-Type", "application/json")
	if status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "1")
	}
	w.WriteHeader(status)
	if status != http.StatusNoContent {
		_, _ = io.WriteString(w, body)
	}
}

func (u *upstream) respond(method, token string) (status int, body string) {
	limit := u.writes
	if method == http.MethodGet {
		limit = u.reads
	}
	allowed := limit == nil || limit.Allow()
	u.mu.Lock()
	if method == http.MethodPost { // a sign-in
		u.signIns++
		token = fmt.Sprintf("in-%026d", u.signIns)
	}
	ended := u.ended[token]
	if method == http.MethodGet {
		u.gets++
	}
	if !allowed {
		u.limited++
	}
	u.mu.Unlock()
	if !allowed {
		return http.StatusTooManyRequests, `{"error":"Too many requests"}`
	}
	time.Sleep(delay / 2)
	if method == http.MethodDelete { // a check that came just before still says that it is live
		u.mu.Lock()
		u.ended[token] = true
		u.mu.Unlock()
		return http.StatusNoContent, ""
	}
	time.Sleep(delay / 2)
	if ended {
		return http.StatusForbidden, `{"error":"Session expired"}`
	}
	return http.StatusOK, fmt.Sprintf(`{"expiration":"2099-09-03T19:46:40.748Z","labels":{"team":"payroll"},"sessionType":"User","token":%q,"userId":"u-%s"}`, token, token)
}
