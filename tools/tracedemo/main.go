// Command tracedemo shows one trace, and that what the dashboard asks for is there.
// It starts a stand-in for an OpenTelemetry collector, the sandbox, and the server in
// front of it, all on loopback; makes a call by each protocol as a caller who traces
// would; and prints the spans that arrive. It exits with 1 where they are not joined
// from the caller through to the upstream, or where /metrics lacks what a panel shows.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/sandbox"
	"github.com/wingspan-grpc/session-facade/internal/sandbox/seed"
	"github.com/wingspan-grpc/session-facade/test/httpclient"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	err := run(ctx)
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, "tracedemo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	collected := &collector{}
	collectorURL, err := serve(ctx, collected)
	if err != nil {
		return err
	}
	reached := &upstream{}
	if reached.sandbox, err = sandbox.New(io.Discard, time.Now, seed.Default); err != nil {
		return err
	}
	upstreamURL, err := serve(ctx, reached)
	if err != nil {
		return err
	}
	server, err := startServer(ctx, collectorURL, upstreamURL)
	if err != nil {
		return err
	}
	err = call(ctx, server)
	var missing []string
	if err == nil {
		missing, err = missingMetrics(ctx, server.admin)
	}
	// What ends has sent all its spans: none is waited for, and none too many is missed.
	if err := errors.Join(err, server.stop()); err != nil {
		return err
	}
	tree := newTree(collected.all())
	tree.print(os.Stdout)
	if err := tree.check(reached.all()); err != nil {
		return fmt.Errorf("the trace is not joined: %w", err)
	}
	if len(missing) > 0 {
		return fmt.Errorf("the dashboard shows what /metrics does not have: %s", strings.Join(missing, ", "))
	}
	fmt.Println("joined from the caller to the upstream; /metrics has all that the dashboard shows")
	return nil
}

// serve serves HTTP on loopback and returns its address.
func serve(ctx context.Context, handler http.Handler) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{ReadHeaderTimeout: time.Second, Handler: handler}
	go func() { _ = server.Serve(listener) }()
	return "http://" + listener.Addr().String(), nil
}

// upstream is the sandbox; it keeps the trace context of each call.
type upstream struct {
	sandbox http.Handler
	mu      sync.Mutex
	parents []string
}

// ServeHTTP implements http.Handler.
func (u *upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	u.mu.Lock()
	u.parents = append(u.parents, r.Header.Get("Traceparent"))
	u.mu.Unlock()
	u.sandbox.ServeHTTP(w, r)
}

func (u *upstream) all() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.parents
}

// facade is the server, as a process of its own.
type facade struct {
	rest, grpc, admin string
	command           *exec.Cmd
	folder            string
}

// startServer builds the server and starts it.
func startServer(ctx context.Context, collector, upstream string) (*facade, error) {
	folder, err := os.MkdirTemp("", "tracedemo")
	if err != nil {
		return nil, err
	}
	f := &facade{folder: folder}
	binary := filepath.Join(folder, "server")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "./cmd/server").CombinedOutput(); err != nil {
		return nil, errors.Join(fmt.Errorf("run this from the root of the repository: %w\n%s", err, out), f.stop())
	}
	secret := filepath.Join(folder, "secret")
	if err := errors.Join(makeCertificate(ctx, folder), os.WriteFile(secret, []byte("of this demonstration alone, for nobody\n"), 0o600)); err != nil {
		return nil, errors.Join(err, f.stop())
	}
	f.command = exec.CommandContext(ctx, binary, "--upstream-url="+upstream,
		"--upstream-cert="+filepath.Join(folder, "cert.pem"), "--upstream-key="+filepath.Join(folder, "key.pem"),
		"--session-cache-ttl=30s", "--upstream-read-rate=1000", "--upstream-write-rate=1000", // all that the dashboard shows
		"--session-cache-redis=redis://127.0.0.1:1", "--session-cache-secret-file="+secret, // where nobody is
		"--grpc-addr=127.0.0.1:0", "--http-addr=127.0.0.1:0", "--admin-addr=127.0.0.1:0")
	f.command.Env = append(os.Environ(), "OTEL_TRACES_EXPORTER=otlp", "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
		"OTEL_EXPORTER_OTLP_ENDPOINT="+collector)
	logs, err := f.command.StderrPipe()
	if err == nil {
		err = f.command.Start()
	}
	if err != nil {
		f.command = nil
		return nil, errors.Join(err, f.stop())
	}
	var serving struct{ Msg, HTTP, GRPC, Admin string }
	for lines := bufio.NewScanner(logs); serving.Msg != "serving"; {
		if !lines.Scan() || json.Unmarshal(lines.Bytes(), &serving) != nil {
			return nil, errors.Join(errors.New("the server did not start"), f.stop())
		}
	}
	go func() { _, _ = io.Copy(io.Discard, logs) }()
	f.rest, f.grpc, f.admin = "http://"+serving.HTTP, serving.GRPC, "http://"+serving.Admin
	return f, nil
}

// makeCertificate leaves a certificate in the folder, whose expiry is a metric.
func makeCertificate(ctx context.Context, folder string) error {
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return err
	}
	command := exec.CommandContext(ctx, "go", "run",
		filepath.Join(strings.TrimSpace(string(root)), "src", "crypto", "tls", "generate_cert.go"),
		"--host=127.0.0.1", "--ecdsa-curve=P256", "--duration=1h")
	command.Dir = folder
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

// stop ends the server, which sends what spans it still has.
func (f *facade) stop() error {
	defer func() { _ = os.RemoveAll(f.folder) }()
	if f.command == nil {
		return nil
	}
	return errors.Join(f.command.Process.Signal(syscall.SIGTERM), f.command.Wait())
}

// call signs in by both protocols.
func call(ctx context.Context, f *facade) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, f.rest+"/users/session",
		strings.NewReader(`{"email":"ada@example.com","password":"analytical-engine"}`))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Traceparent", traceparent(callerID))
	response, err := httpclient.Shared.Do(request)
	if err != nil {
		return err
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("REST: %s", response.Status)
	}
	conn, err := grpc.NewClient(f.grpc, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = usersv1.NewSessionAndAuthenticationServiceClient(conn).CreateSession(
		metadata.AppendToOutgoingContext(ctx, "traceparent", traceparent(callerID)),
		&usersv1.CreateSessionRequest{Email: new("ada@example.com"), Password: new("analytical-engine")})
	return err
}
