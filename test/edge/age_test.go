package edge

import (
	"crypto/tls"
	"net"
	"net/http/httptrace"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/connectivity"
)

// TestConnectionAge shows that a gRPC connection ends at the age that is set, on its own
// port and on the HTTP port, and that no call is lost by it.
func TestConnectionAge(t *testing.T) {
	t.Parallel()
	onEachPort(t, func(t *testing.T, p *process) {
		t.Helper()
		c := newCaller(t, p, nil)
		ended := make(chan struct{})
		var callers sync.WaitGroup
		for range 4 {
			callers.Go(func() {
				for !isClosed(ended) {
					if err := c.viaGRPC(t.Context()); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		for range 3 {
			for c.conn.GetState() != connectivity.Ready {
				c.conn.WaitForStateChange(t.Context(), c.conn.GetState())
			}
			if !c.conn.WaitForStateChange(t.Context(), connectivity.Ready) {
				t.Error("the connection does not end")
			}
		}
		close(ended)
		callers.Wait()
	}, "--sandbox", "--max-connection-age=300ms")
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// TestConnectionAge_OverHTTP: so do connections of REST, over HTTP/1.1 and HTTP/2.
func TestConnectionAge_OverHTTP(t *testing.T) {
	t.Parallel()
	p := start(t, "--sandbox", "--max-connection-age=300ms")
	s := startTLS(t, false, "--sandbox", "--max-connection-age=300ms")
	for name, c := range map[string]struct {
		process  *process
		config   *tls.Config
		protocol string
	}{"plaintext": {p, nil, "HTTP/1.1"}, "TLS": {s.process, s.client, "HTTP/2.0"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			caller := newCaller(t, c.process, c.config)
			conns := map[net.Conn]bool{}
			ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(got httptrace.GotConnInfo) { conns[got.Conn] = true }})
			for late := time.Now().Add(waitLimit); len(conns) < 4; {
				if protocol, err := caller.viaREST(ctx); err != nil || protocol != c.protocol {
					t.Fatalf("%s, %v", protocol, err)
				}
				if time.Now().After(late) {
					t.Fatalf("%d connections in %s", len(conns), waitLimit)
				}
			}
		})
	}
}

// TestConnectionAge_IsNotReached: without an age that has come, a connection stays.
func TestConnectionAge_IsNotReached(t *testing.T) {
	t.Parallel()
	caller := newCaller(t, start(t, "--sandbox"), nil)
	for i := range 20 {
		reused := false
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(got httptrace.GotConnInfo) { reused = got.Reused }})
		if _, err := caller.viaREST(ctx); err != nil || reused != (i > 0) {
			t.Fatalf("call %d: the connection is reused: %t, %v", i, reused, err)
		}
	}
}
