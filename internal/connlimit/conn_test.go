package connlimit

import (
	"net"
	"testing"
)

// closable is a connection that can be closed, and nothing else.
type closable struct{ net.Conn }

// Close implements net.Conn.
func (closable) Close() error { return nil }

// TestConn_ThatIsGoneIsNotIdle shows that the end of a call does not put a connection
// that was closed before among those that can give way: it has no place to give.
func TestConn_ThatIsGoneIsNotIdle(t *testing.T) {
	t.Parallel()
	l := New(nil, Options{Max: 1})
	c := &Conn{Conn: closable{}, listener: l}
	if _, _, ok := l.tryAdmit(c); !ok {
		t.Fatal("is not let in")
	}
	c.SetActive(true)
	_ = c.Close()
	c.SetActive(false)
	if l.idle.Len() != 0 || l.Open() != 0 {
		t.Errorf("%d idle, %d open", l.idle.Len(), l.Open())
	}
}
