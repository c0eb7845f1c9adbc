package sessioncache_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/membudget"
	"github.com/wingspan-grpc/session-facade/internal/relay"
	"github.com/wingspan-grpc/session-facade/test/heapdump"
)

// maskedMark is how every secret of the test begins, masked, so that neither the program nor
// the test's own memory has it in the clear.
var maskedMark = [15]byte{0x2b, 0x1d, 0x20, 0x2c, 0x10, 0x62, 0x2d, 0x0a, 0x6d, 0x3c, 0x15, 0x23, 0x1b, 0x28, 0x6e}

// mark is how secrets begin; its length is one of whole blocks in base64.
func mark() []byte {
	text := make([]byte, len(maskedMark))
	for i, b := range maskedMark {
		text[i] = b ^ 0x5a
	}
	return text
}

// secret is the n-th of a kind.
func secret(kind string, n int) string {
	mac := hmac.New(sha256.New, []byte("a seed"))
	fmt.Fprintf(mac, "%s %d", kind, n)
	return string(mark()) + hex.EncodeToString(mac.Sum(nil))
}

// secretsInHeap counts in what ways secrets are in the memory that is in use.
func secretsInHeap(t *testing.T) (found map[string]int) {
	t.Helper()
	return secretsIn(t, heapdump.Take(t))
}

// secretsIn counts in what ways secrets are in a text.
func secretsIn(t *testing.T, file io.Reader) (found map[string]int) {
	t.Helper()
	patterns := map[string][]byte{"as it is": mark(), "in hex": []byte(hex.EncodeToString(mark())), "in upper hex": []byte(strings.ToUpper(hex.EncodeToString(mark())))}
	for shift := range 3 { // base64 begins anew every three bytes
		text := base64.StdEncoding.EncodeToString(append(make([]byte, shift), mark()...))
		patterns[fmt.Sprintf("in base64, at %d", shift)] = []byte(text[4 : len(text)-4])
	}
	found = map[string]int{}
	buffer, kept := make([]byte, 1<<20), 0
	for {
		n, err := io.ReadFull(file, buffer[kept:])
		text := buffer[:kept+n]
		for name, pattern := range patterns {
			if count := bytes.Count(text, pattern); count > 0 {
				found[name] += count
			}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatal(err)
			}
			return found
		}
		kept = copy(buffer, text[len(text)-64:]) // what begins here and goes on in the next
	}
}

// asks is what the caller of a secret session sends.
func asks(n int) *relay.Exchange {
	return &relay.Exchange{Lease: &membudget.Lease{}, Header: http.Header{"Authorization": {"Bearer " + secret("token", n)},
		"Cookie": {"s=" + secret("cookie", n)}, "X-Wingspan-User": {secret("user", n)}}}
}

// secretSession is the upstream's response to the n-th: also the headers that the facade
// does not relay have secrets.
func secretSession(n int) *relay.Response {
	header := fmt.Sprintf("ETag: \"%d\"\r\nX-Session: %s\r\nX-Request-Id: %s\r\n", n, secret("token", n), secret("id", n))
	return response(200, header, fmt.Sprintf(`{"expiration":"2999-01-01T00:00:00.000Z","labels":{"a":"%s"},"token":"%s","userId":"%s"}`,
		secret("label", n), secret("token", n), secret("user", n)))
}

// TestMemory_HoldsNoSecretAfterACall checks ten thousand sessions in each way that there is,
// and looks for what they were checked with, and what came of it, in all memory in use.
func TestMemory_HoldsNoSecretAfterACall(t *testing.T) { //nolint:paralleltest // one bubble at a time
	if !heapdump.InOwnProcess(t) {
		return
	}
	const sessions = 10_000
	var mode func(n int) *relay.Response // nil: it hangs
	numbers := sync.Map{}                // of a session, by the hash of its token
	synctest.Test(t, func(t *testing.T) {
		cache := newStubbed(t, 30*time.Second, 10*time.Second, 2*sessions, func(ctx context.Context, token string) (*relay.Response, error) {
			n, _ := numbers.Load(sha256.Sum256([]byte(token)))
			if mode == nil {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return mode(n.(int)), nil
		})
		all := func(wanted string, some int, change func(*relay.Exchange)) {
			t.Helper()
			var calls sync.WaitGroup
			calls.Go(func() { // whose stack goes with it
				for n := range some {
					exchange, token := asks(n), secret("token", n)
					numbers.Store(sha256.Sum256([]byte(token)), n)
					if change != nil {
						change(exchange)
					}
					if how, _ := checkSession(t.Context(), cache, token, exchange); wanted != "" && how != wanted {
						t.Errorf("the check of session %d was a %s, want %s", n, how, wanted)
						return
					}
				}
			})
			calls.Wait()
			synctest.Wait()
		}
		mode = secretSession
		all("miss", sessions, nil)
		all("hit", 100, nil)
		all("bypass", 100, func(e *relay.Exchange) { e.NoCache = true })
		time.Sleep(26 * time.Second)
		all("", 1000, nil) // some are refreshed
		time.Sleep(5 * time.Second)
		mode = func(int) *relay.Response { return response(503, "", "{}") }
		all("", 100, nil) // some are stale
		mode = func(n int) *relay.Response {
			return response(500, "X-Session: "+secret("id", n)+"\r\n", fmt.Sprintf(`{"error":"%s"}`, secret("token", n)))
		}
		all("bypass", 100, func(e *relay.Exchange) { e.NoCache = true })
		mode = func(n int) *relay.Response {
			return response(403, "", fmt.Sprintf(`{"error":"Session expired","token":"%s"}`, secret("token", n)))
		}
		all("", 100, func(e *relay.Exchange) { e.Header.Set("Accept-Language", secret("language", 1)) })
		mode = nil
		all("bypass", 3, func(e *relay.Exchange) { e.NoCache = true })
		mode = secretSession
		all("", sessions, nil)
		time.Sleep(16 * time.Second) // the runtime keeps a timer that was stopped, and so its context, until its time
		if found := secretsInHeap(t); len(found) > 0 {
			t.Errorf("memory holds secrets: %v", found)
		}
		all("hit", sessions, nil) // they have been there all the time
	})
}

// TestMemory_IsSearched plants secrets, in each way in which they could be left.
func TestMemory_IsSearched(t *testing.T) { //nolint:paralleltest // it looks at all memory
	if !heapdump.InOwnProcess(t) {
		return
	}
	for name, planted := range map[string]func() any{
		"as it is":        func() any { return secretSession(1).Body },
		"in hex":          func() any { return hex.EncodeToString([]byte(secret("token", 1))) },
		"in base64, at 0": func() any { return base64.RawURLEncoding.EncodeToString([]byte(secret("token", 1))) },
		"in base64, at 1": func() any { return base64.StdEncoding.EncodeToString([]byte("u" + secret("token", 1))) },
		"in base64, at 2": func() any { return base64.StdEncoding.EncodeToString([]byte("u:" + secret("token", 1))) },
	} {
		var held any
		var planting sync.WaitGroup
		planting.Go(func() { held = planted() })
		planting.Wait()
		if found := secretsInHeap(t); found[name] == 0 {
			t.Errorf("a secret %s is not found: %v", name, found)
		}
		runtime.KeepAlive(held)
	}
}
