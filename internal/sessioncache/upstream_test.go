package sessioncache

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/apierror"
	"github.com/wingspan-grpc/session-facade/internal/relay"
)

// fate is what becomes of a call of the upstream.
type fate string

const (
	served      fate = ""             // it is
	withCookie  fate = "with cookie"  // it is, and sets a cookie
	unreachable fate = "unreachable"  // it never arrives
	limited     fate = "limited"      // 429
	rejected    fate = "rejected"     // another 4xx, and nothing is done
	failsBefore fate = "fails before" // 5xx, and nothing is done
	failsAfter  fate = "fails after"  // 5xx, and yet it is done
	hangs       fate = "hangs"        // no response, and nothing is done
	lost        fate = "lost"         // no response, and yet it is done
	late        fate = "late"         // no response, and it is done afterwards
	broken      fate = "broken"       // a success that nobody can read
	panics      fate = "panics"
	queued      fate = "queued"    // it waits for its turn for as long as it may
	noTurn      fate = "no turn"   // the facade does not send it
	suspended   fate = "suspended" // nor this one
)

// callPlan is how a call of the upstream goes: how long it waits for its turn, if it is a check,
// takes until it is decided, and from then on.
type callPlan struct {
	turn, before, after time.Duration
	fate                fate
}

// fakeUpstream is an upstream in memory, with a clock of its bubble.
type fakeUpstream struct {
	mu       sync.Mutex
	sessions sessions
	expires  map[string]time.Time
	plans    []callPlan // of each call, in turn; the last one is of all others
	endPlans []callPlan // of each call that is no check, if they have their own
	calls    []string   // methods
	asked    []checkKey // of the checks among them
	seen     []relay.Exchange
	takes    time.Duration
	happened func(ctx context.Context, e event) // is told of each event; may be nil
	edit     func(*usersv1.Session)             // changes what is answered; may be nil
	header   http.Header                        // is added to what is answered
}

func newFakeUpstream(plans ...callPlan) *fakeUpstream {
	return &fakeUpstream{sessions: sessions{}, expires: map[string]time.Time{}, plans: plans}
}

var _ Upstream = (*fakeUpstream)(nil)

// create makes a session; it ends by itself.
func (u *fakeUpstream) create(token, user string, life time.Duration) {
	u.apply(context.Background(), event{kind: created, token: token, user: user})
	u.mu.Lock()
	u.expires[token] = time.Now().Add(life)
	u.mu.Unlock()
	time.AfterFunc(life, func() { u.apply(context.Background(), event{kind: timeUp, token: token}) })
}

// apply makes something happen, on behalf of a call or elsewhere.
func (u *fakeUpstream) apply(ctx context.Context, e event) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.sessions.apply(e)
	if u.happened != nil {
		u.happened(ctx, e)
	}
}

func (u *fakeUpstream) Takes(string) time.Duration { return u.takes }

func (u *fakeUpstream) plan(method string) callPlan {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.calls = append(u.calls, method)
	plans := &u.plans
	if u.endPlans != nil && responses[method] != nil {
		plans = &u.endPlans
	}
	if len(*plans) == 0 {
		return callPlan{}
	}
	p := (*plans)[0]
	if len(*plans) > 1 {
		*plans = (*plans)[1:]
	}
	return p
}

// count is how many calls there have been.
func (u *fakeUpstream) count() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.calls)
}

// call makes a call according to plan.
func (u *fakeUpstream) call(ctx context.Context, p callPlan, decide func()) (fate, error) {
	arrived := wait(ctx, p.before)
	switch {
	case p.fate == panics:
		panic("token-in-a-panic")
	case p.fate == hangs, p.fate == late, p.fate == queued:
		<-ctx.Done()
		if p.fate == late {
			time.AfterFunc(p.after, decide)
		}
		return p.fate, u.Unanswered(ctx)
	case !arrived:
		return p.fate, u.Unanswered(ctx)
	case p.fate == unreachable:
		return p.fate, failed(0, codes.Unavailable, usersv1.ErrorReason_ERROR_REASON_UPSTREAM_UNREACHABLE)
	case p.fate == noTurn:
		return p.fate, failed(0, codes.ResourceExhausted, usersv1.ErrorReason_ERROR_REASON_RATE_LIMITED)
	case p.fate == suspended:
		return p.fate, failed(0, codes.Unavailable, usersv1.ErrorReason_ERROR_REASON_UPSTREAM_SUSPENDED)
	case p.fate == limited:
		return p.fate, failed(http.StatusTooManyRequests, codes.ResourceExhausted, usersv1.ErrorReason_ERROR_REASON_UPSTREAM_REJECTED)
	case p.fate == rejected:
		return p.fate, failed(http.StatusForbidden, codes.PermissionDenied, usersv1.ErrorReason_ERROR_REASON_UPSTREAM_REJECTED)
	case p.fate == failsBefore:
		return p.fate, failed(http.StatusBadGateway, codes.Unavailable, usersv1.ErrorReason_ERROR_REASON_UPSTREAM_UNREACHABLE)
	}
	decide()
	switch {
	case p.fate == lost:
		<-ctx.Done()
		return p.fate, u.Unanswered(ctx)
	case !wait(ctx, p.after):
		return p.fate, u.Unanswered(ctx)
	case p.fate == failsAfter:
		return p.fate, failed(http.StatusInternalServerError, codes.Internal, usersv1.ErrorReason_ERROR_REASON_UPSTREAM_REJECTED)
	}
	return p.fate, nil
}

// wait waits; not beyond the end of ctx.
func wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// Respond implements Upstream: it answers checks.
func (u *fakeUpstream) Respond(ctx context.Context, method string, request proto.Message) (*relay.Response, error) {
	e := relay.FromContext(ctx)
	asked := keyOf(request.(*usersv1.GetSessionRequest).GetId(), e.Header)
	u.mu.Lock()
	u.seen, u.asked = append(u.seen, *e), append(u.asked, asked)
	number := len(u.seen)
	u.mu.Unlock()
	p := u.plan(method)
	if wait(ctx, p.turn) && e.OnTurn != nil && p.fate != queued {
		e.OnTurn()
	}
	var response relay.Response
	f, err := u.call(ctx, p, func() { response = u.answer(asked) })
	if err != nil {
		return nil, err
	}
	response.Header = http.Header{"Content-Type": {"application/json"}, "X-Request-Id": {strconv.Itoa(number)}, "Date": {time.Now().Format(http.TimeFormat)}}
	for name, values := range u.header {
		response.Header[name] = values
	}
	switch f { //nolint:exhaustive // the others come as they are
	case withCookie:
		response.Header.Set("Set-Cookie", fmt.Sprint("call=", number))
	case broken:
		response.Body = []byte("\xff")
	}
	if response.Status != http.StatusOK {
		return nil, u.Decode(ctx, method, &response, nil, false)
	}
	return &response, nil
}

// answer is what is answered to a check that is decided now.
func (u *fakeUpstream) answer(k checkKey) relay.Response {
	u.mu.Lock()
	defer u.mu.Unlock()
	said := u.sessions.check(k)
	if said == expiredAnswer {
		return relay.Response{Status: http.StatusForbidden, Body: []byte("Session expired")}
	}
	one := u.sessions[k.token]
	s := &usersv1.Session{Expiration: u.expires[k.token].Format(time.RFC3339Nano), UserId: &one.user,
		Labels: map[string]string{"answer": said, "key": fmt.Sprint(k)}}
	if u.edit != nil {
		u.edit(s)
	}
	body, _ := proto.Marshal(&usersv1.GetSessionResponse{Session: s})
	return relay.Response{Status: http.StatusOK, Body: body}
}

// Decode implements Upstream. Bodies are messages as protobuf has them.
func (u *fakeUpstream) Decode(_ context.Context, _ string, r *relay.Response, message proto.Message, relayed bool) error {
	if r.Status != http.StatusOK {
		code, reason := codes.Unavailable, usersv1.ErrorReason_ERROR_REASON_UPSTREAM_REJECTED
		if string(r.Body) == "Session expired" {
			code, reason = codes.Unauthenticated, usersv1.ErrorReason_ERROR_REASON_SESSION_EXPIRED
		}
		f := failed(r.Status, code, reason)
		f.response = *r
		return f
	}
	if relayed {
		message = message.ProtoReflect().New().Interface()
	}
	if proto.Unmarshal(r.Body, message) != nil {
		return status.Error(codes.Internal, "broken contract")
	}
	return nil
}

// Invoke implements Upstream: it makes all calls that are no checks. An API session's id
// is the user's whose it is, and a token its own owner's.
func (u *fakeUpstream) Invoke(ctx context.Context, method string, args, reply any, _ ...grpc.CallOption) error {
	e := relay.FromContext(ctx)
	caller := keyOf("", e.Header).credential
	happens := event{kind: changed, token: caller}
	var answered *usersv1.ApiSession
	switch request := args.(type) {
	case *usersv1.DeleteSessionRequest:
		happens = event{kind: ended, token: request.GetId()}
	case *usersv1.UpdateApiSessionRequest:
		happens = event{kind: changed, user: request.GetId()}
	case *usersv1.DeleteApiSessionRequest:
		happens = event{kind: ended, user: request.GetId()}
	}
	if happens.user != "" {
		answered = &usersv1.ApiSession{UserId: &happens.user}
	}
	f, err := u.call(ctx, u.plan(method), func() { u.apply(ctx, happens) })
	if err != nil {
		return err
	}
	if f == broken {
		answered = nil
	}
	response := map[bool]proto.Message{true: &usersv1.DeleteApiSessionResponse{ApiSession: answered}, false: &usersv1.DeleteSessionResponse{}}[answered != nil]
	body, _ := proto.Marshal(response)
	e.Response = relay.Response{Status: http.StatusOK, Body: body}
	if e.Raw {
		return nil
	}
	return proto.Unmarshal(body, reply.(proto.Message))
}

// NewStream implements Upstream.
func (u *fakeUpstream) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, errors.ErrUnsupported
}

// Unanswered implements Upstream.
func (u *fakeUpstream) Unanswered(ctx context.Context) error {
	code := codes.DeadlineExceeded
	if errors.Is(ctx.Err(), context.Canceled) {
		code = codes.Canceled
	}
	return failed(0, code, usersv1.ErrorReason_ERROR_REASON_UPSTREAM_UNREACHABLE)
}

// callError is an error as the upstream's are.
type callError struct {
	*status.Status
	response relay.Response
}

func failed(httpStatus int, code codes.Code, reason usersv1.ErrorReason) *callError {
	return &callError{apierror.New(code, reason, "failed"), relay.Response{Status: httpStatus, Header: http.Header{}}}
}

func (f *callError) WithHeader(header http.Header) error {
	return &callError{f.Status, relay.Response{Status: f.response.Status, Header: header, Body: f.response.Body}}
}
func (f *callError) Error() string              { return f.String() }
func (f *callError) GRPCStatus() *status.Status { return f.Status }
func (f *callError) HTTPResponse() (code int, header http.Header, body []byte) {
	return f.response.Status, f.response.Header, f.response.Body
}

// header is that of a call with the key's credential.
func (k checkKey) header() http.Header {
	switch {
	case k.credential == "":
		return http.Header{}
	case k.cookie:
		return http.Header{"Cookie": {"session=" + k.credential}}
	default:
		return http.Header{"Authorization": {"Bearer " + k.credential}}
	}
}

// keyOf reads it again.
func keyOf(token string, header http.Header) checkKey {
	if cookie := header.Get("Cookie"); cookie != "" {
		return checkKey{token: token, credential: strings.TrimPrefix(cookie, "session="), cookie: true}
	}
	return checkKey{token: token, credential: strings.TrimPrefix(header.Get("Authorization"), "Bearer ")}
}
