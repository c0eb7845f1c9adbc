package test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/sandbox"
	"github.com/wingspan-grpc/session-facade/internal/sandbox/seed"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
	"github.com/wingspan-grpc/session-facade/test/httpclient"
)

// cached is a facade with the cache of sessions on, in front of a sandbox.
type cached struct {
	*facadetest.Facade
	typed   map[string]usersv1.SessionAndAuthenticationServiceClient
	printed *printed
}

// printed is what the sandbox prints: the codes that it sends.
type printed struct {
	mu   sync.Mutex
	text strings.Builder
}

func (p *printed) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(text)
}

// last is the last thing printed that an expression finds.
func (p *printed) last(t *testing.T, expression string) string {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	found := regexp.MustCompile(expression).FindAllStringSubmatch(p.text.String(), -1)
	if len(found) == 0 {
		t.Fatalf("the sandbox has not printed %s", expression)
	}
	return found[len(found)-1][1]
}

func startCached(t *testing.T) *cached {
	t.Helper()
	c := &cached{printed: &printed{}, typed: map[string]usersv1.SessionAndAuthenticationServiceClient{}}
	handler, err := sandbox.New(c.printed, time.Now, seed.Default)
	if err != nil {
		t.Fatal(err)
	}
	upstream := httptest.NewServer(handler)
	t.Cleanup(upstream.Close)
	c.Facade = facadetest.Start(t, upstream.URL, facadetest.Config{SessionCacheTTL: time.Hour})
	for name, conn := range c.TypedConns(t) {
		c.typed[name] = usersv1.NewSessionAndAuthenticationServiceClient(conn)
	}
	return c
}

// as is a context of calls with a token.
func as(ctx context.Context, token string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
}

// signIn makes a session of the sandbox's first user.
func (c *cached) signIn(t *testing.T) string {
	t.Helper()
	got, err := c.Client.CreateSession(t.Context(), &usersv1.CreateSessionRequest{Email: new("ada@example.com"), Password: new(adaPassword)})
	if err != nil {
		t.Fatal(err)
	}
	return got.GetSession().GetToken()
}

// checks checks a session by every protocol, with its own token, and gives each result to a
// function: the status over gRPC or over REST, and what is said of the cache.
func (c *cached) checks(t *testing.T, token string, check func(protocol string, live bool, cacheStatus, age string)) {
	t.Helper()
	for protocol, client := range c.typed {
		var header, trailer metadata.MD
		_, err := client.GetSession(as(t.Context(), token), &usersv1.GetSessionRequest{Id: token}, grpc.Header(&header), grpc.Trailer(&trailer))
		if code := status.Code(err); code != codes.OK && code != codes.Unauthenticated {
			t.Errorf("%s: %v", protocol, err)
		}
		said := metadata.Join(header, trailer)
		check(protocol, err == nil, strings.Join(said.Get("cache-status"), "|"), strings.Join(said.Get("age"), "|"))
	}
	code, header, _ := c.rest(t, http.MethodGet, "/users/session/token/"+token, token, "")
	if code != http.StatusOK && code != http.StatusForbidden {
		t.Errorf("REST: HTTP %d", code)
	}
	check("REST", code == http.StatusOK, strings.Join(header.Values("Cache-Status"), "|"), strings.Join(header.Values("Age"), "|"))
}

func (c *cached) rest(t *testing.T, verb, path, token, body string) (code int, header http.Header, text string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), verb, c.REST+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	response, err := httpclient.Shared.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(read)
}

var cacheHit = regexp.MustCompile(`^session-facade; hit; ttl=[0-9]+$`)

// isKept checks that a session is answered for from memory by all protocols.
func (c *cached) isKept(t *testing.T, token string) {
	t.Helper()
	_, _ = c.Client.GetSession(as(t.Context(), token), &usersv1.GetSessionRequest{Id: token})
	c.checks(t, token, func(protocol string, live bool, cacheStatus, age string) {
		if !live || !cacheHit.MatchString(cacheStatus) || age == "" {
			t.Errorf("%s: live %t, Cache-Status %q, Age %q", protocol, live, cacheStatus, age)
		}
	})
}

// TestSessions_EndAtOnceByEveryProtocol: a session that is kept is over for the callers of
// all protocols once one of them has ended it, by whatever protocol.
func TestSessions_EndAtOnceByEveryProtocol(t *testing.T) {
	t.Parallel()
	c := startCached(t)
	ends := map[string]func(token string) error{"REST": func(token string) error {
		if code, _, text := c.rest(t, http.MethodDelete, "/users/session/token/"+token, token, ""); code != http.StatusNoContent {
			return fmt.Errorf("HTTP %d: %s", code, text)
		}
		return nil
	}}
	for protocol, client := range c.typed {
		ends[protocol] = func(token string) error {
			_, err := client.DeleteSession(as(t.Context(), token), &usersv1.DeleteSessionRequest{Id: token})
			return err
		}
	}
	for by, end := range ends {
		token, other := c.signIn(t), c.signIn(t)
		c.isKept(t, token)
		c.isKept(t, other)
		if err := end(token); err != nil {
			t.Fatalf("the end by %s: %v", by, err)
		}
		c.checks(t, token, func(protocol string, live bool, cacheStatus, _ string) {
			if live {
				t.Errorf("ended by %s, the session is live by %s (%s)", by, protocol, cacheStatus)
			}
		})
		c.isKept(t, other)
	}
}

// TestSessions_ChangesAreSeenAtOnce: what ends or changes sessions of a user, or the caller's
// own, leaves nothing of them in memory.
func TestSessions_ChangesAreSeenAtOnce(t *testing.T) {
	t.Parallel()
	c := startCached(t)
	token := c.signIn(t)
	asCaller := as(t.Context(), token)
	created, err := c.Client.CreateApiSession(asCaller, &usersv1.CreateApiSessionRequest{})
	if err != nil {
		t.Fatal(err)
	}
	id, program := created.GetApiSession().GetSessionId(), created.GetApiSession().GetToken()
	for name, change := range map[string]func() error{
		"UpdateApiSession": func() error {
			_, err := c.Client.UpdateApiSession(asCaller, &usersv1.UpdateApiSessionRequest{Id: id, ApiSession: &usersv1.ApiSessionUpdate{Labels: map[string]string{"a": "c"}}})
			return err
		},
		"UpdateApiSession by REST": func() error {
			code, _, text := c.rest(t, http.MethodPatch, "/users/session/api/"+id, token, `{"labels":{"a":"b"}}`)
			if code != http.StatusOK {
				return fmt.Errorf("HTTP %d: %s", code, text)
			}
			return nil
		},
		"CompleteOtpVerification": func() error {
			if _, err := c.Client.BeginOtpVerification(asCaller, &usersv1.BeginOtpVerificationRequest{}); err != nil {
				return err
			}
			code := c.printed.last(t, `one-time password for .*: ([0-9]{6})`)
			_, err := c.Client.CompleteOtpVerification(asCaller, &usersv1.CompleteOtpVerificationRequest{Code: code})
			return err
		},
		"CompletePhoneVerification": func() error {
			user := "user-ada"
			if _, err := c.Client.BeginPhoneVerification(asCaller, &usersv1.BeginPhoneVerificationRequest{Id: user, Phone: "+15550100"}); err != nil {
				return err
			}
			code := c.printed.last(t, `phone verification code for .*: ([0-9]{6})`)
			_, err := c.Client.CompletePhoneVerification(asCaller, &usersv1.CompletePhoneVerificationRequest{Id: user, Code: code})
			return err
		},
	} {
		c.isKept(t, token)
		if err := change(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		first := true
		c.checks(t, token, func(protocol string, live bool, cacheStatus, _ string) {
			if !live || first && cacheStatus != "session-facade; fwd=miss" {
				t.Errorf("after %s, by %s: live %t, Cache-Status %q", name, protocol, live, cacheStatus)
			}
			first = false
		})
	}
	c.isKept(t, program)
	if _, err := c.Client.DeleteApiSession(asCaller, &usersv1.DeleteApiSessionRequest{Id: id}); err != nil {
		t.Fatal(err)
	}
	c.checks(t, program, func(protocol string, live bool, cacheStatus, _ string) {
		if live {
			t.Errorf("after DeleteApiSession, the API session is live by %s (%s)", protocol, cacheStatus)
		}
	})
}
