package connlimit

import (
	"context"
	"net"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// Ports are the listeners of a process, by name.
type Ports struct {
	// Open opens an address; nil does so by TCP.
	Open func(ctx context.Context, address string) (net.Listener, error)

	mu   sync.Mutex
	open map[string]*Listener
}

// Listen opens a port on an address.
func (p *Ports) Listen(ctx context.Context, name, address string, options Options) (*Listener, error) {
	listen := p.Open
	if listen == nil {
		listen = func(ctx context.Context, address string) (net.Listener, error) {
			return (&net.ListenConfig{}).Listen(ctx, "tcp", address)
		}
	}
	raw, err := listen(ctx, address)
	if err != nil {
		return nil, err
	}
	listener := New(raw, options)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open == nil {
		p.open = map[string]*Listener{}
	}
	p.open[name] = listener
	return listener, nil
}

// Observe makes what connections are counted with, by port, and tells how many each
// takes at most.
func (p *Ports) Observe(ctx context.Context, meter metric.Meter, most int) error {
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
		for name, listener := range p.open {
			port := metric.WithAttributeSet(attribute.NewSet(attribute.String("port", name)))
			o.ObserveInt64(open, int64(listener.Open()), port)
			o.ObserveInt64(evicted, listener.Evicted(), port)
		}
		return nil
	}, open, evicted)
	return err
}
