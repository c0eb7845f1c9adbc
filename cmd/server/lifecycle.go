package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"time"

	"go.opentelemetry.io/otel/metric"
	"golang.org/x/sync/errgroup"

	"github.com/wingspan-grpc/session-facade/internal/connlimit"
	"github.com/wingspan-grpc/session-facade/internal/facade"
	"github.com/wingspan-grpc/session-facade/internal/telemetry"
	"github.com/wingspan-grpc/session-facade/internal/transport/httpport"
)

// servers are what serves the calls, and what is served beside them.
type servers struct {
	*facade.Facade
	httpTLS *tls.Config // of the HTTP port; nil where it speaks plaintext
	admin   http.Handler
}

// lifecycle starts the servers and stops them in order. The first that fails
// stops all.
type lifecycle struct {
	config  *config
	logger  *slog.Logger
	meter   metric.Meter
	open    func(ctx context.Context, address string) (net.Listener, error)
	serving func()    // called when calls are taken
	lowered []any     // what to say of the bound on connections, if it had to be lowered
	person  io.Writer // who tries the sandbox at a terminal; nil where nobody does

	running *errgroup.Group
	failed  context.Context // ends when a server has failed, or all are to end
	http    []*http.Server
}

func newLifecycle(ctx context.Context, c *config, logger *slog.Logger) *lifecycle {
	running, failed := errgroup.WithContext(ctx)
	return &lifecycle{config: c, logger: logger, open: listenTCP, running: running, failed: failed}
}

func listenTCP(ctx context.Context, address string) (net.Listener, error) {
	return (&net.ListenConfig{}).Listen(ctx, "tcp", address)
}

// listen opens a port. headerTimeout is that of its server; 0 for gRPC.
func (l *lifecycle) listen(ctx context.Context, port, address string, headerTimeout time.Duration) (*connlimit.Listener, error) {
	raw, err := l.open(ctx, address)
	if err != nil {
		return nil, err
	}
	listener := connlimit.New(raw, connlimit.Options{Max: l.config.MaxConnections, HeaderTimeout: headerTimeout})
	return listener, listener.Observe(ctx, l.meter, port)
}

// serveHTTP serves HTTP in the background. What is started first ends last.
func (l *lifecycle) serveHTTP(name string, listener net.Listener, server *http.Server) {
	l.http = append(l.http, server)
	l.running.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	})
}

// serve takes calls until ctx ends or a server fails, then drains.
func (l *lifecycle) serve(ctx context.Context, server *servers) error {
	// The admin port is open before the others, to say that they are not yet.
	adminPort, err := l.listen(ctx, "admin", l.config.AdminAddr, headerTimeout)
	if err != nil {
		return l.config.blame(err, "admin-addr")
	}
	admin := newAdminServer(l.config, server.admin, l.logger)
	admin.ConnState = adminPort.ConnState
	l.serveHTTP("admin", adminPort, admin)
	grpcPort, err := l.listen(ctx, "grpc", l.config.GRPCAddr, 0)
	if err != nil {
		return l.config.blame(err, "grpc-addr")
	}
	restPort, err := l.listen(ctx, "http", l.config.HTTPAddr, headerTimeout)
	if err != nil {
		_ = grpcPort.Close()
		return l.config.blame(err, "http-addr")
	}
	rest := newHTTPServer(l.config, server.HTTP, l.config.UpstreamTimeout, l.logger)
	if server.httpTLS == nil { // with TLS, ALPN says what the peer speaks
		rest.Protocols = plaintextProtocols()
	}
	rest.ConnState = restPort.ConnState
	httpport.LimitAge(rest, l.config.MaxConnectionAge)
	var restListener net.Listener = restPort
	if server.httpTLS != nil {
		restListener = restPort.TLS(server.httpTLS)
	}
	l.serveHTTP("REST", server.Gateway.HandleMalformed(rest, restListener), rest)
	l.running.Go(func() error {
		if err := server.GRPC.Serve(grpcPort); err != nil {
			return fmt.Errorf("gRPC: %w", err)
		}
		return nil
	})
	l.join(ctx, server)
	server.Health.Serving()
	if l.lowered != nil {
		l.logger.Warn("--max-connections is lowered: it needs more open files than are allowed (ulimit -n)", l.lowered...)
	}
	l.announce(ctx, grpcPort.Addr(), restPort.Addr(), adminPort.Addr())
	go l.serving()

	<-l.failed.Done()
	if ctx.Err() == nil {
		server.Health.NotServing()
		server.GRPC.Stop()
		return context.Cause(l.failed)
	}
	l.drain(server, rest)
	return nil
}

// drain lets the calls under way finish. After it, what start has deferred closes
// the rest, in the reverse of the order in which it was opened: the link with other
// replicas, which hear of the last calls, the connections to the upstream, telemetry, the admin port and at last the log. Each step has a
// deadline, and none waits for the log.
func (l *lifecycle) drain(server *servers, rest *http.Server) {
	// Balancers are told before anything else, and are given time to notice: calls
	// that they still send are served.
	server.Health.NotServing()
	l.logger.Info("shutting down", "delay", l.config.ShutdownDelay.String(), "timeout", l.config.ShutdownTimeout.String())
	time.Sleep(l.config.ShutdownDelay)

	// No more calls are taken on either port; both have the same time to finish.
	ctx, cancel := context.WithTimeout(context.Background(), l.config.ShutdownTimeout)
	defer cancel()
	graceful := make(chan struct{})
	go func() {
		server.GRPC.GracefulStop()
		close(graceful)
	}()
	// Watches have no end of their own, and would take up all the time there is. They end
	// a moment after their connections have heard GOAWAY: some clients answer it only
	// while they wait for something.
	defer time.AfterFunc(watchGrace, server.Health.EndWatches).Stop()
	if err := rest.Shutdown(ctx); err != nil {
		l.logger.Warn("REST calls were cut off", "error", err)
	}
	select {
	case <-graceful:
		return
	default: // where REST took all the time, both may be true
	}
	select {
	case <-graceful:
	case <-ctx.Done():
		// What is left is cut off.
		l.logger.Warn("gRPC calls were cut off")
		server.GRPC.Stop()
	}
}

// flush sends what telemetry has still to send.
func (l *lifecycle) flush(recorded *telemetry.Telemetry) {
	ctx, cancel := context.WithTimeout(context.Background(), flushTimeout)
	defer cancel()
	if err := recorded.Stop(ctx); err != nil {
		l.logger.Warn("telemetry could not be sent", "error", err)
	}
}

// watchGrace is how long clients have to answer a GOAWAY before their watches end.
const watchGrace = 100 * time.Millisecond

// What the end waits for at most: for a collector, for servers whose connections are
// closed, and for whoever reads the log.
const (
	flushTimeout = 5 * time.Second
	closeTimeout = 2 * time.Second
	logTimeout   = 2 * time.Second
)

// close ends what is still served, the last started first, and waits for it.
func (l *lifecycle) close() {
	for _, server := range slices.Backward(l.http) {
		_ = server.Close()
	}
	ended := make(chan error, 1)
	go func() { ended <- l.running.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			l.logger.Error("a server failed", "error", err)
		}
	case <-time.After(closeTimeout):
		l.logger.Error("a server does not end")
	}
}
