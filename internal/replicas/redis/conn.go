package redis

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"github.com/wingspan-grpc/session-facade/internal/replicas"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache"
)

// conn is one connection, which the library must not make again: what was told over it
// is lost with it.
type conn struct {
	server   *Server
	settings replicas.Settings
	client   rueidis.Client
	socket   atomic.Pointer[net.Conn]
	close    sync.Once
}

var errClosed = errors.New("the connection is closed")

// Bounds of a connection. A ring of 2^9 commands is more than a link has under way: none
// waits for a place in it.
const (
	timeout    = time.Second
	ringScale  = 9
	bufferSize = 16 << 10
)

// Connect implements replicas.Server. Both replies and what the server tells unasked come over one
// connection, in order.
func (r *Server) Connect(ctx context.Context, s *replicas.Settings, on replicas.Events) (replicas.Conn, error) {
	c := &conn{server: r, settings: *s}
	stop := context.AfterFunc(ctx, c.hangUp)
	defer stop()
	var err error
	c.client, err = rueidis.NewClient(rueidis.ClientOption{
		InitAddress: []string{r.addr}, ForceSingleClient: true, DisableRetry: true,
		PipelineMultiplex: -1, // one
		Username:          r.username, Password: r.password, SelectDB: r.database,
		ClientName: "session-facade", ClientSetInfo: rueidis.DisableClientSetInfo,
		Dialer: net.Dialer{Timeout: timeout, KeepAlive: timeout}, ConnWriteTimeout: timeout,
		RingScaleEachConn: ringScale, ReadBufferEachConn: bufferSize, WriteBufferEachConn: bufferSize,
		CacheSizeEachConn: 1, // nothing is asked for through the library's cache
		// Who runs a script hears of what it changes too: NOLOOP is of no use there.
		ClientTrackingOptions: []string{"BCAST", "PREFIX", s.Prefix + "log", "PREFIX", s.Prefix + "c:"},
		OnInvalidations:       func(keys []rueidis.RedisMessage) { invalidated(s, keys, on) },
		DialCtxFn: func(context.Context, string, *net.Dialer, *tls.Config) (net.Conn, error) {
			return c.dial(ctx)
		},
	})
	if err != nil {
		if c.client != nil {
			c.Close()
		}
		return nil, r.clean(err)
	}
	return c, nil
}

// dial makes the one connection.
func (c *conn) dial(ctx context.Context) (net.Conn, error) {
	if c.socket.Load() != nil {
		return nil, errClosed
	}
	dialer := &net.Dialer{KeepAlive: timeout}
	socket, err := dialer.DialContext(ctx, "tcp", c.server.addr)
	if err != nil {
		return nil, err
	}
	c.socket.Store(&socket)
	if c.server.tls == nil {
		return socket, nil
	}
	secure := tls.Client(socket, c.server.tls())
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = socket.Close()
		return nil, err
	}
	return secure, nil
}

// invalidated hears of keys that others have changed. Without any, all may have changed, or
// the connection is lost.
func invalidated(s *replicas.Settings, keys []rueidis.RedisMessage, on replicas.Events) {
	if keys == nil {
		on.Changed()
	}
	for i := range keys {
		key, _ := keys[i].ToString()
		claim, ok := strings.CutPrefix(key, s.Prefix+"c:")
		if !ok {
			on.Changed()
		} else if tag, ok := toTag(claim); ok {
			on.Released(tag)
		}
	}
}

func toTag(text string) (t sessioncache.Tag, ok bool) {
	return t, copy(t[:], text) == len(t) && len(text) == len(t)
}

// Close implements replicas.Conn. What is under way ends with the socket, and the library after it.
func (c *conn) Close() {
	c.close.Do(func() {
		c.hangUp()
		c.client.Close()
	})
}

func (c *conn) hangUp() {
	if socket := c.socket.Load(); socket != nil {
		_ = (*socket).Close()
	}
}

// clean is an error without the password: there are servers that repeat a command that they
// do not know.
func (r *Server) clean(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if r.password != "" {
		text = strings.ReplaceAll(text, r.password, "…")
	}
	const enough = 200
	return errors.New(strings.Join(strings.Fields(text[:min(len(text), enough)]), " "))
}

// run runs a script. Where ctx ends first, the library waits for the reply without the caller;
// it comes, or the connection ends.
func (c *conn) run(ctx context.Context, script *rueidis.Lua, keys, args []string) (*reply, error) {
	values, err := script.Exec(ctx, c.client, keys, args).ToArray()
	if err != nil && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return &reply{values: values}, c.server.clean(err)
}
