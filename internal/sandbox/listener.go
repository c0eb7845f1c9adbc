package sandbox

import (
	"context"
	"errors"
	"net"
	"strconv"
	"sync"
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
	l := &localhostListener{Listener: first, second: second, conns: make(chan net.Conn), errs: make(chan error), closed: make(chan struct{})}
	go l.acceptFrom(first)
	go l.acceptFrom(second)
	return l, nil
}

// localhostListener is both listeners of localhost. Its address is that of the first.
type localhostListener struct {
	net.Listener
	second net.Listener
	conns  chan net.Conn
	errs   chan error
	once   sync.Once
	closed chan struct{}
}

func (l *localhostListener) acceptFrom(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			select {
			case l.errs <- err:
				continue
			case <-l.closed:
				return
			}
		}
		select {
		case l.conns <- conn:
		case <-l.closed:
			_ = conn.Close()
			return
		}
	}
}

// Accept implements net.Listener.
func (l *localhostListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case err := <-l.errs:
		return nil, err
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (l *localhostListener) Close() (err error) {
	err = net.ErrClosed
	l.once.Do(func() {
		close(l.closed)
		err = errors.Join(l.Listener.Close(), l.second.Close())
	})
	return err
}
