package upstream

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc/test/bufconn"

	"github.com/wingspan-grpc/session-facade/test/bubble"
)

// inBubble makes a test in virtual time.
var inBubble = bubble.Test

// memory has the listeners in memory by their addresses, whose ports no socket has.
var (
	memory     sync.Map
	memoryPort atomic.Int64
)

// memoryListener is a listener in memory.
type memoryListener struct {
	*bufconn.Listener
	address string
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l := &memoryListener{bufconn.Listen(64 << 10), fmt.Sprintf("127.0.0.1:%d", 1<<16+memoryPort.Add(1))}
	memory.Store(l.address, l)
	t.Cleanup(func() { memory.Delete(l.address) })
	return l
}

// Accept implements net.Listener.
func (l *memoryListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	return memoryConn{conn}, err
}

// Addr implements net.Listener.
func (l *memoryListener) Addr() net.Addr { return memoryAddr(l.address) }

type memoryAddr string

func (memoryAddr) Network() string  { return "memory" }
func (a memoryAddr) String() string { return string(a) }

// dial opens a connection to a listener in memory or, at any other address, by TCP.
func dial(ctx context.Context, network, address string) (net.Conn, error) {
	found, _ := memory.Load(address)
	l, ok := found.(*memoryListener)
	if !ok {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	conn, err := l.DialContext(ctx)
	return memoryConn{conn}, err
}

// memoryConn says of a deadline what a socket says: crypto/tls gives a connection up at
// any other error.
type memoryConn struct{ net.Conn }

// Read implements net.Conn.
func (c memoryConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		err = os.ErrDeadlineExceeded
	}
	return n, err
}
