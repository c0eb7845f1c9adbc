package edge

import (
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
)

// slowUpstream holds answers of lists until it is told to give them; others it
// gives at once.
type slowUpstream struct {
	url     string
	entered chan struct{} // a value for each call held
	release chan struct{} // closed to answer
}

func newSlowUpstream(t *testing.T) *slowUpstream {
	t.Helper()
	u := &slowUpstream{entered: make(chan struct{}, 100), release: make(chan struct{})}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			u.entered <- struct{}{}
			select {
			case <-u.release:
			case <-r.Context().Done():
				return
			}
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`[]`))
	}))
	t.Cleanup(server.Close)
	u.url = server.URL
	return u
}

// hold makes a call that is held at both ports, and returns their outcomes to
// come.
func (u *slowUpstream) hold(t *testing.T, c *caller) (viaGRPC, viaREST <-chan error) {
	t.Helper()
	first, second := make(chan error, 1), make(chan error, 1)
	go func() {
		_, err := c.grpc.ListApiSessions(t.Context(), &usersv1.ListApiSessionsRequest{})
		first <- err
	}()
	go func() { second <- list(t, c.http.Transport, c.rest, "") }()
	for range 2 {
		select {
		case <-u.entered:
		case err := <-first:
			t.Fatalf("gRPC: not held: %v", err)
		case err := <-second:
			t.Fatalf("REST: not held: %v", err)
		}
	}
	return first, second
}

// onOneOrTwoPorts runs a test with gRPC on a port of its own, and on the HTTP port.
func onOneOrTwoPorts(t *testing.T, test func(t *testing.T, onePort bool)) {
	t.Helper()
	for name, onePort := range map[string]bool{"two ports": false, "one port": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, onePort)
		})
	}
}

// awaitClosed waits until a port takes no more connections.
func awaitClosed(t *testing.T, addresses ...string) {
	t.Helper()
	began := time.Now()
	for _, address := range addresses {
		for {
			conn, err := net.Dial("tcp", address)
			if err != nil {
				break
			}
			_ = conn.Close()
			if time.Since(began) > waitLimit {
				t.Fatalf("%s still takes connections", address)
			}
		}
	}
}

// TestFinishes shows that calls under way at SIGTERM are answered though no new
// ones are taken, and that the process then ends well.
func TestFinishes(t *testing.T) {
	t.Parallel()
	onOneOrTwoPorts(t, testFinishes)
}

func testFinishes(t *testing.T, onePort bool) {
	t.Helper()
	u := newSlowUpstream(t)
	p := start(t, "--upstream-url="+u.url, "--shutdown-delay=0s")
	if onePort {
		p.GRPC = p.REST
	}
	viaGRPC, viaREST := u.hold(t, newCaller(t, p, nil))
	p.terminate(t)
	awaitClosed(t, p.GRPC, p.REST)
	if got := ready(t, p); got != http.StatusServiceUnavailable {
		t.Errorf("readyz: %d while draining", got)
	}
	close(u.release)
	if err := <-viaGRPC; err != nil {
		t.Errorf("gRPC: %v", err)
	}
	if err := <-viaREST; err != nil {
		t.Errorf("REST: %v", err)
	}
	if code := p.wait(t); code != 0 {
		t.Errorf("exit code %d: %q", code, p.log())
	}
	awaitClosed(t, p.Admin)
}

// TestCutOff shows that a call longer than --shutdown-timeout does not keep the
// process, which ends well all the same.
func TestCutOff(t *testing.T) {
	t.Parallel()
	u := newSlowUpstream(t)
	p := start(t, "--upstream-url="+u.url, "--shutdown-delay=0s", "--shutdown-timeout=100ms")
	viaGRPC, viaREST := u.hold(t, newCaller(t, p, nil))
	p.terminate(t)
	if err := <-viaGRPC; status.Code(err) != codes.Unavailable {
		t.Errorf("gRPC: %v, want Unavailable", err)
	}
	if err := <-viaREST; err == nil {
		t.Error("REST: answered")
	}
	if code := p.wait(t); code != 0 {
		t.Errorf("exit code %d: %q", code, p.log())
	}
	p.await(t, "REST calls were cut off")
	p.await(t, "gRPC calls were cut off")
}

// TestDelay shows that balancers are told first, and that new calls are served
// meanwhile.
func TestDelay(t *testing.T) {
	t.Parallel()
	onOneOrTwoPorts(t, testDelay)
}

func testDelay(t *testing.T, onePort bool) {
	t.Helper()
	u := newSlowUpstream(t)
	close(u.release)
	p := start(t, "--upstream-url="+u.url, "--shutdown-delay=2s")
	if onePort {
		p.GRPC = p.REST
	}
	c := newCaller(t, p, nil)
	watch := watchHealth(t, c)
	if got := <-watch; got != healthv1.HealthCheckResponse_SERVING {
		t.Fatalf("health: %s", got)
	}
	p.terminate(t)
	if got := <-watch; got != healthv1.HealthCheckResponse_NOT_SERVING {
		t.Errorf("health: %s after SIGTERM", got)
	}
	if got := ready(t, p); got != http.StatusServiceUnavailable {
		t.Errorf("readyz: %d after SIGTERM", got)
	}
	fresh := newCaller(t, p, nil)
	for _, c := range []*caller{c, fresh} {
		if _, err := c.grpc.ListApiSessions(t.Context(), &usersv1.ListApiSessionsRequest{}); err != nil {
			t.Errorf("gRPC: a new call during the delay: %v", err)
		}
		response, err := c.http.Get(c.rest + "/users/session/api")
		if err != nil {
			t.Fatalf("REST: a new call during the delay: %v", err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK || !response.Close {
			t.Errorf("REST: %d during the delay, connection closes: %t", response.StatusCode, response.Close)
		}
	}
	if code := p.wait(t); code != 0 {
		t.Errorf("exit code %d: %q", code, p.log())
	}
	if text := strings.Join(p.log(), "\n"); strings.Contains(text, "cut off") {
		t.Errorf("somebody who watches health holds up the end: %s", text)
	}
}

// watchHealth tells the health of the service, each time that it changes.
func watchHealth(t *testing.T, c *caller) <-chan healthv1.HealthCheckResponse_ServingStatus {
	t.Helper()
	stream, err := healthv1.NewHealthClient(c.conn).Watch(t.Context(),
		&healthv1.HealthCheckRequest{Service: usersv1.SessionAndAuthenticationService_ServiceDesc.ServiceName}, grpc.WaitForReady(true))
	if err != nil {
		t.Fatal(err)
	}
	statuses := make(chan healthv1.HealthCheckResponse_ServingStatus)
	go func() {
		defer close(statuses)
		for {
			answer, err := stream.Recv()
			if err != nil {
				return
			}
			select {
			case statuses <- answer.GetStatus():
			case <-t.Context().Done():
				return
			}
		}
	}()
	return statuses
}

// TestSecondSignal shows that one more signal ends the process at once, whatever
// is under way.
func TestSecondSignal(t *testing.T) {
	t.Parallel()
	u := newSlowUpstream(t)
	p := start(t, "--upstream-url="+u.url, "--shutdown-delay=1h", "--shutdown-timeout=1h")
	u.hold(t, newCaller(t, p, nil))
	p.terminate(t)
	p.await(t, "shutting down")
	endAtOnce(t, p)
}

// endAtOnce tells a server once more to end, and waits until the signal has ended it.
func endAtOnce(t *testing.T, p *process) {
	t.Helper()
	// The first of these may come while the process is still about to let go of
	// the signal.
	for began := time.Now(); time.Since(began) < waitLimit; runtime.Gosched() {
		p.terminate(t)
		select {
		case <-p.ended:
			began = time.Time{}
		default:
		}
	}
	if code := p.wait(t); code != -1 {
		t.Errorf("exit code %d, want an end by the signal", code)
	}
}
