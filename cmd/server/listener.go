package main

import (
	"context"
	"net"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// countConnections makes what connections are counted with, and tells how many there
// may be.
func (l *lifecycle) countConnections(ctx context.Context, provider metric.MeterProvider, most int) (err error) {
	meter := provider.Meter("session-facade/server")
	if l.connections, err = meter.Int64UpDownCounter("session_facade.connections",
		metric.WithDescription("Open connections, by port.")); err != nil {
		return err
	}
	limit, err := meter.Int64Gauge("session_facade.connections.limit",
		metric.WithDescription("How many connections each port takes."))
	if err != nil {
		return err
	}
	limit.Record(ctx, int64(most))
	return nil
}

// countingListener counts the connections that are open.
type countingListener struct {
	net.Listener
	count func(delta int64)
}

func newCountingListener(listener net.Listener, counter metric.Int64UpDownCounter, port string) *countingListener {
	attributes := metric.WithAttributeSet(attribute.NewSet(attribute.String("port", port)))
	l := &countingListener{listener, func(delta int64) { counter.Add(context.Background(), delta, attributes) }}
	l.count(0) // so that there is a 0 to compare with
	return l
}

// Accept implements net.Listener.
func (l *countingListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.count(1)
	return &countedConn{Conn: conn, closed: sync.OnceFunc(func() { l.count(-1) })}, nil
}

type countedConn struct {
	net.Conn
	closed func()
}

// Close implements net.Conn.
func (c *countedConn) Close() error {
	c.closed()
	return c.Conn.Close()
}
