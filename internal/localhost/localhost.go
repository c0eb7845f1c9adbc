// Package localhost listens where clients that are told localhost look.
package localhost

import (
	"context"
	"errors"
	"net"
	"strconv"
)

// Listen listens on a TCP address and, where that is 127.0.0.1, at the same port of ::1
// as well, if there is IPv6 and nobody else has it: some clients take localhost for ::1
// and try nothing else.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	var config net.ListenConfig
	first, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	at, ok := first.Addr().(*net.TCPAddr)
	if !ok || !at.IP.Equal(net.IPv4(127, 0, 0, 1)) {
		return first, nil
	}
	second, err := config.Listen(ctx, "tcp6", net.JoinHostPort("::1", strconv.Itoa(at.Port)))
	if err != nil {
		return first, nil //nolint:nilerr // see above
	}
	open, stop := context.WithCancel(context.WithoutCancel(ctx))
	l := &bothListener{Listener: first, second: second, accepted: make(chan accepted), closed: open.Done(), close: stop}
	go l.acceptFrom(first)
	go l.acceptFrom(second)
	return l, nil
}

// bothListener is both listeners of localhost. Its address is that of the first.
type bothListener struct {
	net.Listener
	second   net.Listener
	accepted chan accepted
	closed   <-chan struct{}
	close    func()
}

type accepted struct {
	conn net.Conn
	err  error
}

func (l *bothListener) acceptFrom(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		select {
		case l.accepted <- accepted{conn, err}:
		case <-l.closed:
			if err == nil {
				_ = conn.Close()
			}
			return
		}
	}
}

// Accept implements net.Listener.
func (l *bothListener) Accept() (net.Conn, error) {
	select {
	case next := <-l.accepted:
		return next.conn, next.err
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (l *bothListener) Close() error {
	l.close()
	return errors.Join(l.Listener.Close(), l.second.Close())
}
