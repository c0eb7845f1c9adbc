package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/wingspan-grpc/session-facade/test/httpclient"
)

// replica is a server that is always started at the same addresses.
type replica struct {
	host, port        string // gRPC's
	grpc, rest, admin string
	binary, upstream  string
	delay             time.Duration
	command           *exec.Cmd

	inTurn               atomic.Bool // is ready, as the REST balancer sees it
	grpcCalls, restCalls atomic.Int64
}

// newReplica gives each replica an address of its own, like a pod, and the same ports.
func newReplica(index int, binary, upstream string, delay time.Duration) *replica {
	r := &replica{host: fmt.Sprintf("127.0.0.%d", 101+index), binary: binary, upstream: upstream, delay: delay}
	// Not ports of the system's choice: while the replica is away, a connection
	// could get one of those.
	port := 20_000 + os.Getpid()%3_000*3
	r.port = strconv.Itoa(port)
	for i, address := range []*string{&r.grpc, &r.rest, &r.admin} {
		*address = net.JoinHostPort(r.host, strconv.Itoa(port+i))
	}
	return r
}

// start starts it and waits until it is ready.
func (r *replica) start(ctx context.Context) error {
	r.command = exec.CommandContext(ctx, r.binary, "--upstream-url="+r.upstream,
		"--log-level=warn", "--max-connections=1000",
		"--grpc-addr="+r.grpc, "--http-addr="+r.rest, "--admin-addr="+r.admin, "--shutdown-delay="+r.delay.String())
	r.command.Stderr = os.Stderr
	if err := r.command.Start(); err != nil {
		return err
	}
	return until(ctx, "replica "+r.rest, func() bool { return r.ready(ctx) })
}

// terminate ends it as a supervisor does.
func (r *replica) terminate() error {
	if err := r.command.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	if err := r.command.Wait(); err != nil {
		return fmt.Errorf("replica %s: %w", r.rest, err)
	}
	return nil
}

// kill ends it if it was started and has not ended.
func (r *replica) kill() {
	if r.command != nil && r.command.ProcessState == nil {
		_ = r.command.Process.Kill()
		_ = r.command.Wait()
	}
}

// ready asks its /readyz.
func (r *replica) ready(ctx context.Context) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+r.admin+"/readyz", http.NoBody)
	if err != nil {
		return false
	}
	response, err := httpclient.Shared.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return err == nil && response.StatusCode == http.StatusOK && strings.HasPrefix(string(text), "ready")
}
