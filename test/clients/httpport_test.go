package clients

import (
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wingspan-grpc/session-facade/test/certstest"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

const serviceName = "wingspan.users.v1.SessionAndAuthenticationService"

// httpPort is a facade's HTTP port, or what stands in front of it.
type httpPort struct {
	url, ca string // ca is a file; "" is plaintext
	facade  *facadetest.Facade
}

func (p httpPort) host() string { return p.url[strings.LastIndexByte(p.url, '/')+1:] }

// slowCalls counts the calls that the upstream does not answer: those that have come, and
// of these those that have been given up.
type slowCalls struct{ came, gone atomic.Int64 }

// await waits until all that have come have been given up.
func (c *slowCalls) await(t *testing.T) {
	t.Helper()
	look, late := time.NewTicker(10*time.Millisecond), time.After(30*time.Second)
	defer look.Stop()
	for c.came.Load() == 0 || c.came.Load() != c.gone.Load() {
		select {
		case <-look.C:
		case <-late:
			t.Fatalf("of %d calls that came too late, %d have ended at the upstream", c.came.Load(), c.gone.Load())
		}
	}
}

// startHTTPPort starts a facade. Its upstream lists one session to who has a token,
// rejects an email, and never answers to another.
func startHTTPPort(t *testing.T, secure bool) (httpPort, *slowCalls) {
	t.Helper()
	slow := &slowCalls{}
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch {
		case strings.Contains(string(body), "rejected@"):
			facadetest.Respond(429, http.Header{"Retry-After": {"7"}}, `{"message":"slowly"}`)(w, r)
		case strings.Contains(string(body), "slow@"):
			slow.came.Add(1)
			select {
			case <-r.Context().Done():
				slow.gone.Add(1)
			case <-t.Context().Done(): // nobody has given it up
			}
		case r.Header.Get("Authorization") != "Bearer t-1":
			facadetest.Respond(401, nil, `{"message":"no token came"}`)(w, r)
		default:
			facadetest.Respond(200, nil, `[{"sessionId":"s-1","labels":{"team":"payroll"}}]`)(w, r)
		}
	}))
	t.Cleanup(upstream.Close)
	if !secure {
		facade := facadetest.Start(t, upstream.URL, facadetest.Config{Timeout: time.Hour})
		return httpPort{facade.REST, "", facade}, slow
	}
	authority := certstest.NewAuthority(t)
	certificate := authority.Issue(t).TLS(t)
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{Timeout: time.Hour, Certificate: &certificate})
	return httpPort{facade.REST, certstest.Write(t, filepath.Join(t.TempDir(), "ca.crt"), authority.PEM), facade}, slow
}

// led is what each of the calls must lead to.
var led = map[string]string{
	"list":     "s-1 payroll",
	"rejected": "ResourceExhausted UPSTREAM_REJECTED in 7 s",
	"field":    "InvalidArgument INVALID_REQUEST email",
	"deadline": "DeadlineExceeded",
}

// eachPort runs a test against a facade in plaintext and one with TLS.
func eachPort(t *testing.T, test func(*testing.T, httpPort, *slowCalls)) {
	t.Helper()
	for name, secure := range map[string]bool{"plaintext": false, "TLS": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			port, slow := startHTTPPort(t, secure)
			test(t, port, slow)
		})
	}
}
