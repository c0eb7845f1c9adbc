package sessioncache

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/anishathalye/porcupine"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/relay"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache/memory"
	"github.com/wingspan-grpc/session-facade/test/bubble"
)

// shards are run at once; each judges as many histories as -rapid.checks says: 100, if it
// does not.
const shards = 112

// TestCache_IsLinearizable judges random histories of concurrent calls, in virtual time. The
// upstream is the truth: it decides one thing after the other, and what it decided is known.
// Each question (a token, and the credential that it is asked with) is judged by itself. It
// must be as if each check was answered at one moment between its call and its response, and
// each event was seen by the question at one moment, which for
//
//   - a session that ended or changed by its token, or by the caller's own bearer token or
//     cookie, is before the response, also where that is an error or the caller has left; if
//     the upstream does it only afterwards, within a timeout from then;
//   - a user's sessions that ended or changed is before the response that names the user, for
//     whoever asks for one of them;
//   - a session that has come to the end of its time is within a timeout (of a call that was
//     out already and is waited for), for whoever asks for it;
//   - everything else that the facade cannot know of (a session that ended elsewhere or that a
//     cookie or a caller's bearer token of that user stands for) is within the TTL and the time
//     for which it may be stale, or a timeout if that is longer;
//   - a session that was raised elsewhere is within the 5 s for which "expired" is kept.
//
// So what a question was once told is never taken back: no older version after a newer one,
// no life after an end. If whoever calls with the session's own token, or with nothing, was
// told of its end, nobody is told of its life.
func TestCache_IsLinearizable(t *testing.T) {
	t.Parallel()
	bubble.SkipRaced(t)
	all := t
	for shard := range shards {
		t.Run(strconv.Itoa(shard), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) {
				if all.Failed() && !t.Failed() {
					return // one history is enough
				}
				drawScenario(rt).check(t, rt)
			})
		})
	}
}

// check runs a history and judges it.
func (s *scenario) check(t *testing.T, rt *rapid.T) {
	t.Helper()
	var h *journal
	synctest.Test(t, func(t *testing.T) { h = s.run(t) })
	for _, wrong := range h.wrong {
		rt.Error(wrong)
	}
	h.judge(rt)
}

// scenario is what happens in a history.
type scenario struct {
	ttl, stale time.Duration
	entries    int
	lives      []time.Duration // of the sessions
	keys       []checkKey
	plans      []callPlan // of checks
	endPlans   []callPlan
	clients    [][]step
	replicas   int // 0: one, for itself
	troubles   []trouble
}

// step is one thing that a client does, after a pause.
type step struct {
	pause    time.Duration
	do       string
	at       int // the replica
	key      checkKey
	outside  bool // not through the facade
	noCache  bool
	raw      bool
	patience time.Duration // then the caller leaves
}

// The sessions and whose they are.
var (
	tokens = []string{"ada1", "ada2", "bob1"}
	owners = map[string]string{"ada1": "ada", "ada2": "ada", "bob1": "bob"}
)

// A session whose life is coldLife begins it coldFor after the history's begin.
const coldFor, coldLife = 2 * time.Second, 59 * time.Minute

func drawScenario(t *rapid.T) *scenario {
	short := rapid.SampledFrom([]time.Duration{0, 0, 1, 20 * time.Millisecond, 300 * time.Millisecond, 700 * time.Millisecond, 1500 * time.Millisecond, 4 * time.Second})
	s := &scenario{
		ttl:     rapid.SampledFrom([]time.Duration{time.Second, 3 * time.Second, 30 * time.Second, 30 * time.Second}).Draw(t, "ttl"),
		stale:   rapid.SampledFrom([]time.Duration{0, 0, 6 * time.Second}).Draw(t, "stale"),
		entries: rapid.SampledFrom([]int{100, 100, 1}).Draw(t, "entries"),
		lives:   rapid.SliceOfN(rapid.SampledFrom([]time.Duration{time.Hour, time.Hour, 8 * time.Second, coldLife}), len(tokens), len(tokens)).Draw(t, "lives"),
	}
	s.keys = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) checkKey {
		token := rapid.SampledFrom(tokens).Draw(t, "token")
		k := checkKey{token: token, credential: rapid.SampledFrom([]string{token, "", tokens[0], tokens[2]}).Draw(t, "credential")}
		k.cookie = k.credential != "" && rapid.IntRange(0, 4).Draw(t, "cookie") == 4
		return k
	}), 1, 3).Draw(t, "keys")
	plan := func(fates ...fate) *rapid.Generator[callPlan] {
		return rapid.Custom(func(t *rapid.T) callPlan {
			p := callPlan{before: short.Draw(t, "before"), after: min(short.Draw(t, "after"), callTimeout)}
			if rapid.IntRange(0, 2).Draw(t, "waits") == 2 {
				p.turn = short.Draw(t, "turn")
			}
			if rapid.IntRange(0, 2).Draw(t, "fails") == 2 {
				p.fate = rapid.SampledFrom(fates).Draw(t, "fate")
			}
			return p
		})
	}
	usual := callPlan{before: 100 * time.Millisecond}
	s.plans = append(rapid.SliceOfN(plan(withCookie, unreachable, limited, rejected, failsBefore, failsAfter, hangs, broken), 1, 12).Draw(t, "plans"), usual)
	s.endPlans = append(rapid.SliceOfN(plan(late, late, lost, failsAfter, failsBefore, rejected, unreachable, broken), 1, 4).Draw(t, "plans of ends"), usual)
	s.clients = rapid.SliceOfN(rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
		p := step{pause: short.Draw(t, "pause"), key: rapid.SampledFrom(s.keys).Draw(t, "key"), patience: callTimeout}
		p.do = rapid.SampledFrom([]string{"check", "check", "check", "check", "check", endToken, raise, changeUser, endUser}).Draw(t, "do")
		p.raw, p.noCache = rapid.Bool().Draw(t, "raw"), rapid.IntRange(0, 4).Draw(t, "no-cache") == 4
		p.outside = p.do != "check" && rapid.IntRange(0, 3).Draw(t, "outside") == 3
		if rapid.IntRange(0, 7).Draw(t, "leaves") == 7 {
			p.patience = short.Draw(t, "patience")
		}
		return p
	}), 1, 8), 2, 5).Draw(t, "clients")
	return s
}

// journal is what has happened.
type journal struct {
	*scenario
	caches  []*Cache
	mu      sync.Mutex
	start   time.Time
	moments int64
	events  []seenEvent
	calls   []*facadeCall
	wrong   []string
}

// facadeCall is a call through the facade.
type facadeCall struct {
	step
	called, returned int64
	said, how        string
	named            bool // the response says whose sessions they are
}

// seenEvent is an event as the upstream decided it, with the call that caused it; none where
// it happened elsewhere.
type seenEvent struct {
	event
	at time.Duration
	// moment is at, and what it was before and after among all that happened then.
	moment int64
	call   *facadeCall
}

// now is a moment of its own.
func (h *journal) now() int64 {
	h.moments++
	return momentOf(time.Since(h.start)) + h.moments
}

// momentOf is before all moments of a time.
func momentOf(d time.Duration) int64 { return int64(d) << 14 }

type callKey struct{}

// run runs a history.
func (s *scenario) run(t *testing.T) *journal {
	t.Helper()
	h := &journal{scenario: s, start: time.Now()}
	u := newFakeUpstream(s.plans...)
	u.endPlans = s.endPlans
	u.happened = func(ctx context.Context, e event) {
		h.mu.Lock()
		defer h.mu.Unlock()
		call, _ := ctx.Value(callKey{}).(*facadeCall)
		h.events = append(h.events, seenEvent{event: e, at: time.Since(h.start), moment: h.now(), call: call})
	}
	for i, token := range tokens {
		life := s.lives[i]
		create := func() { u.create(token, owners[token], life) }
		if life == coldLife {
			time.AfterFunc(coldFor, create)
		} else {
			create()
		}
	}
	store := h.connect(t, u)
	var clients sync.WaitGroup
	clients.Go(func() { store.make(s.troubles) })
	for _, steps := range s.clients {
		clients.Go(func() {
			for _, one := range steps {
				time.Sleep(one.pause)
				h.take(u, one)
			}
		})
	}
	clients.Wait()
	time.Sleep(2 * callTimeout) // whatever is wrong may have become plain
	for at := range h.caches {
		for _, k := range s.keys {
			h.take(u, step{do: "check", at: at, key: k, patience: callTimeout})
		}
	}
	store.close()
	time.Sleep(2 * time.Hour) // all that is out has come back
	for _, c := range h.caches {
		if left := c.history.Loads() + len(c.loads) + c.refreshes + c.fences + c.lingering; left != 0 {
			h.wrong = append(h.wrong, fmt.Sprintf("%d loads and fences are left", left))
		}
	}
	return h
}

// take takes a step.
func (h *journal) take(u *fakeUpstream, one step) {
	c := h.caches[one.at]
	call := &facadeCall{step: one}
	ctx, cancel := context.WithTimeout(context.WithValue(context.Background(), callKey{}, call), min(one.patience, callTimeout))
	defer cancel()
	if one.outside {
		u.apply(context.Background(), one.event())
		return
	}
	e := &relay.Exchange{Header: one.key.header(), Raw: one.raw, NoCache: one.noCache}
	h.mu.Lock()
	call.called = h.now()
	h.mu.Unlock()
	var err error
	if one.do == "check" {
		a := checkWith(ctx, c, one.key.token, e)
		err, call.said, call.how = a.err, a.said, e.Cache
		h.examine(ctx, one, a)
	} else {
		err = invoke(ctx, c, e, one.do, one.request())
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	call.returned, call.named = h.now(), err == nil && len(e.Response.Body) > 0
	h.calls = append(h.calls, call)
}

// examine looks for what no answer may be, whatever happened.
func (h *journal) examine(ctx context.Context, one step, a answered) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if a.err == nil && a.key != fmt.Sprint(one.key) {
		h.wrong = append(h.wrong, fmt.Sprintf("%v was given the answer to %v", one.key, a.key))
	}
	if status.Code(a.err) == codes.Canceled && ctx.Err() == nil {
		h.wrong = append(h.wrong, fmt.Sprintf("%v failed since another caller left", one.key))
	}
	if how := result(a.exchange.Cache); a.err == nil && how != miss && how != renewed && how != bypass {
		for _, name := range []string{"Set-Cookie", "X-Request-Id", "Date"} {
			if a.exchange.Response.Header[name] != nil {
				h.wrong = append(h.wrong, fmt.Sprintf("%s of another call was given to %v (%s)", name, one.key, how))
			}
		}
	}
}

// event is what a step does where it is done.
func (s step) event() event {
	switch s.do {
	case endToken:
		return event{kind: ended, token: s.key.token}
	case raise:
		return event{kind: changed, token: s.key.credential}
	case changeUser:
		return event{kind: changed, user: owners[s.key.token]}
	default:
		return event{kind: ended, user: owners[s.key.token]}
	}
}

func (s step) request() proto.Message {
	return map[string]proto.Message{
		endToken:   &usersv1.DeleteSessionRequest{Id: s.key.token},
		raise:      &usersv1.CompleteOtpVerificationRequest{},
		changeUser: &usersv1.UpdateApiSessionRequest{Id: owners[s.key.token]},
		endUser:    &usersv1.DeleteApiSessionRequest{Id: owners[s.key.token]},
	}[s.do]
}

// seenBy is when a question must have seen an event, at a replica: see TestCache_IsLinearizable
// and TestReplicas_AreLinearizable.
func (h *journal) seenBy(e seenEvent, k checkKey, at int) int64 {
	within := func(d time.Duration) int64 { return momentOf(e.at+max(d, callTimeout)) + 1<<14 }
	switch {
	case e.kind == created:
		return within(time.Duration((1 + memory.Jitter) * float64(expiredTTL)))
	case e.kind == timeUp && e.token == k.token:
		return within(0)
	case e.call == nil || !e.call.tells(e.event, k):
		return within(time.Duration((1+memory.Jitter)*float64(h.ttl)) + h.stale)
	case e.moment > e.call.returned && e.call.at != at:
		return within(h.told())
	case e.moment > e.call.returned:
		return within(0)
	case e.call.at != at:
		return e.call.returned + momentOf(h.told())
	default:
		return e.call.returned
	}
}

// tells whether a call that caused an event says to the facade that it concerns a question.
func (call *facadeCall) tells(e event, k checkKey) bool {
	switch {
	case e.user != "":
		return call.named && owners[k.token] == e.user
	case call.do == raise && call.key.cookie:
		return k.cookie && k.credential == e.token
	default:
		return k.token == e.token || !k.cookie && k.credential == e.token
	}
}

// write is that a question sees the next of its events; a read is what it is told.
type write struct{ number int }

// judge judges the history of each question at each replica.
func (h *journal) judge(t *rapid.T) {
	keys := slices.Clone(h.keys)
	slices.SortFunc(keys, func(a, b checkKey) int { return slices.Compare([]string{fmt.Sprint(a)}, []string{fmt.Sprint(b)}) })
	for _, k := range slices.Compact(keys) {
		for at := range h.caches {
			h.judgeAt(t, k, at)
		}
	}
}

func (h *journal) judgeAt(t *rapid.T, k checkKey, at int) {
	operations, states := h.operations(k, at)
	model := porcupine.Model{
		Init: func() any { return 0 },
		Step: func(state, input, output any) (bool, any) {
			if w, ok := input.(write); ok {
				return state == w.number-1, w.number
			}
			said, own := states[state.(int)], input.(*facadeCall).key == k
			return own && said.check(k) == output || !own && !said.isLive(k.token), state
		},
	}
	if !porcupine.CheckOperations(model, operations) {
		t.Errorf("no order explains what %v was told at %d; troubles: %v\n%s", k, at, h.troubles, describe(operations))
	}
}

// operations are the operations that concern a question at a replica, and the sessions after
// each event.
func (h *journal) operations(k checkKey, at int) (operations []porcupine.Operation, states []sessions) {
	now, told := sessions{}, int64(0)
	states = append(states, sessions{})
	for _, e := range h.events {
		now.apply(e.event)
		if !e.concerns(k.token) && !e.concerns(k.credential) {
			states[len(states)-1] = clone(now)
			continue
		}
		seen := max(h.seenBy(e, k, at), e.moment)
		switch {
		case e.kind == created:
			told = max(told, seen)
		case e.call == nil || e.user != "" || !e.call.tells(e.event, k): // "expired" from before may be kept
			seen = max(seen, told)
		}
		states = append(states, clone(now))
		operations = append(operations, porcupine.Operation{Input: write{len(states) - 1}, Call: e.moment, Return: seen, Metadata: e})
	}
	for _, call := range h.calls {
		if call.do != "check" || call.said == "" || call.at != at {
			continue
		}
		if call.key == k || call.said == expiredAnswer && call.asksForOwn() && call.key.token == k.token && !h.isCold(k.token) {
			operations = append(operations, porcupine.Operation{Input: call, Call: call.called, Output: call.said, Return: call.returned})
		}
	}
	return operations, states
}

// asksForOwn tells whether "expired" is said of the session, and not of the caller.
func (call *facadeCall) asksForOwn() bool {
	return !call.key.cookie && (call.key.credential == "" || call.key.credential == call.key.token)
}

func (h *journal) isCold(token string) bool {
	return h.lives[slices.Index(tokens, token)] == coldLife
}

// concerns tells whether an event is of a token's session.
func (e event) concerns(token string) bool {
	return token != "" && (e.token == token || e.token == "" && e.user == owners[token])
}

func clone(s sessions) sessions {
	copied := sessions{}
	for token, one := range s {
		copied[token] = one
	}
	return copied
}

// describe is a history in words, for whoever looks for what is wrong.
func describe(operations []porcupine.Operation) string {
	slices.SortFunc(operations, func(a, b porcupine.Operation) int { return int(min(max(a.Call-b.Call, -1), 1)) })
	var lines strings.Builder
	for _, o := range operations {
		at := fmt.Sprintf("%v..%v", time.Duration(o.Call>>14), time.Duration(o.Return>>14))
		if call, ok := o.Input.(*facadeCall); ok {
			fmt.Fprintf(&lines, "%-32s %v no-cache=%t: %s by %s\n", at, call.key, call.noCache, o.Output, call.how)
		} else {
			e := o.Metadata.(seenEvent)
			fmt.Fprintf(&lines, "%-32s #%d %v, through the facade: %t\n", at, o.Input.(write).number, e.event, e.call != nil)
		}
	}
	return lines.String()
}
