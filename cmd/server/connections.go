package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/wingspan-grpc/session-facade/internal/connlimit"
)

// ports are the listeners by port, as soon as they are open.
type ports struct {
	mu   sync.Mutex
	open map[string]*connlimit.Listener
}

// listen opens a port whose connections are counted and bounded. admin, grpc and
// http are its names.
func (p *ports) listen(ctx context.Context, c *config, port, address string) (*connlimit.Listener, error) {
	raw, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	options := connlimit.Options{Max: c.MaxConnections, HeaderTimeout: headerTimeout}
	if port == portGRPC {
		options = connlimit.Options{Max: c.MaxConnections, Fixed: true}
	}
	listener := connlimit.New(raw, options)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open == nil {
		p.open = map[string]*connlimit.Listener{}
	}
	p.open[port] = listener
	return listener, nil
}

const portGRPC = "grpc"

// observe makes what connections are counted with, and tells how many there may be.
func (p *ports) observe(ctx context.Context, provider metric.MeterProvider, most int) error {
	meter := provider.Meter(meterName)
	open, err := meter.Int64ObservableUpDownCounter("session_facade.connections",
		metric.WithDescription("Open connections, by port."))
	if err != nil {
		return err
	}
	evicted, err := meter.Int64ObservableCounter("session_facade.connections.evicted",
		metric.WithDescription("Connections without a call that gave way to new ones because their port was full."))
	if err != nil {
		return err
	}
	limit, err := meter.Int64Gauge("session_facade.connections.limit",
		metric.WithDescription("How many connections each port takes."))
	if err != nil {
		return err
	}
	limit.Record(ctx, int64(most))
	_, err = meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		p.mu.Lock()
		defer p.mu.Unlock()
		for port, listener := range p.open {
			label := metric.WithAttributeSet(attribute.NewSet(attribute.String("port", port)))
			o.ObserveInt64(open, int64(listener.Open()), label)
			o.ObserveInt64(evicted, listener.Evicted(), label)
		}
		return nil
	}, open, evicted)
	return err
}

// What else needs open files: connections to the upstream, and what is left for
// logs, certificates, DNS and the runtime.
const (
	upstreamConnections = 512
	otherFiles          = 64
	leastConnections    = 64
	portCount           = 3
)

// fitConnections lowers the bound on connections to what the limit on open files
// allows: over that limit, no port accepts, and the upstream is not reached either.
func fitConnections(c *config, files uint64, logger *slog.Logger) error {
	others := upstreamConnections + otherFiles
	if c.Sandbox {
		others += upstreamConnections // the other ends of them
	}
	needed := func(connections int) uint64 { return uint64(portCount*(connections+1) + others) } //nolint:gosec // small
	if needed(c.MaxConnections) <= files {
		return nil
	}
	if files < needed(leastConnections) || c.MaxConnections <= leastConnections {
		return fmt.Errorf("--max-connections=%d needs %d open files, and %d are allowed: raise the limit (ulimit -n) to at least %d",
			c.MaxConnections, needed(c.MaxConnections), files, needed(min(c.MaxConnections, leastConnections)))
	}
	allowed := (int(files)-others)/portCount - 1 //nolint:gosec // less than what is needed
	logger.Warn("--max-connections is lowered: it needs more open files than are allowed (ulimit -n)",
		"asked", c.MaxConnections, "allowed", allowed, "needed_files", needed(c.MaxConnections), "allowed_files", files)
	c.MaxConnections = allowed
	return nil
}
