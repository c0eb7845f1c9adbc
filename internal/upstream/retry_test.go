package upstream

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/propagation"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/wingspan-grpc/session-facade/internal/relay"
)

// TestRetries shows which answers are followed by another attempt, by how often
// each call reaches the upstream.
func TestRetries(t *testing.T) {
	t.Parallel()
	after := func(value string) http.Header { return http.Header{"Retry-After": {value}} }
	for name, c := range map[string]struct {
		status        int
		header        http.Header
		callerRetries bool
		attempts      int // Options.MaxAttempts
		want          int // how often a GET reaches the upstream; any other does so once
		retry         time.Duration
	}{
		"200":                     {status: 200, want: 1, retry: -1},
		"400":                     {status: 400, want: 1, retry: -1},
		"404":                     {status: 404, want: 1, retry: -1},
		"408":                     {status: 408, want: 3, retry: -1},
		"409":                     {status: 409, want: 1, retry: -1},
		"425":                     {status: 425, want: 1, retry: -1},
		"429":                     {status: 429, want: 3, retry: -1},
		"500":                     {status: 500, want: 1, retry: -1},
		"501":                     {status: 501, want: 1, retry: -1},
		"502":                     {status: 502, want: 3, retry: -1},
		"503":                     {status: 503, want: 3, retry: -1},
		"504":                     {status: 504, want: 3, retry: -1},
		"redirect":                {status: 307, want: 1, retry: -1},
		"one attempt":             {status: 503, attempts: 1, want: 1, retry: -1},
		"five attempts":           {status: 503, attempts: 5, want: 5, retry: -1},
		"caller retries":          {status: 503, callerRetries: true, want: 1, retry: -1},
		"after 0":                 {status: 503, header: after("0"), want: 3, retry: 0},
		"after a past date":       {status: 429, header: after("Sun, 06 Nov 1994 08:49:37 GMT"), want: 3, retry: -1},
		"after nonsense":          {status: 429, header: after("soon"), want: 3, retry: -1},
		"after less than nothing": {status: 429, header: after("-5"), want: 3, retry: -1},
		"after a fraction":        {status: 429, header: after("0.5"), want: 3, retry: -1},
		"after the deadline":      {status: 503, header: after("3600"), want: 1, retry: time.Hour},
		"after 68 years":          {status: 503, header: after("99999999999999999999"), want: 1, retry: longest},
		"after 8,000 years":       {status: 503, header: after("Fri, 31 Dec 9999 23:59:59 GMT"), want: 1, retry: longest},
		"400 with a wait":         {status: 400, header: after("1"), want: 1, retry: time.Second},
	} {
		t.Run(name, inBubble(func(t *testing.T) {
			t.Helper()
			for verb, call := range calls {
				s := handled(t, Options{MaxAttempts: c.attempts}, func(w http.ResponseWriter, _ *http.Request) {
					if c.header != nil {
						w.Header().Set("Retry-After", c.header.Get("Retry-After"))
					}
					w.WriteHeader(c.status)
					_, _ = io.WriteString(w, `[]`)
				})
				ctx, cancel := context.WithTimeout(t.Context(), generous)
				defer cancel()
				ctx = relay.NewContext(ctx, &relay.Exchange{CallerRetries: c.callerRetries})
				err := call(ctx, s)
				want := 1
				if verb == "GET" {
					want = c.want
				}
				if s.times() != want || pushedBack(err) != (want > 1 && err != nil) {
					t.Errorf("%s: %d requests, want %d: %v", verb, s.times(), want, err)
				}
				if got := retryInfo(err); got != c.retry {
					t.Errorf("%s: to be called again after %v, want %v", verb, got, c.retry)
				}
			}
		}))
	}
}

// TestRetryAfterIsHonoured shows that the wait asked for is waited, and that the
// last attempt counts.
func TestRetryAfterIsHonoured(t *testing.T) { inBubble(testRetryAfterIsHonoured)(t) }

func testRetryAfterIsHonoured(t *testing.T) {
	t.Helper()
	var s *service
	s = handled(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		if s.times() == 1 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		succeed(w, r)
	})
	started := time.Now()
	err := calls["GET"](t.Context(), s)
	if took := time.Since(started); err != nil || s.times() != 2 || took < time.Second || took > generous {
		t.Errorf("%v after %d requests and %v", err, s.times(), took)
	}
}

// TestCallerRetriesOnNoResponse shows that not even a connection is tried again
// for a caller who does so itself.
func TestCallerRetriesOnNoResponse(t *testing.T) {
	t.Parallel()
	for verb, call := range calls {
		for _, callerRetries := range []bool{false, true} {
			s := handled(t, Options{}, succeed)
			s.connect(t, Options{}, "http://127.0.0.1:1")
			err := call(relay.NewContext(t.Context(), &relay.Exchange{CallerRetries: callerRetries}), s)
			if reasonOf(err) != "UPSTREAM_UNREACHABLE" || pushedBack(err) == callerRetries {
				t.Errorf("%s, the caller retries %t: %v", verb, callerRetries, err)
			}
		}
	}
}

// withLanguage is the context of a call that is told by its Accept-Language.
func withLanguage(t *testing.T, language string) context.Context {
	t.Helper()
	return relay.NewContext(t.Context(), &relay.Exchange{Header: http.Header{"Accept-Language": {language}}})
}

// TestRetryWithinDeadline shows that a wait which would outlast the deadline is
// not begun, and that an attempt ends with it.
func TestRetryWithinDeadline(t *testing.T) { inBubble(testRetryWithinDeadline)(t) }

func testRetryWithinDeadline(t *testing.T) {
	t.Helper()
	s := handled(t, Options{}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "5")
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	err := calls["GET"](ctx, s)
	if ctx.Err() != nil || s.times() != 1 || retryInfo(err) != 5*time.Second || status.Code(err) != codes.Unavailable {
		t.Errorf("%v after %d requests (%v)", err, s.times(), ctx.Err())
	}
}

// TestBudget shows that retries over the budget are not made, and that the error
// is then the upstream's.
func TestBudget(t *testing.T) {
	t.Parallel()
	const always = 3 // how many retries may run at a time whatever the budget
	arrived, release := make(chan struct{}, always), make(chan struct{})
	var called sync.Map // by the Accept-Language of a call
	s := handled(t, Options{RetryBudget: 0.01}, func(w http.ResponseWriter, r *http.Request) {
		if _, again := called.LoadOrStore(r.Header.Get("Accept-Language"), true); again {
			arrived <- struct{}{}
			<-release
			succeed(w, r)
			return
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	results := make(chan error, always)
	for i := range always {
		go func() {
			ctx := withLanguage(t, string(rune('a'+i)))
			results <- calls["GET"](ctx, s)
		}()
		<-arrived
	}
	before := s.times()
	ctx := withLanguage(t, "z")
	err := calls["GET"](ctx, s)
	if status.Code(err) != codes.Unavailable || reasonOf(err) != "UPSTREAM_REJECTED" || s.times() != before+1 {
		t.Errorf("over the budget: %v after %d requests", err, s.times()-before)
	}
	close(release)
	for range always {
		if err := <-results; err != nil {
			t.Errorf("within the budget: %v", err)
		}
	}
}

// numbering is a propagator that numbers the attempts, and keeps what it wrote into.
type numbering struct {
	propagation.TraceContext
	carriers []propagation.TextMapCarrier
}

// Inject implements propagation.TextMapPropagator.
func (n *numbering) Inject(_ context.Context, carrier propagation.TextMapCarrier) {
	n.carriers = append(n.carriers, carrier)
	carrier.Set("X-Attempt", strconv.Itoa(len(n.carriers)))
}

// TestRetry_LeavesTheHeadersOfTheAttemptBefore shows that a repetition writes into
// headers of its own: net/http may still be sending those of the attempt before, to an
// upstream that has answered early.
func TestRetry_LeavesTheHeadersOfTheAttemptBefore(t *testing.T) {
	t.Parallel()
	attempts := &numbering{}
	seen := make(chan string, 2)
	s := handled(t, Options{RetryBudget: 1, Propagator: attempts}, func(w http.ResponseWriter, r *http.Request) {
		if seen <- r.Header.Get("X-Attempt") + r.Header.Get("X-Request-Id"); len(seen) == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		succeed(w, r)
	})
	header := http.Header{"X-Request-Id": {"-id"}}
	if err := calls["GET"](relay.NewContext(t.Context(), &relay.Exchange{Header: header}), s); err != nil {
		t.Fatal(err)
	}
	if first, second := <-seen, <-seen; first != "1-id" || second != "2-id" {
		t.Errorf("the attempts said %q and %q", first, second)
	}
	if first := attempts.carriers[0].Get("X-Attempt"); first != "1" {
		t.Errorf("the first attempt's headers now say %s", first)
	}
}
