// Package sandbox is a stand-in for the Wingspan Users API: it speaks the
// upstream's REST over net/http and keeps all its state in memory. It is there
// for demonstrations and tests, where no account of the vendor's is at hand.
//
// Three people have accounts; all else begins empty.
//
//	ada@example.com        password "analytical-engine", Google id token
//	                       "sandbox-google-ada"; enjoys a subscription grant
//	grace@example.com      password "compile-the-world", Google id token
//	                       "sandbox-google-grace"; an administrator, who may act
//	                       for others (X-WINGSPAN-USER) and sign in as them
//	katherine@example.com  signs in with a single sign-on code, which
//	                       POST /users/authentication makes and prints
//
// Whatever the live service would mail or text, the sandbox prints, one line
// each; it prints nothing else. A code works once and for ten minutes, a newer
// one replaces it, and five wrong tries make it void (a single sign-on code has
// no owner to count tries against, but can't be guessed). Five wrong passwords in
// a row for an address within a minute close it for 30 s: to sign in with it,
// even with the right one, is answered 429, with Retry-After.
//
// Routes, JSON names and enum words come from the same descriptors as the
// facade's; the behaviours are an ordinary implementation of the generated
// server interface, to which this package leads REST calls. Where the vendor
// leaves open what happens, the sandbox decides as its comments say.
package sandbox

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
)

// maxBodyBytes bounds the body of a request.
const maxBodyBytes = 1 << 20

const requestIDHeader = "X-Request-Id"

// Sandbox is an http.Handler that answers as the upstream does.
type Sandbox struct {
	router     *httprule.Router
	operations map[string]*operation // by full method name

	mu    sync.Mutex // held while a behaviour runs
	users usersv1.SessionAndAuthenticationServiceServer

	printing sync.Mutex // apart from mu, so that a slow terminal holds up only who prints
	codes    io.Writer
}

// Option changes how a sandbox works.
type Option func(*service)

// WithClock makes a sandbox ask now for the time.
func WithClock(now func() time.Time) Option {
	return func(s *service) { s.now = now }
}

// New makes a sandbox with the accounts that Users lists. The codes that a
// person needs are written to codes, a line each. The error names what of the
// service's descriptors cannot be served.
func New(codes io.Writer, options ...Option) (*Sandbox, error) {
	users := newService()
	for _, option := range options {
		option(users)
	}
	return newSandbox(codes, users)
}

func newSandbox(codes io.Writer, users usersv1.SessionAndAuthenticationServiceServer) (*Sandbox, error) {
	described := usersv1.File_wingspan_users_v1_session_and_authentication_service_proto.Services().Get(0)
	rules, err := httprule.Service(described)
	if err != nil {
		return nil, err
	}
	router, err := httprule.NewRouter(rules)
	if err != nil {
		return nil, err
	}
	s := &Sandbox{router: router, operations: make(map[string]*operation, len(rules)), users: users, codes: codes}
	var errs []error
	for _, rule := range rules {
		compiled, err := newOperation(rule)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", rule.FullMethod, err))
		}
		s.operations[rule.FullMethod] = compiled
	}
	return s, errors.Join(errs...)
}

// ServeHTTP implements http.Handler. It may be called concurrently.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set(requestIDHeader, cmp.Or(r.Header.Get(requestIDHeader), rand.Text()))
	body, err := s.answer(w, r)
	if err != nil {
		writeError(w, err)
		return
	}
	if body == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	writeJSON(w, http.StatusOK, body)
}

// answer makes the body of a success; nil where it has none.
func (s *Sandbox) answer(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	op, values, err := s.find(r)
	if err != nil {
		return nil, err
	}
	c := newCall(r.Header)
	if op.rule.HasBody {
		if c.body, err = readBody(w, r); err != nil {
			return nil, err
		}
	}
	query, err := op.rule.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, badRequest(err.Error())
	}
	decode := func(request any) error { return op.decode(request, c.body, values, query) }
	response, err := s.invoke(context.WithValue(r.Context(), callKey{}, c), op, decode)
	if err != nil {
		return nil, err
	}
	if err := s.print(c.lines); err != nil {
		return nil, err
	}
	return op.encode(response)
}

// find returns the operation that a request asks for, and the values in its
// path.
func (s *Sandbox) find(r *http.Request) (*operation, []string, error) {
	rules, values, err := s.router.Match(httprule.RequestPath(r.URL))
	switch {
	case errors.Is(err, httprule.ErrNoRoute):
		return nil, nil, notFound("There is no such path.")
	case err != nil:
		return nil, nil, badRequest(err.Error())
	}
	verbs := make([]string, 0, len(rules))
	for _, rule := range rules {
		if rule.Verb == r.Method {
			return s.operations[rule.FullMethod], values, nil
		}
		verbs = append(verbs, rule.Verb)
	}
	slices.Sort(verbs)
	return nil, nil, methodNotAllowed(strings.Join(verbs, ", "))
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBodyBytes))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, &answerError{status: http.StatusRequestEntityTooLarge, code: "TooLarge", message: "The body is too large."}
	case err != nil:
		return nil, badRequest("The body could not be read.")
	}
	return body, nil
}

// invoke runs an operation's behaviour, one at a time.
func (s *Sandbox) invoke(ctx context.Context, op *operation, decode func(any) error) (any, error) {
	alone := func(ctx context.Context, request any, _ *grpc.UnaryServerInfo, behave grpc.UnaryHandler) (any, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return behave(ctx, request)
	}
	return op.handle(s.users, ctx, decode, alone)
}

// print writes the codes that a call made. Without its code a call would be a
// dead end, so it fails if they can't be written.
func (s *Sandbox) print(lines []string) error {
	if len(lines) == 0 {
		return nil
	}
	s.printing.Lock()
	defer s.printing.Unlock()
	if _, err := io.WriteString(s.codes, strings.Join(lines, "")); err != nil {
		return &answerError{status: http.StatusInternalServerError, code: "Internal", message: "The code could not be printed."}
	}
	return nil
}
