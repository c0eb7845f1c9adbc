//go:build unix

package redis_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
)

// proxy is a way to a server that fails.
type proxy struct {
	t *testing.T
	*toxiproxy.Proxy
}

func newProxy(t *testing.T, upstream string) *proxy {
	t.Helper()
	of := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), zerolog.Nop())
	p := &proxy{t, toxiproxy.NewProxy(of, "redis", "127.0.0.1:0", upstream)}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	return p
}

// fail makes connections fail in a way: "downstream" is what the server sends, "upstream"
// what it is sent.
func (p *proxy) fail(kind, stream, attributes string) {
	p.t.Helper()
	toxic := fmt.Sprintf(`{"name":%q,"type":%q,"stream":%q,"attributes":{%s}}`, kind+stream, kind, stream, attributes)
	if _, err := p.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
		p.t.Fatal(err)
	}
}

// heal ends all that fail has begun. The library can stand still where a connection ends just
// then.
func (p *proxy) heal() {
	p.t.Helper()
	healed := make(chan struct{})
	go func() {
		defer close(healed)
		p.Toxics.ResetToxics(context.Background())
	}()
	select {
	case <-healed:
	case <-time.After(10 * time.Second):
		p.t.Fatal("the proxy stands still")
	}
}

// lead leads to another server. Connections that there are end.
func (p *proxy) lead(upstream string) {
	p.t.Helper()
	p.Stop()
	p.Upstream = upstream
	for until := time.Now().Add(10 * time.Second); ; { // its port may be another's end of a connection
		err := p.Start()
		switch {
		case err == nil:
			return
		case time.Now().After(until):
			p.t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// silent is a server that takes connections, and says nothing.
func silent(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var conns []net.Conn
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			conns = append(conns, conn)
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-done
		for _, conn := range conns {
			_ = conn.Close()
		}
	})
	return listener.Addr().String()
}
