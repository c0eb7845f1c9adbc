package main

import (
	"context"
	"net"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

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
