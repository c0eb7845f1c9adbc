// Package sandbox is a stand-in for the Wingspan Users API: it speaks the
// upstream's REST over net/http and keeps all its state in memory. It is there
// for demonstrations and tests, where no account of the vendor's is at hand.
//
// It begins with what seed.Default has, or another such state: users, and perhaps
// sessions. The user without a password signs in with a single sign-on code, which
// POST /users/authentication makes and prints.
//
// Whatever the live service would mail or text, the sandbox prints, one line
// each, and keeps for Messages; it prints nothing else. A code works once and for ten minutes, a newer
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
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	usersv1json "github.com/wingspan-grpc/session-facade/gen/wirejson/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/internal/sandbox/faults"
)

const (
	maxBodyBytes    = 1 << 20 // of a request
	requestIDHeader = "X-Request-Id"
)

// Sandbox is an http.Handler that responds as the upstream does.
type Sandbox struct {
	router     *httprule.Router
	operations map[string]*operation // by full method name
	state      *state
	codes      io.Writer
	faults     faults.Injector
	initial    []byte // what Reset returns to
}

// New makes a sandbox that begins with a state, as package seed has it, and asks now for the
// time. The codes that a person needs are written to codes, a line each; calls do so
// concurrently. The error names the state's member that is wrong (a *seed.Error), or what of
// the service's descriptors cannot be served.
func New(codes io.Writer, now func() time.Time, initial []byte) (*Sandbox, error) {
	described := usersv1.File_wingspan_users_v1_session_and_authentication_service_proto.Services().Get(0)
	rules, err := httprule.Service(described)
	if err != nil {
		return nil, err
	}
	router, err := httprule.NewRouter(rules)
	if err != nil {
		return nil, err
	}
	s := &Sandbox{router: router, operations: make(map[string]*operation, len(rules)), state: newState(now), codes: codes, initial: initial}
	handlers := usersv1.SessionAndAuthenticationService_ServiceDesc.Methods // in the order of the .proto
	var errs []error
	for _, rule := range rules {
		described, _ := proto.GetExtension(rule.Method.Options(), usersv1.E_Operation).(*usersv1.Operation)
		op := &operation{Operation: described, rule: rule, handle: handlers[rule.Method.Index()].Handler}
		op.json, err = usersv1json.Methods.For(rule.FullMethod, rule.HasBody, rule.HasResponseBody())
		errs = append(errs, err)
		s.operations[rule.FullMethod] = op
	}
	return s, errors.Join(append(errs, s.Reset())...)
}

// ServeHTTP implements http.Handler. It may be called concurrently.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set(requestIDHeader, cmp.Or(r.Header.Get(requestIDHeader), rand.Text()))
	switch body, err := s.respond(w, r); {
	case err != nil:
		writeError(w, err)
	case body == nil:
		w.WriteHeader(http.StatusNoContent)
	default:
		writeJSON(w, http.StatusOK, body)
	}
}

// respond makes the body of a success; nil where it has none.
func (s *Sandbox) respond(w http.ResponseWriter, r *http.Request) (body []byte, err error) {
	op, values, err := s.find(r)
	if err != nil {
		return nil, err
	}
	_, query, err := op.rule.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, err.Error())
	}
	if op.rule.HasBody {
		if body, err = readBody(w, r); err != nil {
			return nil, err
		}
	}
	if err := s.fail(r, op); err != nil {
		return nil, err
	}
	c := &call{}
	decode := func(request any) error { return op.decode(request, body, values, query) }
	response, err := op.handle(s.state, r.Context(), decode, s.interceptor(c, op, r, values))
	if err != nil {
		return nil, err
	}
	if c.printed.Len() > 0 { // without its code a call would be a dead end
		if _, err := io.WriteString(s.codes, c.printed.String()); err != nil {
			return nil, &failure{status: http.StatusInternalServerError, code: "Internal", message: "The code could not be printed."}
		}
	}
	if op.json.Response == nil {
		return nil, nil
	}
	return op.json.Response.Append(nil, response)
}

// interceptor runs a behaviour, with the state to itself, for those who may call it.
func (s *Sandbox) interceptor(c *call, op *operation, r *http.Request, values []string) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, request any, _ *grpc.UnaryServerInfo, behave grpc.UnaryHandler) (any, error) {
		s.state.mu.Lock()
		defer s.state.mu.Unlock()
		if err := s.state.authorize(c, op, r.Header, values); err != nil {
			return nil, err
		}
		if err := s.limit(c, r.Method); err != nil {
			return nil, err
		}
		response, err := behave(context.WithValue(ctx, callKey{}, c), request)
		s.state.keep(c.sent)
		return response, err
	}
}

// find returns the operation that a request asks for, and the values in its
// path.
func (s *Sandbox) find(r *http.Request) (*operation, []string, error) {
	rules, values, err := s.router.Match(httprule.RequestPath(r.URL))
	switch {
	case errors.Is(err, httprule.ErrNoRoute):
		return nil, nil, refuse(http.StatusNotFound, "There is no such path.")
	case err != nil:
		return nil, nil, refuse(http.StatusBadRequest, err.Error())
	}
	verbs := make([]string, 0, len(rules))
	for _, rule := range rules {
		if rule.Verb == r.Method {
			return s.operations[rule.FullMethod], values, nil
		}
		verbs = append(verbs, rule.Verb)
	}
	slices.Sort(verbs)
	wrong := refuse(http.StatusMethodNotAllowed, "This path does not have this method.")
	wrong.header = http.Header{"Allow": {strings.Join(verbs, ", ")}}
	return nil, nil, wrong
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBodyBytes))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, &failure{status: http.StatusRequestEntityTooLarge, code: "TooLarge", message: "The body is too large."}
	}
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "The body could not be read.")
	}
	return body, nil
}
