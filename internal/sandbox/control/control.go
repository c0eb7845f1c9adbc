// Package control is the API by which tests and people drive a sandbox: what it sent, its
// users, its clock, its faults and its whole state. openapi.json describes it.
package control

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/sandbox"
	"github.com/wingspan-grpc/session-facade/internal/sandbox/faults"
	"github.com/wingspan-grpc/session-facade/internal/sandbox/seed"
)

// Path is where the API is; all of it is below.
const Path = "/sandbox/"

// The largest bodies of requests, other than a state.
const (
	maxBody   = 1 << 14
	maxFaults = 1 << 21
)

// api has the handlers.
type api struct{ sandbox *sandbox.Sandbox }

// Handler serves the API. Pages of other origins can't call it.
func Handler(s *sandbox.Sandbox) http.Handler {
	a := &api{s}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /sandbox/openapi.json", document(Document()))
	mux.HandleFunc("GET /sandbox/schema.json", document(seed.Schema))
	mux.HandleFunc("GET /sandbox/messages", a.messages)
	mux.HandleFunc("GET /sandbox/users", a.listUsers)
	mux.HandleFunc("POST /sandbox/users", a.createUser)
	mux.HandleFunc("GET /sandbox/clock", a.readClock)
	mux.HandleFunc("POST /sandbox/clock", a.moveClock)
	mux.HandleFunc("GET /sandbox/faults", a.readFaults)
	mux.HandleFunc("PUT /sandbox/faults", a.setFaults)
	mux.HandleFunc("DELETE /sandbox/faults", a.clearFaults)
	mux.HandleFunc("GET /sandbox/state", a.snapshot)
	mux.HandleFunc("PUT /sandbox/state", a.restore)
	mux.HandleFunc("DELETE /sandbox/state", a.reset)
	return http.NewCrossOriginProtection().Handler(mux)
}

// Messages serves what the sandbox sent, and nothing else.
func Messages(s *sandbox.Sandbox) http.Handler {
	return http.HandlerFunc((&api{s}).messages)
}

func document(text []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { writeText(w, http.StatusOK, text) }
}

func (a *api) messages(w http.ResponseWriter, r *http.Request) {
	for name := range r.URL.Query() {
		if name != "userId" {
			writeError(w, &seed.Error{Member: fmt.Sprintf("%.60q", name), Problem: "is no parameter: userId is"})
			return
		}
	}
	write(w, http.StatusOK, map[string]any{"messages": a.sandbox.Messages(r.URL.Query().Get("userId"))})
}

func (a *api) listUsers(w http.ResponseWriter, _ *http.Request) {
	write(w, http.StatusOK, map[string]any{"users": a.sandbox.Users()})
}

func (a *api) createUser(w http.ResponseWriter, r *http.Request) {
	var user seed.User
	err := read(w, r, maxBody, &user)
	if err == nil {
		user, err = a.sandbox.AddUser(user)
	}
	if err != nil {
		writeError(w, err)
		return
	}
	write(w, http.StatusCreated, user)
}

// now is what is told of the clock.
type now struct {
	Now time.Time `json:"now"`
}

func (a *api) readClock(w http.ResponseWriter, _ *http.Request) {
	write(w, http.StatusOK, now{a.sandbox.Now()})
}

func (a *api) moveClock(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Advance string    `json:"advance"`
		Now     time.Time `json:"now"`
	}
	if err := read(w, r, maxBody, &asked); err != nil {
		writeError(w, err)
		return
	}
	by, err := time.ParseDuration(asked.Advance)
	member := "advance"
	move := func(t time.Time) time.Time { return t.Add(by) }
	switch {
	case (asked.Advance == "") == asked.Now.IsZero():
		writeError(w, &seed.Error{Problem: "must have either advance or now"})
		return
	case asked.Advance == "":
		member = "now"
		move = func(time.Time) time.Time { return asked.Now }
	case err != nil:
		writeError(w, &seed.Error{Member: member, Problem: "must be a duration such as 24h or 90s"})
		return
	}
	moved, err := a.sandbox.MoveClock(move)
	if wrong, ok := errors.AsType[*seed.Error](err); ok {
		wrong.Member = member
		writeError(w, wrong)
		return
	}
	write(w, http.StatusOK, now{moved.UTC()})
}

func (a *api) readFaults(w http.ResponseWriter, _ *http.Request) {
	write(w, http.StatusOK, a.sandbox.Faults())
}

func (a *api) setFaults(w http.ResponseWriter, r *http.Request) {
	set := &faults.Set{}
	err := read(w, r, maxFaults, set)
	if err == nil {
		err = a.sandbox.SetFaults(set)
	}
	if err != nil {
		writeError(w, err)
		return
	}
	a.readFaults(w, r)
}

func (a *api) clearFaults(w http.ResponseWriter, _ *http.Request) {
	_ = a.sandbox.SetFaults(&faults.Set{}) // an empty set has nothing wrong
	w.WriteHeader(http.StatusNoContent)
}

func (a *api) snapshot(w http.ResponseWriter, _ *http.Request) {
	text, err := a.sandbox.Snapshot()
	if err != nil {
		writeError(w, err)
		return
	}
	writeText(w, http.StatusOK, text)
}

func (a *api) restore(w http.ResponseWriter, r *http.Request) {
	text, err := body(w, r, seed.MaxBytes)
	if err == nil {
		err = a.sandbox.Restore(text)
	}
	if err != nil {
		writeError(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (a *api) reset(w http.ResponseWriter, _ *http.Request) {
	if err := a.sandbox.Reset(); err != nil {
		writeError(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
