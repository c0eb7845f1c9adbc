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
	"time"

	"github.com/wingspan-grpc/session-facade/internal/connlimit"
	"github.com/wingspan-grpc/session-facade/internal/telemetry"
)

// lifecycle starts the servers and stops them in order. The first that fails
// stops all.
type lifecycle struct {
	logger  *slog.Logger
	ports   connlimit.Ports
	started int
	failed  chan error // of each server, when it ends
	last    []*http.Server
	serving func()    // called when calls are taken
	lowered []any     // what to say of the bound on connections, if it had to be lowered
	person  io.Writer // who tries the sandbox at a terminal; nil where nobody does
}

// goHTTP serves HTTP in the background. What is started first ends last.
func (l *lifecycle) goHTTP(name string, listener net.Listener, server *http.Server) {
	l.last = append(l.last, server)
	l.background(name, func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
}

// withTLS is a port that speaks TLS, where there is a configuration for it.
func withTLS(port *connlimit.Listener, secure *tls.Config) net.Listener {
	if secure == nil {
		return port
	}
	return port.TLS(secure)
}

func (l *lifecycle) background(name string, serve func() error) {
	if l.failed == nil {
		l.failed = make(chan error)
	}
	l.started++
	go func() {
		if err := serve(); err != nil {
			l.failed <- fmt.Errorf("%s: %w", name, err)
			return
		}
		l.failed <- nil
	}()
}

// serve takes calls until ctx ends or a server fails, then drains.
func (l *lifecycle) serve(ctx context.Context, c *config, server *servers, admin http.Handler, restTLS *tls.Config) error {
	// The admin port is open before the others, to say that they are not yet.
	bound := connlimit.Options{Max: c.MaxConnections, HeaderTimeout: headerTimeout}
	adminPort, err := l.ports.Listen(ctx, "admin", c.AdminAddr, bound)
	if err != nil {
		return c.blame(err, "admin-addr")
	}
	adminServer := newAdminServer(c, admin, l.logger)
	adminServer.ConnState = adminPort.ConnState
	l.goHTTP("admin", adminPort, adminServer)
	grpcPort, err := l.ports.Listen(ctx, "grpc", c.GRPCAddr, connlimit.Options{Max: c.MaxConnections})
	if err != nil {
		return c.blame(err, "grpc-addr")
	}
	server.grpcPort.Store(grpcPort)
	restPort, err := l.ports.Listen(ctx, "rest", c.HTTPAddr, bound)
	if err != nil {
		_ = grpcPort.Close()
		return c.blame(err, "http-addr")
	}
	rest := newHTTPServer(c, server.connect.InFrontOf(server.gateway.Bound(server.rest)), c.UpstreamTimeout, l.logger)
	if restTLS == nil { // with TLS, ALPN says what the peer speaks
		rest.Protocols = plaintextProtocols()
	}
	rest.ConnState = restPort.ConnState
	l.goHTTP("REST", server.gateway.AnswerMalformed(rest, withTLS(restPort, restTLS)), rest)
	l.background("gRPC", func() error { return server.grpc.Serve(grpcPort) })
	server.health.Serving()
	if l.lowered != nil {
		l.logger.Warn("--max-connections is lowered: it needs more open files than are allowed (ulimit -n)", l.lowered...)
	}
	l.announce(ctx, c, grpcPort.Addr(), restPort.Addr(), adminPort.Addr())
	go l.serving()

	select {
	case err := <-l.failed:
		l.started--
		server.health.NotServing()
		server.grpc.Stop()
		return err
	case <-ctx.Done():
	}
	l.drain(c, server, rest)
	return nil
}

// drain lets the calls under way finish. After it, what start has deferred closes
// the rest, in the reverse of the order in which it was opened: the connections to
// the upstream, telemetry, the admin port and at last the log. Each step has a
// deadline, and none waits for the log.
func (l *lifecycle) drain(c *config, server *servers, rest *http.Server) {
	// Balancers are told before anything else, and are given time to notice: calls
	// that they still send are served.
	server.health.NotServing()
	l.logger.Info("shutting down", "delay", c.ShutdownDelay.String(), "timeout", c.ShutdownTimeout.String())
	time.Sleep(c.ShutdownDelay)

	// No more calls are taken on either port; both have the same time to finish.
	ctx, cancel := context.WithTimeout(context.Background(), c.ShutdownTimeout)
	defer cancel()
	graceful := make(chan struct{})
	go func() {
		server.grpc.GracefulStop()
		close(graceful)
	}()
	// Watches have no end of their own, and would take up all the time there is. They end
	// a moment after their connections have heard GOAWAY: some clients answer it only
	// while they wait for something.
	defer time.AfterFunc(watchGrace, server.health.EndWatches).Stop()
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
		server.grpc.Stop()
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
	for i := len(l.last) - 1; i >= 0; i-- {
		_ = l.last[i].Close()
	}
	deadline := time.NewTimer(closeTimeout)
	defer deadline.Stop()
	for range l.started {
		select {
		case err := <-l.failed:
			if err != nil {
				l.logger.Error("server failed while shutting down", "error", err)
			}
		case <-deadline.C:
			l.logger.Error("a server does not end")
			return
		}
	}
}
