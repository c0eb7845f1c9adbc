package test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/status"

	"github.com/wingspan-grpc/session-facade/gen/openapi"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/apierror"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
	"github.com/wingspan-grpc/session-facade/test/httpclient"
)

// failed is how a call fails at the ports: the gRPC code and reason as the page
// spells them, the HTTP status and body.
type failed struct {
	code, reason string
	status       int
	body         string
}

const anEmail = `{"email":"ada@example.com"}`

// ask makes the same call by all protocols of a facade.
func ask(t *testing.T, facade *facadetest.Facade) failed {
	t.Helper()
	got := askREST(t, facade, restCall{"POST", "/users/authentication", jsonHeader(), anEmail})
	got.code, got.reason = askTyped(t, facade, "ada@example.com")
	return got
}

// askTyped makes a call by each protocol for typed callers. Those that say something else
// than others are in what it returns.
func askTyped(t *testing.T, facade *facadetest.Facade, email string) (code, reason string) {
	t.Helper()
	said := map[string]string{}
	for protocol, conn := range facade.TypedConns(t) {
		_, err := usersv1.NewSessionAndAuthenticationServiceClient(conn).Authenticate(t.Context(), &usersv1.AuthenticateRequest{Email: email})
		s := status.Convert(err)
		code, reason = codeName(s), apierror.ReasonName(apierror.Reason(s))
		said[code+"|"+reason] = protocol
	}
	if len(said) > 1 {
		return fmt.Sprint(said), fmt.Sprint(said)
	}
	return code, reason
}

// askREST makes a call at the REST gateway, which gRPC has nothing like.
func askREST(t *testing.T, facade *facadetest.Facade, call restCall) failed {
	t.Helper()
	response, body := call.do(t, facade.REST)
	got := failed{code: "–", status: response.StatusCode, body: body}
	var words struct{ Code string }
	if json.Unmarshal([]byte(body), &words) == nil {
		got.reason = words.Code
	}
	return got
}

// answering starts a facade whose upstream always gives one response.
func answering(t *testing.T, status int, body string, config facadetest.Config) *facadetest.Facade {
	t.Helper()
	return facadetest.Start(t, facadetest.NewRecorder(t, facadetest.Respond(status, nil, body)).URL, config)
}

// probeInterval is how often the breaker lets a call through while it is open.
const probeInterval = 100 * time.Millisecond

// hanging starts a facade whose upstream does not answer until the test ends, and
// tells of each call that has come.
func hanging(t *testing.T, config facadetest.Config) (*facadetest.Facade, <-chan struct{}) {
	t.Helper()
	came := make(chan struct{}, 1000)
	upstream := facadetest.NewRecorder(t, func(_ http.ResponseWriter, r *http.Request) {
		came <- struct{}{}
		<-r.Context().Done()
	})
	return facadetest.Start(t, upstream.URL, config), came
}

// unreachable starts a facade whose upstream is not there.
func unreachable(t *testing.T) *facadetest.Facade {
	t.Helper()
	return facadetest.Start(t, "http://127.0.0.1:1", facadetest.Config{})
}

// broken fails at the call that ask makes.
type broken struct {
	usersv1.SessionAndAuthenticationServiceServer
}

func (broken) Authenticate(context.Context, *usersv1.AuthenticateRequest) (*usersv1.AuthenticateResponse, error) {
	panic("for the test")
}

// failures brings about what each row of the page speaks of.
var failures = map[string]func(*testing.T) failed{
	"INVALID_REQUEST": func(t *testing.T) failed {
		t.Helper()
		facade := answering(t, 200, "{}", facadetest.Config{})
		got := askREST(t, facade, restCall{"POST", "/users/authentication", jsonHeader(), "{}"})
		got.code, got.reason = askTyped(t, facade, "")
		return got
	},
	"SESSION_EXPIRED": func(t *testing.T) failed {
		t.Helper()
		return ask(t, answering(t, 403, `{"error":"Session expired"}`, facadetest.Config{}))
	},
	"UPSTREAM_UNREACHABLE": func(t *testing.T) failed {
		t.Helper()
		return ask(t, unreachable(t))
	},
	"UPSTREAM_TIMEOUT": func(t *testing.T) failed {
		t.Helper()
		facade, _ := hanging(t, facadetest.Config{Timeout: 50 * time.Millisecond, BreakerRate: -1})
		return ask(t, facade)
	},
	"UPSTREAM_SUSPENDED": func(t *testing.T) (got failed) {
		t.Helper()
		facade, _ := hanging(t, facadetest.Config{Timeout: probeInterval / 2})
		for range 1000 { // those that are probes still try
			if got = ask(t, facade); got.reason == "UPSTREAM_SUSPENDED" && strings.Contains(got.body, got.reason) {
				break
			}
		}
		return got
	},
	"OVERLOADED": func(t *testing.T) failed {
		t.Helper()
		facade, came := hanging(t, facadetest.Config{MaxInFlight: 1})
		ctx, leave := context.WithCancel(t.Context())
		t.Cleanup(leave)
		go func() { _, _ = facade.Client.Authenticate(ctx, &usersv1.AuthenticateRequest{Email: "ada@example.com"}) }()
		<-came
		return ask(t, facade)
	},
	"RATE_LIMITED": func(t *testing.T) failed {
		t.Helper()
		facade := answering(t, 200, "{}", facadetest.Config{WriteRate: 0.001})
		askREST(t, facade, restCall{"POST", "/users/authentication", jsonHeader(), anEmail}) // takes the first turn
		return ask(t, facade)
	},
	"UPSTREAM_CONTRACT": func(t *testing.T) failed {
		t.Helper()
		return ask(t, answering(t, 200, "{", facadetest.Config{}))
	},
	"INTERNAL": func(t *testing.T) failed {
		t.Helper()
		return ask(t, answering(t, 200, "{}", facadetest.Config{Wrap: func(usersv1.SessionAndAuthenticationServiceServer) usersv1.SessionAndAuthenticationServiceServer {
			return broken{}
		}}))
	},
	"CANCELLED": leave,
	"NOT_FOUND": func(t *testing.T) failed {
		t.Helper()
		return askREST(t, answering(t, 200, "{}", facadetest.Config{}), restCall{"GET", "/users", nil, ""})
	},
	"METHOD_NOT_ALLOWED": func(t *testing.T) failed {
		t.Helper()
		return askREST(t, answering(t, 200, "{}", facadetest.Config{}), restCall{"PUT", "/users/session", jsonHeader(), "{}"})
	},
	"REQUEST_TOO_LARGE": func(t *testing.T) failed {
		t.Helper()
		return askREST(t, answering(t, 200, "{}", facadetest.Config{MaxRequestBytes: 10}), restCall{"POST", "/users/authentication", jsonHeader(), anEmail})
	},
	"UNSUPPORTED_MEDIA_TYPE": func(t *testing.T) failed {
		t.Helper()
		return askREST(t, answering(t, 200, "{}", facadetest.Config{}), restCall{"POST", "/users/authentication", nil, anEmail})
	},
}

// leave goes away before there is a response. What that was is in the log: nobody
// is left to be told.
func leave(t *testing.T) failed {
	t.Helper()
	facade, came := hanging(t, facadetest.Config{})
	calls := []func(context.Context){
		func(ctx context.Context) {
			request, _ := http.NewRequestWithContext(ctx, http.MethodPost, facade.REST+"/users/authentication", strings.NewReader(anEmail))
			request.Header = jsonHeader()
			if response, err := httpclient.Shared.Transport.RoundTrip(request); err == nil {
				_ = response.Body.Close()
			}
		},
	}
	for _, conn := range facade.TypedConns(t) {
		calls = append(calls, func(ctx context.Context) {
			_, _ = usersv1.NewSessionAndAuthenticationServiceClient(conn).Authenticate(ctx, &usersv1.AuthenticateRequest{Email: "ada@example.com"})
		})
	}
	for _, call := range calls {
		ctx, goAway := context.WithCancel(t.Context())
		go func() {
			<-came
			goAway()
		}()
		call(ctx)
	}
	tick, end := time.NewTicker(10*time.Millisecond), time.Now().Add(time.Minute)
	defer tick.Stop()
	for {
		said := map[string]bool{}
		logged := 0
		for line := range strings.Lines(facade.Log.String()) {
			var call struct {
				Msg, Code, Reason string
				Status            int `json:"http_status"`
			}
			if json.Unmarshal([]byte(line), &call) != nil || call.Msg != "call" {
				continue
			}
			logged++
			said[fmt.Sprint(call.Code, call.Reason, max(call.Status, 499))] = true
		}
		if logged == len(calls) {
			if len(said) != 1 || !said["CanceledCANCELLED499"] {
				t.Errorf("logged: %v", said)
			}
			return failed{code: "CANCELLED", reason: "CANCELLED", status: 499}
		}
		if time.Now().After(end) {
			t.Fatalf("not logged:\n%s", facade.Log)
		}
		<-tick.C
	}
}

// section is the text below a heading of the page.
func section(t *testing.T, heading string) string {
	t.Helper()
	text, err := os.ReadFile("../docs/ERRORS.md")
	if err != nil {
		t.Fatal(err)
	}
	_, below, found := strings.Cut(string(text), "\n## "+heading+"\n")
	if !found {
		t.Fatalf("docs/ERRORS.md has no section %q", heading)
	}
	below, _, _ = strings.Cut(below, "\n## ")
	return below
}

// TestErrorsPage shows that docs/ERRORS.md says of each reason what it is at both
// ports, and of no other: every row is brought about.
func TestErrorsPage(t *testing.T) {
	t.Parallel()
	rows := map[string][]string{}
	for line := range strings.Lines(section(t, "Reasons")) {
		if name, found := strings.CutPrefix(line, "| `"); found {
			name, rest, _ := strings.Cut(name, "`")
			rows[name] = strings.Split(rest, "|")
		}
	}
	delete(rows, "UPSTREAM_REJECTED") // TestErrorsPageStatuses
	document := loadOpenAPI(t, openapi.Document)
	for number := range usersv1.ErrorReason_name {
		reason := apierror.ReasonName(usersv1.ErrorReason(number))
		if number == 0 || reason == "UPSTREAM_REJECTED" {
			continue
		}
		row, described := rows[reason]
		bring, known := failures[reason]
		if !described || !known {
			t.Errorf("%s has a row: %v, is brought about: %v", reason, described, known)
			continue
		}
		delete(rows, reason)
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			got := bring(t)
			if ports := fmt.Sprintf(" %s | %d ", got.code, got.status); strings.Join(row[2:4], "|") != ports {
				t.Errorf("the page says %q, the facade %q", strings.Join(row[2:4], "|"), ports)
			}
			// Nobody reads the one; the upstream says the other.
			if reason == "CANCELLED" || reason == "SESSION_EXPIRED" {
				if got.reason != reason {
					t.Errorf("the reason is %s", got.reason)
				}
				return
			}
			var body any
			if err := json.Unmarshal([]byte(got.body), &body); err != nil {
				t.Fatal(err)
			}
			if err := document.Components.Schemas["ErrorBody"].Value.VisitJSON(body); err != nil || !strings.Contains(got.body, `"code":"`+reason+`"`) {
				t.Errorf("the body is %s: %v", got.body, err)
			}
		})
	}
	for name := range rows {
		t.Errorf("%s is no reason", name)
	}
}

// TestErrorsPageStatuses makes the upstream answer each status of the page's table
// of codes.
func TestErrorsPageStatuses(t *testing.T) {
	t.Parallel()
	page := map[int]string{}
	connect := map[string]string{}
	for _, found := range regexp.MustCompile(`\| ([A-Z_]+) \| (\d+) `).FindAllStringSubmatch(section(t, "Connect"), -1) {
		connect[found[1]] = found[2]
	}
	cell := regexp.MustCompile(`\| (other \dxx|[\d, ]+) \| ([A-Z_]+) `)
	for line := range strings.Lines(section(t, "The upstream's status as a gRPC code")) {
		line = strings.ReplaceAll(line, "| | ", "| ")
		for _, found := range append(cell.FindAllStringSubmatch(line, -1), cell.FindAllStringSubmatch(line[min(len(line), 1):], -1)...) {
			for _, word := range strings.Split(strings.NewReplacer("other 4xx", "418", "other 5xx", "599").Replace(found[1]), ", ") {
				code, err := strconv.Atoi(word)
				if err != nil {
					t.Fatal(err)
				}
				page[code] = found[2]
			}
		}
	}
	if got := len(page); got != 18 {
		t.Errorf("the page has %d statuses: %v", got, slices.Sorted(maps.Keys(page)))
	}
	for code, want := range page {
		facade := answering(t, code, `{"message":"no"}`, facadetest.Config{})
		if status := strconv.Itoa(askREST(t, facade, restCall{"POST", authenticateCall, jsonHeader(), anEmail}).status); status != connect[want] {
			t.Errorf("%s is %s over Connect, the page says %q", want, status, connect[want])
		}
		got := ask(t, facade)
		if got.code != want || got.status != code || got.reason != "" && got.reason != "UPSTREAM_REJECTED" || got.body != `{"message":"no"}` {
			t.Errorf("%d: the page says %s, the facade %+v", code, want, got)
		}
	}
}
