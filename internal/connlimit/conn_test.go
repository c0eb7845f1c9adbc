package connlimit

import (
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// at is a connection that has addresses and nothing else.
type at struct {
	net.Conn
	remote string
}

// RemoteAddr implements net.Conn.
func (a at) RemoteAddr() net.Addr { return &net.UnixAddr{Name: a.remote} }

// LocalAddr implements net.Conn.
func (at) LocalAddr() net.Addr { return &net.UnixAddr{Name: "here"} }

// Close implements net.Conn.
func (at) Close() error { return nil }

// admitted is a connection that has been let in.
func admitted(t *testing.T, l *Listener, remote string) *Conn {
	t.Helper()
	c := newConn(l, at{remote: remote})
	if _, _, ok := l.tryAdmit(c); !ok {
		t.Fatalf("%s is not let in", remote)
	}
	return c
}

// TestConn_ThatIsGoneIsNotIdle shows that the end of a call does not put a connection
// that was closed before among those that can give way: it has no place to give.
func TestConn_ThatIsGoneIsNotIdle(t *testing.T) {
	t.Parallel()
	l := New(nil, Options{Max: 1})
	c := admitted(t, l, "peer")
	c.CallBegan()
	_ = c.Close()
	c.CallEnded()
	if len(l.idle) != 0 || l.Open() != 0 {
		t.Errorf("%d idle, %d open", len(l.idle), l.Open())
	}
}

// TestListener_LookupFindsTheNewer shows that a peer that uses its port again, before
// its last connection is noticed to be closed, is found by the new one.
func TestListener_LookupFindsTheNewer(t *testing.T) {
	t.Parallel()
	l := New(nil, Options{Max: 2})
	older, newer := admitted(t, l, "peer"), admitted(t, l, "peer")
	_ = older.Close()
	if got := l.Lookup(newer.RemoteAddr(), newer.LocalAddr()); got != newer {
		t.Errorf("found %p, want %p", got, newer)
	}
	_ = newer.Close()
	if got := l.Lookup(newer.RemoteAddr(), newer.LocalAddr()); got != nil {
		t.Errorf("found %p, which is closed", got)
	}
}

// TestConn_EachWriteHasItsTime: a peer that takes nothing ends a write, one that takes
// something now and then does not.
func TestConn_EachWriteHasItsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		defer near.Close()
		c := newConn(New(&net.TCPListener{}, Options{Max: 1}), far)
		defer far.Close()
		c.SetWriteTimeout(30 * time.Second)
		go func() {
			for range 5 {
				time.Sleep(20 * time.Second)
				_, _ = near.Read(make([]byte, 1))
			}
		}()
		for range 5 {
			if _, err := c.Write([]byte("x")); err != nil {
				t.Fatal(err)
			}
		}
		began := time.Now()
		if _, err := c.Write([]byte("x")); err == nil || time.Since(began) != 30*time.Second {
			t.Errorf("%v after %s", err, time.Since(began))
		}
	})
}
