package clients

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"

	"github.com/wingspan-grpc/session-facade/config/affinity"
	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/test/certstest"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
	"github.com/wingspan-grpc/session-facade/test/testinputs"
)

// affinityTokens are so many that each of three replicas has some.
const affinityTokens = 61

// anonymous is a token that is sent as an id alone.
const anonymous = "anonymous"

// affinityNginx starts nginx as deploy/affinity/nginx.conf has it, in front of three addresses.
func affinityNginx(t *testing.T, addresses ...string) httpPort {
	t.Helper()
	nginx := tool(t, "/usr/sbin/nginx")
	block, err := os.ReadFile("../../deploy/affinity/nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	text := string(block)
	for i, address := range addresses {
		text = strings.ReplaceAll(text, fmt.Sprintf("replica-%d:8080", i+1), address)
	}
	if strings.Contains(text, "server replica-") {
		t.Fatalf("it has more replicas than %d", len(addresses))
	}
	return serveNginx(t, nginx, text)
}

// addressesOf are the HTTP ports of replicas.
func addressesOf(r *facadetest.Replicas) (all []string) {
	for _, facade := range r.Facades {
		all = append(all, httpPort{url: facade.REST}.host())
	}
	return all
}

// checkers check a session with its own token through nginx, by gRPC and by REST.
func checkers(t *testing.T, port httpPort) (byGRPC, byREST func(token string) error) {
	t.Helper()
	authority, err := os.ReadFile(port.ca)
	if err != nil {
		t.Fatal(err)
	}
	trust := x509.NewCertPool()
	trust.AppendCertsFromPEM(authority)
	trusting := &tls.Config{RootCAs: trust, MinVersion: tls.VersionTLS12}
	conn, err := grpc.NewClient(port.host(), grpc.WithTransportCredentials(credentials.NewTLS(trusting)))
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{TLSClientConfig: trusting}
	t.Cleanup(func() {
		_ = conn.Close()
		transport.CloseIdleConnections()
	})
	client := usersv1.NewSessionAndAuthenticationServiceClient(conn)
	byGRPC = func(token string) error {
		ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+token)
		if token == anonymous {
			ctx = t.Context()
		}
		_, err := client.GetSession(ctx, &usersv1.GetSessionRequest{Id: token})
		return err
	}
	return byGRPC, func(token string) error { return checkByREST(t.Context(), transport, port, token) }
}

func checkByREST(ctx context.Context, transport http.RoundTripper, port httpPort, token string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, port.url+"/users/session/token/"+token, http.NoBody)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := transport.RoundTrip(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != http.StatusOK {
		return fmt.Errorf("HTTP %d, %w", response.StatusCode, err)
	}
	return nil
}

// TestNginxAffinity_AsksTheUpstreamOnce: by gRPC and by REST, each session's checks meet
// one replica, the same by both. All replicas have some.
func TestNginxAffinity_AsksTheUpstreamOnce(t *testing.T) {
	t.Parallel()
	r := facadetest.StartReplicas(t, 3)
	byGRPC, byREST := checkers(t, affinityNginx(t, addressesOf(r)...))
	for n := range affinityTokens {
		for name, check := range map[string]func(string) error{"gRPC": byGRPC, "REST": byREST, "gRPC again": byGRPC} {
			if err := check(fmt.Sprintf("token-%d", n)); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
	if asked := len(r.Upstream.Take()); asked != affinityTokens {
		t.Errorf("the upstream was asked %d times for %d sessions", asked, affinityTokens)
	}
	for _, facade := range r.Facades {
		if !strings.Contains(facade.Log.String(), "GetSession") {
			t.Error("a replica had no calls")
		}
	}
}

// TestNginxAffinity_SpreadsAnonymousCalls: calls without Authorization, as those that sign
// in, do not all meet one replica.
func TestNginxAffinity_SpreadsAnonymousCalls(t *testing.T) {
	t.Parallel()
	r := facadetest.StartReplicas(t, 3)
	byGRPC, _ := checkers(t, affinityNginx(t, addressesOf(r)...))
	for range 9 {
		if err := byGRPC(anonymous); err != nil {
			t.Fatal(err)
		}
	}
	if asked := len(r.Upstream.Take()); asked != len(r.Facades) {
		t.Errorf("%d of %d replicas had anonymous calls", asked, len(r.Facades))
	}
}

// TestNginxAffinity_OutlivesAReplica: the sessions of a replica that is not there meet
// another, one for each. No gRPC call fails, and of REST calls, which are not repeated, the
// first, which tells nginx.
func TestNginxAffinity_OutlivesAReplica(t *testing.T) {
	t.Parallel()
	r := facadetest.StartReplicas(t, 2)
	byGRPC, byREST := checkers(t, affinityNginx(t, append(addressesOf(r), "127.0.0.1:1")...))
	for range 3 {
		for n := range affinityTokens {
			if err := byGRPC(fmt.Sprintf("token-%d", n)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if asked := len(r.Upstream.Take()); asked != affinityTokens {
		t.Errorf("the upstream was asked %d times for %d sessions", asked, affinityTokens)
	}
	failed := 0
	for n := range affinityTokens {
		if byREST(fmt.Sprintf("token-%d", n)) != nil {
			failed++
		}
	}
	if failed == 0 || failed > 3 { // one in ten seconds
		t.Errorf("%d REST calls failed", failed)
	}
}

// TestNode_TakesTurnsWhereItHasNoAffinity: grpc-js, which has no ring_hash, takes the next
// policy of the service config for affinity.
func TestNode_TakesTurnsWhereItHasNoAffinity(t *testing.T) {
	t.Parallel()
	testinputs.Add(t, typedDir)
	installTypeScript(t, typedDir)
	r := facadetest.StartReplicas(t, 3)
	var addresses []string
	for _, facade := range r.Facades {
		addresses = append(addresses, facade.GRPCAddr)
	}
	file := certstest.Write(t, filepath.Join(t.TempDir(), "service_config.json"), []byte(affinity.ServiceConfig))
	program := exec.CommandContext(t.Context(), "node", "affinity.mjs", file, strings.Join(addresses, ","))
	program.Dir = typedDir
	if output, err := program.CombinedOutput(); err != nil {
		t.Fatalf("not all replicas had calls: %v\n%s", err, output)
	}
}
