package sessioncache_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/relay"
	"github.com/wingspan-grpc/session-facade/internal/replicas"
	"github.com/wingspan-grpc/session-facade/internal/replicas/replicastest"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache"
	"github.com/wingspan-grpc/session-facade/test/bubble"
	"github.com/wingspan-grpc/session-facade/test/heapdump"
)

// overheard is all that replicas send to a server.
type overheard struct {
	replicas.Server
	mu      *sync.Mutex
	text    *bytes.Buffer
	largest *int
}

// Connect implements replicas.Server.
func (o overheard) Connect(ctx context.Context, s *replicas.Settings, on replicas.Events) (replicas.Conn, error) {
	o.write([]byte(s.Prefix), []byte(s.ID))
	c, err := o.Server.Connect(ctx, s, on)
	return overheardConn{c, o}, err
}

func (o overheard) write(texts ...[]byte) (size int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, text := range texts {
		o.text.Write(text)
		size += len(text)
	}
	return size
}

type overheardConn struct {
	replicas.Conn
	overheard
}

func (c overheardConn) Sync(ctx context.Context, r *replicas.SyncRequest) (replicas.SyncReply, error) {
	for _, e := range r.Endings {
		c.write(e.Tag[:])
	}
	return c.Conn.Sync(ctx, r)
}

func (c overheardConn) Find(ctx context.Context, r *replicas.FindRequest) (replicas.FindReply, error) {
	c.write(r.Key[:])
	for _, t := range r.Of {
		c.write(t[:])
	}
	return c.Conn.Find(ctx, r)
}

func (c overheardConn) Keep(ctx context.Context, r *replicas.KeepRequest) (bool, error) {
	size := c.write(r.Key[:], r.Sealed) + 3*8
	for _, t := range r.Tags {
		size += c.write(t[:])
	}
	c.mu.Lock()
	*c.largest = max(*c.largest, size)
	c.mu.Unlock()
	return c.Conn.Keep(ctx, r)
}

// secretReplicas are two that share a server, whose upstream answers by the number of a session.
func secretReplicas(t *testing.T, respond func(context.Context, string) (*relay.Response, error)) (caches []*sessioncache.Cache, o overheard, closeAll func()) {
	t.Helper()
	o = overheard{mu: &sync.Mutex{}, text: &bytes.Buffer{}, largest: new(int)}
	server := replicastest.New()
	var links []sessioncache.SharedLink
	for range 2 {
		o := o
		o.Server = server.Replica()
		l := join(o, 33*time.Second, 15*time.Second, 2)
		cache := newStubbedWith(t, sessioncache.Options{TTL: 30 * time.Second, Entries: 20_000, Shared: l, Secrets: [][]byte{[]byte(secret("key", 1))}}, respond)
		l.Start(cache, nil)
		if err := l.Joined(t.Context()); err != nil {
			t.Fatal(err)
		}
		links, caches = append(links, link{l, nil}), append(caches, cache)
	}
	return caches, o, func() {
		for _, l := range links {
			l.Close()
		}
	}
}

// TestShared_TellsNobodyASecret looks at all that replicas send to their server, for checks and
// sign-outs of sessions, for what those are of; and at how much it is.
func TestShared_TellsNobodyASecret(t *testing.T) {
	t.Parallel()
	bubble.SkipRaced(t)
	synctest.Test(t, func(t *testing.T) {
		caches, o, closeAll := secretReplicas(t, func(_ context.Context, token string) (*relay.Response, error) {
			for n := range 100 {
				if token == secret("token", n) {
					return secretSession(n), nil
				}
			}
			return response(403, "", `{"error":"Session expired"}`), nil
		})
		for n := range 100 {
			for i, want := range []string{"miss", "shared"} {
				if how, err := checkSession(t.Context(), caches[i], secret("token", n), asks(n)); how != want {
					t.Fatalf("%d at %d: %s, %v", n, i, how, err)
				}
				synctest.Wait()
				time.Sleep(time.Millisecond)
			}
			_ = caches[0].Invoke(relay.NewContext(t.Context(), asks(n)), usersv1.SessionAndAuthenticationService_DeleteSession_FullMethodName,
				&usersv1.DeleteSessionRequest{Id: secret("token", n)}, &usersv1.DeleteSessionResponse{})
			_, _ = checkSession(t.Context(), caches[1], secret("token", 1000+n), &relay.Exchange{NoCache: true, Header: http.Header{"Cookie": {secret("cookie", n)}}})
		}
		closeAll()
		if found := secretsIn(t, bytes.NewReader(o.text.Bytes())); len(found) > 0 || o.text.Len() < 100*300 {
			t.Errorf("of %d bytes, there are secrets in %v", o.text.Len(), found)
		}
		time.Sleep(time.Minute)
	})
}

// TestShared_OfAUsualSessionIsSmall shows how much the server has of one.
func TestShared_OfAUsualSessionIsSmall(t *testing.T) {
	t.Parallel()
	bubble.SkipRaced(t)
	synctest.Test(t, func(t *testing.T) {
		body, err := json.Marshal(map[string]any{
			"token": "3f0e8b5c2d7a4916b8c0d1e2f3a4b5c63f0e8b5c2d7a4916b8c0d1e2f3a4b5c6", "userId": "6a1f0c9e-5b7d-4e2a-9c3f-8d7e6f5a4b3c", "sessionType": "User",
			"expiration": "2999-01-01T00:00:00.000Z", "mfa": true, "labels": map[string]string{"device": "web", "tenant": "north"},
			"createdAt": "2026-11-27T00:00:00.000Z", "updatedAt": "2026-11-27T00:00:00.000Z",
		})
		if err != nil {
			t.Fatal(err)
		}
		caches, o, closeAll := secretReplicas(t, func(context.Context, string) (*relay.Response, error) {
			return response(200, "Cache-Control: no-store\r\nETag: W/\"1a2-9bX3k\"\r\nVary: Accept-Encoding\r\n", string(body)), nil
		})
		_, _ = checkSession(t.Context(), caches[0], "t", &relay.Exchange{Header: http.Header{"Authorization": {"Bearer t"}}})
		time.Sleep(time.Second)
		closeAll()
		if t.Logf("a session of %d bytes takes %d of the server", len(body), *o.largest); *o.largest == 0 || *o.largest > 1<<10 {
			t.Errorf("a session of %d bytes takes %d of the server", len(body), *o.largest)
		}
	})
}

// TestShared_MemoryHoldsNoSecret is TestMemory_HoldsNoSecretAfterACall of two replicas and
// their server.
func TestShared_MemoryHoldsNoSecret(t *testing.T) { //nolint:paralleltest // one bubble at a time
	bubble.SkipRaced(t)
	if !heapdump.InOwnProcess(t) {
		return
	}
	const sessions = 2000
	numbers := sync.Map{}
	synctest.Test(t, func(t *testing.T) {
		caches, _, closeAll := secretReplicas(t, func(_ context.Context, token string) (*relay.Response, error) {
			n, _ := numbers.Load(sha256.Sum256([]byte(token)))
			return secretSession(n.(int)), nil
		})
		for i, want := range []string{"miss", "shared", "hit", "hit"} {
			var calls sync.WaitGroup
			calls.Go(func() { // whose stack goes with it
				for n := range sessions {
					token := secret("token", n)
					numbers.Store(sha256.Sum256([]byte(token)), n)
					if how, _ := checkSession(t.Context(), caches[i%2], token, asks(n)); how != want {
						t.Errorf("session %d at %d is a %s, want %s", n, i, how, want)
						return
					}
					synctest.Wait() // there are only so many places in a link
				}
			})
			calls.Wait()
			time.Sleep(time.Millisecond)
		}
		time.Sleep(16 * time.Second)
		if found := secretsInHeap(t); len(found) > 0 {
			t.Errorf("memory holds secrets: %v", found)
		}
		closeAll()
	})
}
