package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/metric"
	"golang.org/x/net/netutil"

	"github.com/wingspan-grpc/session-facade/internal/sandbox"
	"github.com/wingspan-grpc/session-facade/internal/telemetry"
)

// lifecycle starts the servers and stops them in order. The first that fails
// stops all.
type lifecycle struct {
	logger  *slog.Logger
	delay   time.Duration
	timeout time.Duration
	started int
	failed  chan error // of each server, when it ends
	last    []*http.Server
	serving func() // called when calls are taken

	connections metric.Int64UpDownCounter
}

// goHTTP serves HTTP in the background. What is started first ends last.
func (l *lifecycle) goHTTP(name string, listener net.Listener, server *http.Server) {
	l.last = append(l.last, server)
	l.background(name, func() error {
		serve := server.Serve
		if server.TLSConfig != nil {
			serve = func(l net.Listener) error { return server.ServeTLS(l, "", "") }
		}
		if err := serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
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
	adminPort, err := l.listen(ctx, c, "admin", c.AdminAddr)
	if err != nil {
		return err
	}
	l.goHTTP("admin", adminPort, newAdminServer(admin, l.logger))
	grpcPort, err := l.listen(ctx, c, "grpc", c.GRPCAddr)
	if err != nil {
		return err
	}
	restPort, err := l.listen(ctx, c, "rest", c.HTTPAddr)
	if err != nil {
		_ = grpcPort.Close()
		return err
	}
	rest := newHTTPServer(server.rest, c.UpstreamTimeout, restTLS, l.logger)
	if restTLS == nil {
		restPort = server.gateway.AnswerMalformed(rest, restPort)
	}
	l.goHTTP("REST", restPort, rest)
	l.background("gRPC", func() error { return server.grpc.Serve(grpcPort) })
	server.health.Serving()
	l.logger.LogAttrs(ctx, slog.LevelInfo, "serving", append([]slog.Attr{
		slog.String("version", buildVersion()),
		slog.String("grpc", grpcPort.Addr().String()),
		slog.String("rest", restPort.Addr().String()),
		slog.String("admin", adminPort.Addr().String()),
	}, slog.Attr{Key: "config", Value: slog.GroupValue(c.attrs()...)})...)
	go l.serving()

	select {
	case err := <-l.failed:
		l.started--
		server.health.NotServing()
		server.grpc.Stop()
		return err
	case <-ctx.Done():
	}
	l.drain(server, rest)
	return nil
}

// listen opens a port whose connections are counted and bounded.
func (l *lifecycle) listen(ctx context.Context, c *config, port, address string) (net.Listener, error) {
	open := func(ctx context.Context, address string) (net.Listener, error) {
		return (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	}
	if c.Sandbox {
		open = sandbox.Listen
	}
	listener, err := open(ctx, address)
	if err != nil {
		return nil, err
	}
	return netutil.LimitListener(newCountingListener(listener, l.connections, port), c.MaxConnections), nil
}

// drain lets the calls under way finish: balancers are told first, then no new
// calls are taken, and what is left after the timeout is cut off.
func (l *lifecycle) drain(server *servers, rest *http.Server) {
	l.logger.Info("shutting down", "delay", l.delay.String(), "timeout", l.timeout.String())
	server.health.NotServing()
	time.Sleep(l.delay)
	ctx, cancel := context.WithTimeout(context.Background(), l.timeout)
	defer cancel()
	server.health.EndWatches()
	graceful := make(chan struct{})
	go func() {
		server.grpc.GracefulStop()
		close(graceful)
	}()
	if err := rest.Shutdown(ctx); err != nil {
		l.logger.Warn("REST calls were cut off", "error", err)
	}
	select {
	case <-graceful:
	case <-ctx.Done():
		l.logger.Warn("gRPC calls were cut off")
		server.grpc.Stop()
		<-graceful
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

// flushTimeout bounds the wait for a collector at the end.
const flushTimeout = 5 * time.Second

// close ends what is still served, the last started first, and waits for it.
func (l *lifecycle) close() {
	for i := len(l.last) - 1; i >= 0; i-- {
		_ = l.last[i].Close()
	}
	for range l.started {
		if err := <-l.failed; err != nil {
			l.logger.Error("server failed while shutting down", "error", err)
		}
	}
}
