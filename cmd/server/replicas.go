package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"go.opentelemetry.io/otel/metric"

	"github.com/wingspan-grpc/session-facade/internal/certs"
	"github.com/wingspan-grpc/session-facade/internal/replicas"
	"github.com/wingspan-grpc/session-facade/internal/replicas/redis"
	"github.com/wingspan-grpc/session-facade/internal/secretfile"
)

// checkReplicas finds what is wrong between the settings of what replicas share.
func (c *config) checkReplicas() (errs []error) {
	redis, secret := c.given("session-cache-redis"), c.given("session-cache-secret-file")
	if c.SessionCacheRedis == "" {
		if c.SessionCacheSecretFile != "" {
			errs = append(errs, fmt.Errorf("%s needs %s: without it, replicas share nothing", secret, redis))
		}
	} else {
		if c.SessionCacheTTL == 0 {
			errs = append(errs, fmt.Errorf("%s needs --session-cache-ttl: no session is kept without it", redis))
		}
		if c.SessionCacheSecretFile == "" {
			errs = append(errs, fmt.Errorf("%s needs --session-cache-secret-file, under which sessions are kept", redis))
		}
		if redis == "--session-cache-redis" && strings.Contains(c.SessionCacheRedis, "@") {
			errs = append(errs, fmt.Errorf("%s: a user or a password would be seen by all others on this machine: give it as SESSION_CACHE_REDIS", redis))
		}
	}
	if at, err := url.Parse(c.SessionCacheRedis); err != nil || at.Scheme != "rediss" {
		for _, f := range []struct{ name, file string }{
			{"session-cache-redis-ca-file", c.SessionCacheRedisFiles.CA}, {"session-cache-redis-cert-file", c.SessionCacheRedisFiles.Cert},
			{"session-cache-redis-key-file", c.SessionCacheRedisFiles.Key},
		} {
			if f.file != "" {
				errs = append(errs, fmt.Errorf("%s needs a --session-cache-redis that begins with rediss://", c.given(f.name)))
			}
		}
	}
	return errs
}

// newReplicas is what the facade is told of other replicas, and the secrets that they share,
// which are to be forgotten.
func newReplicas(c *config, meter metric.Meter, logger *slog.Logger) (o replicas.Options, secrets [][]byte, err error) {
	o.Replicas = c.Replicas
	if c.SessionCacheRedis == "" {
		return o, nil, nil
	}
	if o.Server, err = newRedis(c, meter, logger); err != nil {
		return o, nil, err
	}
	if secrets, err = secretfile.Read(c.SessionCacheSecretFile); err != nil {
		return o, nil, c.blame(err, "session-cache-secret-file")
	}
	return o, secrets, nil
}

// newRedis is the server that replicas share. Its certificates are read again when they change.
// meter is nil where there are no figures.
func newRedis(c *config, meter metric.Meter, logger *slog.Logger) (*redis.Server, error) {
	if c.SessionCacheRedisFiles == (certs.Files{}) {
		server, err := redis.ParseURL(c.SessionCacheRedis, nil)
		return server, c.blame(err, "session-cache-redis")
	}
	watch, err := certs.Open(c.SessionCacheRedisFiles, logger)
	if err != nil {
		return nil, c.blame(err, "session-cache-redis-ca-file", "session-cache-redis-cert-file", "session-cache-redis-key-file")
	}
	server, err := redis.ParseURL(c.SessionCacheRedis, watch.Client)
	if err != nil {
		return nil, c.blame(err, "session-cache-redis")
	}
	if meter == nil {
		return server, nil
	}
	return server, watch.Observe(meter, "replicas")
}

// joinTimeout is how long a replica waits for the others before it is ready. Without them it
// serves all the same.
const joinTimeout = 3 * time.Second

// join waits until the replica is one of all.
func (l *lifecycle) join(ctx context.Context, server *servers) {
	if server.Replicas == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, joinTimeout)
	defer cancel()
	if err := server.Replicas.Joined(ctx); errors.Is(err, context.DeadlineExceeded) {
		l.logger.WarnContext(ctx, "serving without the other replicas: they are joined when their server can be reached")
	}
}
