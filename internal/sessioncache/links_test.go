package sessioncache_test

import (
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/metric/noop"

	"github.com/wingspan-grpc/session-facade/internal/replicas"
	"github.com/wingspan-grpc/session-facade/internal/replicas/replicastest"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache"
)

func init() { //nolint:gochecknoinits // the package's own tests cannot import what imports it
	sessioncache.SetServer(func() sessioncache.SharedServer { return memory{replicastest.New()} })
}

// memory is a server in memory.
type memory struct{ *replicastest.Memory }

// link is one replica's link with it.
type link struct {
	*replicas.Link
	*replicastest.Replica
}

// Begin begins to tell the cache what has ended.
func (l link) Begin(c *sessioncache.Cache) { l.Start(c, nil) }

// Join makes a replica's link.
func (m memory) Join(life, timeout time.Duration, n int) sessioncache.SharedLink {
	way := m.Replica()
	return link{join(way, life, timeout, n), way}
}

// join makes a link with a server.
func join(server replicas.Server, life, timeout time.Duration, n int) *replicas.Link {
	l, err := replicas.Connect(replicas.Options{Server: server, Prefix: "{test}:", Timeout: timeout, Life: life, Replicas: n,
		Logger: slog.New(slog.DiscardHandler), Meter: noop.NewMeterProvider()})
	if err != nil {
		panic(err)
	}
	return l
}
