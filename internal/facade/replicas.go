package facade

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/url"
	"strings"

	"github.com/wingspan-grpc/session-facade/internal/pacing"
	"github.com/wingspan-grpc/session-facade/internal/replicas"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache"
)

// newLink makes the link with other replicas, and lets the cache and the pacer use it; nil
// without a server for it.
func newLink(o *Options) (*replicas.Link, error) {
	o.Replicas.Replicas = max(1, o.Replicas.Replicas)
	if o.Replicas.Server == nil {
		return nil, nil
	}
	if o.Cache.TTL <= 0 {
		return nil, errors.New("replicas need a cache of sessions to share")
	}
	r := o.Replicas
	r.Prefix = PrefixOf(o.Upstream.Pool.URL)
	r.Timeout, r.Life = o.Timeout, o.Cache.TTL+o.Cache.TTL/10+o.Cache.Stale
	r.Read, r.Write = o.Pacing.Read, o.Pacing.Write
	r.Logger, r.Meter = o.Logger, o.Meter
	link, err := replicas.Connect(r)
	if err != nil {
		return nil, err
	}
	o.Cache.Shared, o.Pacing.Wake = link, link.Wake
	return link, nil
}

// startLink lets the link begin, if there is one, once all is there that it tells.
func (f *Facade) startLink(cache *sessioncache.Cache, pacer *pacing.Pacer) {
	switch {
	case f.Replicas == nil:
	case pacer == nil:
		f.Replicas.Start(cache, nil)
	default:
		f.Replicas.Start(cache, pacer)
	}
}

// PrefixOf is before each key at the server that replicas of one upstream share. The braces keep
// all in one slot of a cluster.
func PrefixOf(upstream *url.URL) string {
	sum := sha256.Sum256([]byte(strings.TrimSuffix(upstream.String(), "/")))
	return "{session-facade:" + hex.EncodeToString(sum[:4]) + "}:"
}
