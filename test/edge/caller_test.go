package edge

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
)

// caller calls a server at both ports as an honest client.
type caller struct {
	conn *grpc.ClientConn
	grpc usersv1.SessionAndAuthenticationServiceClient
	http *http.Client
	rest string
}

// newCaller makes a caller; config is nil for plaintext.
func newCaller(t *testing.T, p *process, config *tls.Config) *caller {
	t.Helper()
	c := &caller{rest: "http://" + p.REST}
	creds := insecure.NewCredentials()
	transport := &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true}
	if config != nil {
		c.rest = "https://" + p.REST
		creds = credentials.NewTLS(config.Clone())
		transport.TLSClientConfig = config.Clone()
	}
	c.http = &http.Client{Transport: transport, Timeout: waitLimit}
	var err error
	c.conn, err = grpc.NewClient(p.GRPC, grpc.WithTransportCredentials(creds))
	if err != nil {
		t.Fatal(err)
	}
	c.grpc = usersv1.NewSessionAndAuthenticationServiceClient(c.conn)
	t.Cleanup(c.close)
	return c
}

func (c *caller) close() {
	_ = c.conn.Close()
	c.http.CloseIdleConnections()
}

// viaGRPC signs in over gRPC.
func (c *caller) viaGRPC(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, waitLimit)
	defer cancel()
	answer, err := c.grpc.CreateSession(ctx,
		&usersv1.CreateSessionRequest{Email: new("ada@example.com"), Password: new("analytical-engine")})
	if err == nil && answer.GetSession().GetToken() == "" {
		return fmt.Errorf("no token in %v", answer)
	}
	return err
}

// viaREST signs in over REST and returns the protocol that was spoken.
func (c *caller) viaREST(ctx context.Context) (string, error) {
	status, protocol, body, err := c.post(ctx, "/users/session", `{"email":"ada@example.com","password":"analytical-engine"}`)
	if err == nil && (status != http.StatusOK || !strings.Contains(body, `"token"`)) {
		err = fmt.Errorf("%d %s", status, body)
	}
	return protocol, err
}

func (c *caller) post(ctx context.Context, path, body string) (status int, protocol, answer string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.rest+path, strings.NewReader(body))
	if err != nil {
		return 0, "", "", err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := c.http.Do(request)
	if err != nil {
		return 0, "", "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, response.Proto, string(text), err
}

// works checks that both ports serve honest callers, on a connection of their
// own.
func works(t *testing.T, p *process, config *tls.Config) {
	t.Helper()
	c := newCaller(t, p, config)
	defer c.close()
	if err := c.viaGRPC(t.Context()); err != nil {
		t.Errorf("gRPC: %v", err)
	}
	_, err := c.viaREST(t.Context())
	for tries := 1; p.mayGiveWay && err != nil && strings.Contains(err.Error(), "INTERNAL_ERROR") && tries < 10; tries++ {
		_, err = c.viaREST(t.Context())
	}
	if err != nil {
		t.Errorf("REST: %v", err)
	}
	if status := ready(t, p); status != http.StatusOK {
		t.Errorf("readyz: %d", status)
	}
}

// fair is how long a round of honest calls may take while a server is attacked, on
// average: a busy machine may hold up one, but not each. A round that waits for the
// attack to end is none that was served meanwhile.
const fair = 5 * time.Second

// keepsWorking calls both ports as long as attack runs, and checks that no call
// fails or waits for the attack to end.
func keepsWorking(t *testing.T, p *process, config *tls.Config, attack func()) {
	t.Helper()
	began := time.Now()
	done := make(chan time.Duration, 1)
	go func() {
		defer func() { done <- time.Since(began) }() // also where the attack fails
		attack()
	}()
	served, slowest := 0, time.Duration(0)
	for {
		round := time.Now()
		works(t, p, config)
		slowest = max(slowest, time.Since(round))
		select {
		case took := <-done:
			works(t, p, config) // and once more, after it
			t.Logf("%d rounds of honest calls in %s, the slowest took %s", served, took, slowest)
			if served < int(took/fair) {
				t.Errorf("%d rounds of honest calls were served while the attack ran for %s; the slowest took %s", served, took, slowest)
			}
			return
		default:
			served++
		}
	}
}

// ready asks /readyz.
func ready(t *testing.T, p *process) int {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: waitLimit}
	response, err := client.Get("http://" + p.Admin + "/readyz")
	if err != nil {
		t.Errorf("readyz: %v", err)
		return 0
	}
	_ = response.Body.Close()
	return response.StatusCode
}
