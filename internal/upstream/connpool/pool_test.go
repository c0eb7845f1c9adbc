package connpool

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// generous is more than anything here should take.
const generous = 20 * time.Second

// protocols are both that the upstream may speak.
var protocols = map[string]bool{"HTTP/1.1": false, "HTTP/2": true}

// serving starts an upstream and makes a pool for it.
func serving(t *testing.T, overHTTP2 bool, options Options) *Pool {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.EnableHTTP2 = overHTTP2
	server.StartTLS()
	t.Cleanup(server.Close)
	options.URL, _ = url.Parse(server.URL)
	config := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}
	options.TLS = func() *tls.Config { return config }
	options.MaxConnections = max(options.MaxConnections, 10)
	if options.Age == 0 {
		options.Age = time.Hour
	}
	options.IdleTimeout, options.PingTimeout = time.Hour, time.Minute
	p, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func dialTCP(ctx context.Context, network, address string) (net.Conn, error) {
	return (&net.Dialer{}).DialContext(ctx, network, address)
}

// take gets a connection, which must come.
func take(t *testing.T, p *Pool) *Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), generous)
	defer cancel()
	c, err := p.Take(ctx, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// roundTrip makes a call on a connection and gives it back.
func roundTrip(t *testing.T, p *Pool, c *Conn) {
	t.Helper()
	defer p.Release(c)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.options.URL.String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := c.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
}

func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for stop := time.Now().Add(generous); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(stop) {
			t.Error(what + ": in vain")
			return
		}
	}
}

func (p *Pool) open() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.all)
}

// TestDial_ThatHangsHoldsNobodyUp lets the first dial hang, as to an address that is
// gone: a call gets its connection by another, whether it waits for the first from the
// beginning or comes later.
func TestDial_ThatHangsHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	for name, overHTTP2 := range protocols {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var dials atomic.Int64
			var ended atomic.Bool
			hangs := make(chan struct{})
			p := serving(t, overHTTP2, Options{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
				if dials.Add(1) == 1 {
					close(hangs)
					<-ctx.Done()
					ended.Store(true)
					return nil, ctx.Err()
				}
				return dialTCP(ctx, network, address)
			}})
			early := make(chan error, 1)
			ctx, leave := context.WithTimeout(t.Context(), generous)
			defer leave()
			go func() {
				c, err := p.Take(ctx, time.Time{})
				if err == nil {
					p.Unused(c)
				}
				early <- err
			}()
			<-hangs
			p.Unused(take(t, p))
			if err := <-early; err != nil || ended.Load() {
				t.Errorf("%v; the dial that hangs had ended: %t", err, ended.Load())
			}
		})
	}
}

// TestDial_ThatFailsLateEndsTheWait shows that those who wait learn why a slow dial
// failed, though others have begun meanwhile.
func TestDial_ThatFailsLateEndsTheWait(t *testing.T) {
	t.Parallel()
	nobody := errors.New("nobody there")
	for name, overHTTP2 := range protocols {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var dials atomic.Int64
			second := make(chan struct{})
			p := serving(t, overHTTP2, Options{Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
				switch dials.Add(1) {
				case 1:
					<-second
					return nil, nobody
				case 2:
					close(second)
				}
				<-ctx.Done()
				return nil, ctx.Err()
			}})
			ctx, cancel := context.WithTimeout(t.Context(), generous)
			defer cancel()
			if _, err := p.Take(ctx, time.Time{}); !errors.Is(err, nobody) {
				t.Error(err)
			}
		})
	}
}

// TestDial_ThatFailsIsOfWhoCameBeforeIt shows that one failed dial does not fail those
// who came while it was made: another is made for them.
func TestDial_ThatFailsIsOfWhoCameBeforeIt(t *testing.T) {
	t.Parallel()
	var dials atomic.Int64
	begun, proceed, nobody := make(chan struct{}), make(chan struct{}), errors.New("nobody there")
	p := serving(t, true, Options{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		if dials.Add(1) > 1 {
			return dialTCP(ctx, network, address)
		}
		close(begun)
		<-proceed
		return nil, nobody
	}})
	first := make(chan error, 1)
	go func() {
		_, err := p.Take(t.Context(), time.Time{})
		first <- err
	}()
	<-begun
	go func() {
		defer close(proceed)
		eventually(t, "two who wait", func() bool {
			p.mu.Lock()
			defer p.mu.Unlock()
			return len(p.waiters) == 2
		})
	}()
	p.Unused(take(t, p))
	if err := <-first; !errors.Is(err, nobody) {
		t.Error(err)
	}
}

// TestAge_KeepsTheLastUntilAnotherIsThere shows that calls go on where no new connection
// can be made, as while the name does not resolve, and move to the new one afterwards.
func TestAge_KeepsTheLastUntilAnotherIsThere(t *testing.T) {
	t.Parallel()
	for name, overHTTP2 := range protocols {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var dials atomic.Int64
			var works atomic.Bool
			works.Store(true)
			p := serving(t, overHTTP2, Options{Age: 50 * time.Millisecond, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
				if dials.Add(1); !works.Load() {
					return nil, &net.DNSError{}
				}
				return dialTCP(ctx, network, address)
			}})
			c := take(t, p)
			works.Store(false)
			made := dials.Load()
			roundTrip(t, p, c)
			eventually(t, "dials that fail", func() bool {
				roundTrip(t, p, take(t, p))
				return dials.Load() > made+3
			})
			works.Store(true)
			eventually(t, "another connection", func() bool {
				other := take(t, p)
				defer roundTrip(t, p, other)
				return other.made.After(c.made) && c.Err() != nil
			})
		})
	}
}

// TestAge_RetiresAllButTheLast shows that connections which are too old go while there
// are others, and all of them where no more may be open.
func TestAge_RetiresAllButTheLast(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for most, want := range map[int]int{1: 0, 10: 1} {
		p := serving(t, false, Options{})
		first, second := take(t, p), take(t, p)
		p.Unused(first)
		p.Unused(second)
		p.mu.Lock()
		p.options.MaxConnections = most
		first.retireAt, second.retireAt = now.Add(-time.Second), now.Add(-time.Second)
		if renew := p.reap(); renew != (want == 1) || len(p.idle) != want {
			t.Errorf("at most %d: %d connections are left, another is needed: %t", most, len(p.idle), renew)
		}
		p.mu.Unlock()
	}
}

// TestClose_KeepsNoConnectionAfterwards shows that a call after Close gets a connection
// which ends with it, and one in flight keeps its own until then.
func TestClose_KeepsNoConnectionAfterwards(t *testing.T) {
	t.Parallel()
	for name, overHTTP2 := range protocols {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := serving(t, overHTTP2, Options{})
			inFlight := take(t, p)
			p.Close()
			later := take(t, p)
			if p.open() != 2 || later == inFlight {
				t.Errorf("%d connections", p.open())
			}
			roundTrip(t, p, inFlight)
			roundTrip(t, p, later)
			if p.open() != 0 {
				t.Errorf("%d connections are kept", p.open())
			}
			p.Unused(take(t, p))
			if p.open() != 0 {
				t.Errorf("%d connections are kept", p.open())
			}
		})
	}
}

// TestClose_KeepsNoConnectionThatWasBeingMade shows that a connection which comes after
// Close, for a caller who has left, is closed.
func TestClose_KeepsNoConnectionThatWasBeingMade(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(nil)
	defer server.Close()
	address, _ := url.Parse(server.URL)
	begun, proceed := make(chan struct{}), make(chan struct{})
	p, err := New(Options{URL: address, MaxConnections: 1, Age: time.Hour, IdleTimeout: time.Hour,
		Dial: func(_ context.Context, network, address string) (net.Conn, error) {
			close(begun)
			<-proceed
			return dialTCP(context.Background(), network, address)
		}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan error)
	go func() {
		_, err := p.Take(ctx, time.Time{})
		left <- err
	}()
	<-begun
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	p.Close()
	close(proceed)
	eventually(t, "the end of the dial", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.dialing == 0
	})
	if p.open() != 0 {
		t.Error("it is kept")
	}
}

// TestTake_CallerWhoLeavesHoldsNothing shows that a connection which comes as its caller
// leaves serves the next.
func TestTake_CallerWhoLeavesHoldsNothing(t *testing.T) {
	t.Parallel()
	for name, overHTTP2 := range protocols {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := serving(t, overHTTP2, Options{})
			c := take(t, p)
			w := &waiter{got: make(chan taken, 1)}
			w.got <- taken{conn: c}
			p.leave(w)
			if c.calls != 0 {
				t.Errorf("%d calls are counted", c.calls)
			}
			next := take(t, p)
			if next != c {
				t.Error("it does not serve the next")
			}
			roundTrip(t, p, next)
		})
	}
}

// TestTake_StreamThatGetsFreeByItself shows that a call which waits gets a stream that no
// call has given back, as where the upstream allows more of them.
func TestTake_StreamThatGetsFreeByItself(t *testing.T) {
	t.Parallel()
	proceed := make(chan struct{})
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-proceed }))
	server.EnableHTTP2, server.Config.HTTP2 = true, &http.HTTP2Config{MaxConcurrentStreams: 1}
	server.StartTLS()
	defer server.Close()
	address, _ := url.Parse(server.URL)
	config := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}
	p, err := New(Options{URL: address, TLS: func() *tls.Config { return config }, MaxConnections: 1, Age: time.Hour, IdleTimeout: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	p.sweeping = true // or the next sweep would serve it
	c := take(t, p)
	p.Unused(c)
	ended := make(chan error)
	go func() {
		request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
		response, err := c.RoundTrip(request) // which the pool does not know of
		if err == nil {
			err = response.Body.Close()
		}
		ended <- err
	}()
	eventually(t, "a stream in use", func() bool { return c.InFlight() == 1 && c.Available() == 0 })
	go func() {
		defer close(proceed)
		eventually(t, "one who waits", func() bool {
			p.mu.Lock()
			defer p.mu.Unlock()
			return len(p.waiters) == 1
		})
	}()
	p.Unused(take(t, p))
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
