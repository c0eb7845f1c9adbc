package connlimit

import (
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// partialConn is an idle connection of a listener, and its peer.
func partialConn(t *testing.T, l *Listener) (*Conn, net.Conn) {
	t.Helper()
	near, far := net.Pipe()
	t.Cleanup(func() { _, _ = near.Close(), far.Close() })
	c := &Conn{Conn: far, listener: l}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open++
	c.rest()
	return c, near
}

// TestPartial_HeldBackOverTheBound sends headers that do not end over many connections:
// what has come is bounded, small requests are served meanwhile, and all is forgotten.
func TestPartial_HeldBackOverTheBound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := New(&net.TCPListener{}, Options{Max: 1 << 10, HeaderTimeout: 10 * time.Second})
		var all []*Conn
		const n = 400
		for range n {
			c, peer := partialConn(t, l)
			all = append(all, c)
			go func() {
				for range 24 {
					_, _ = peer.Write(make([]byte, 4<<10))
				}
			}()
			go func() {
				for {
					if _, err := c.Read(make([]byte, 4<<10)); err != nil {
						return
					}
				}
			}()
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if got := l.partialBytes; got <= maxPartial || got > maxPartial+n*(freePartial+4<<10) {
			t.Errorf("%d bytes have come", got)
		}
		honest, peer := partialConn(t, l)
		began := time.Now()
		go func() { _, _ = peer.Write(make([]byte, freePartial)) }()
		if _, err := honest.Read(make([]byte, freePartial)); err != nil || time.Since(began) > 0 {
			t.Errorf("a small request waited %s: %v", time.Since(began), err)
		}
		honest.SetActive(true)
		time.Sleep(10 * time.Second) // the server ends them
		for _, c := range append(all, honest) {
			_ = c.Close()
		}
		synctest.Wait()
		if l.partialBytes != 0 {
			t.Errorf("%d bytes are left", l.partialBytes)
		}
	})
}

// TestPartial_FramesOfIdleConnectionsAreNone: what is idle for longer than headers may
// take is HTTP/2, and its pings never add up.
func TestPartial_FramesOfIdleConnectionsAreNone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := New(&net.TCPListener{}, Options{Max: 1, HeaderTimeout: 10 * time.Second})
		c, _ := partialConn(t, l)
		for range 100 {
			if !c.heard(maxPartial / 10) {
				t.Fatal("has given way")
			}
			time.Sleep(11 * time.Second)
		}
		if l.partialBytes > maxPartial/10 {
			t.Errorf("%d bytes are counted", l.partialBytes)
		}
	})
}

// TestPartial_SilenceIsNotCountedForEver: an HTTP/2 connection that has sent frames and is
// silent since holds back nobody's headers when its time is over.
func TestPartial_SilenceIsNotCountedForEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := New(&net.TCPListener{}, Options{Max: 10, HeaderTimeout: 10 * time.Second})
		silent, _ := partialConn(t, l)
		silent.heard(maxPartial - 1)
		time.Sleep(9 * time.Second)
		honest, _ := partialConn(t, l)
		began := time.Now()
		if !honest.heard(freePartial + 1) {
			t.Fatal("has given way")
		}
		if waited := time.Since(began); waited > time.Second+holdPartial {
			t.Errorf("a request waited %s for a connection that is idle", waited)
		}
		if l.partialBytes != freePartial+1 {
			t.Errorf("%d bytes are counted", l.partialBytes)
		}
	})
}
