//go:build unix

package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/wingspan-grpc/session-facade/test/redistest"
	"github.com/wingspan-grpc/session-facade/tools/internal/server"
)

// replicas is how many facades there are.
const replicas = 3

// cluster is all that runs for one figure.
type cluster struct {
	upstream *upstream
	redis    [2]*redistest.Server // the second follows the first; nil: nothing is shared
	proxies  [replicas]*toxiproxy.Proxy
	facades  [replicas]*server.Server
	leader   int
	warm     bool // all sessions are known
}

// tryRedis tells at once where it is not installed.
func tryRedis(dir string) error {
	s, err := redistest.Open(dir)
	if err == nil {
		s.Kill()
	}
	return err
}

// end ends the cluster that is there for several figures: the next has the same addresses.
func (r *run) end() {
	if r.cluster != nil {
		r.cluster.close()
		r.cluster = nil
	}
}

// together is the cluster of replicas that share, which is there for several figures.
func (r *run) together(ctx context.Context) (c *cluster, err error) {
	if r.cluster == nil {
		r.cluster, err = r.start(ctx, sharing)
	}
	return r.cluster, err
}

// How replicas meet.
type meeting int

const (
	apart   meeting = iota // they know nothing of each other
	sharing                // by a server of Redis
	failing                // as before, each through a proxy, and there is a second server
)

// start starts a cluster.
func (r *run) start(ctx context.Context, how meeting) (*cluster, error) {
	r.end()
	c := &cluster{upstream: newUpstream(true)}
	flags := []string{"--upstream-url=" + c.upstream.URL, "--log-level=error", "--shutdown-delay=1s",
		fmt.Sprint("--max-streams-per-connection=", maxAtOnce), // all checks may wait for the same replica
		"--session-cache-ttl=" + r.ttl.String(), fmt.Sprint("--replicas=", replicas),
		fmt.Sprint("--upstream-read-rate=", readLimit*95/100), fmt.Sprint("--upstream-write-rate=", writeLimit*95/100)}
	var err error
	if how != apart {
		flags, err = r.startSharing(c, flags)
	}
	if how == failing && err == nil {
		err = c.startFailing(ctx, r.dir)
	}
	for i := range c.facades {
		own := flags
		if how != apart && err == nil {
			own = append(flags[:len(flags):len(flags)], "--session-cache-redis=redis://"+c.way(i))
		}
		c.facades[i] = server.New(i, r.binary, own...)
		if err == nil {
			err = c.facades[i].Start(ctx)
		}
	}
	if err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// startSharing starts what replicas share, and returns the flags with those for it.
func (r *run) startSharing(c *cluster, flags []string) ([]string, error) {
	dir, err := os.MkdirTemp(r.dir, "redis")
	if err != nil {
		return nil, err
	}
	if c.redis[0], err = redistest.Open(dir); err != nil {
		return nil, err
	}
	secret := filepath.Join(dir, "secret")
	text := make([]byte, 32)
	_, _ = rand.Read(text) // never fails
	return append(flags, "--session-cache-secret-file="+secret), os.WriteFile(secret, []byte(hex.EncodeToString(text)), 0o600)
}

// startFailing starts a second server, and a way to the first for each replica: what is
// measured otherwise goes without, for they take their time.
func (c *cluster) startFailing(ctx context.Context, parent string) error {
	dir, err := os.MkdirTemp(parent, "redis")
	if err != nil {
		return err
	}
	if c.redis[1], err = redistest.Open(dir); err != nil {
		return err
	}
	of := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), zerolog.Nop())
	for i := range c.proxies {
		c.proxies[i] = toxiproxy.NewProxy(of, fmt.Sprint("redis", i), "127.0.0.1:0", c.redis[0].Addr)
		if err := c.proxies[i].Start(); err != nil {
			return err
		}
	}
	return c.follow(ctx, 1, 0)
}

// way is where a replica finds the server of Redis.
func (c *cluster) way(i int) string {
	if p := c.proxies[i]; p != nil {
		return p.Listen
	}
	return c.redis[0].Addr
}

// follow makes one server of Redis follow another.
func (c *cluster) follow(ctx context.Context, follower, leader int) error {
	host, port, err := net.SplitHostPort(c.redis[leader].Addr)
	if err != nil {
		return err
	}
	_, err = c.redis[follower].Command(ctx, "REPLICAOF", host, port)
	return err
}

// lead leads all replicas to the server of Redis that they do not use now, which follows
// no more.
func (c *cluster) lead(ctx context.Context) error {
	c.leader = 1 - c.leader
	_, err := c.redis[c.leader].Command(ctx, "REPLICAOF", "NO", "ONE")
	for _, p := range c.proxies {
		p.Stop()
		p.Upstream = c.redis[c.leader].Addr
		err = errors.Join(err, startProxy(ctx, p))
	}
	return err
}

// command asks the server of Redis that leads.
func (c *cluster) command(ctx context.Context, args ...string) (string, error) {
	return c.redis[c.leader].Command(ctx, args...)
}

// statistic sums up the figures of a section of INFO whose lines begin with a text.
func (c *cluster) statistic(ctx context.Context, section, begins string) (sum float64, err error) {
	text, err := c.command(ctx, "INFO", section)
	for line := range strings.Lines(text) {
		if _, after, ok := strings.Cut(strings.TrimSpace(line), begins); ok {
			var n float64
			if _, err := fmt.Sscanf(after, "%g", &n); err == nil {
				sum += n
			}
		}
	}
	return sum, err
}

// close ends all of it.
func (c *cluster) close() {
	for _, f := range c.facades {
		if f != nil {
			f.Kill()
		}
	}
	for _, p := range c.proxies {
		if p != nil {
			p.Stop()
		}
	}
	for _, s := range c.redis {
		if s != nil {
			_ = s.Resume()
			s.Kill()
		}
	}
	c.upstream.Close()
}

// startProxy starts a proxy again at its address, which may be another's end of a connection
// for a while.
func startProxy(ctx context.Context, p *toxiproxy.Proxy) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		err := p.Start()
		if err == nil || ctx.Err() != nil {
			return err
		}
		wait(ctx, 10*time.Millisecond)
	}
}
