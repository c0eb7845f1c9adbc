package sessioncache

import (
	"fmt"
	"time"
)

// result is how a check was answered, in the words of metrics and the access log.
type result string

const (
	hit       result = "hit"
	miss      result = "miss"
	collapsed result = "collapsed" // with the call of another who asked the same
	renewed   result = "renewed"   // what was kept had got stale
	bypass    result = "bypass"    // the caller did not want what was kept
	stale     result = "stale"     // what is kept is stale, and the upstream is away
	expired   result = "expired"   // kept, too: there is no such session
	shared    result = "shared"    // from the store that replicas share
)

var results = []result{hit, miss, collapsed, renewed, bypass, stale, expired, shared}

// cacheStatus is the Cache-Status of a response (RFC 9211).
func cacheStatus(r result, ttl time.Duration) string {
	const name = "session-facade"
	switch r {
	case hit, expired:
		return fmt.Sprintf("%s; hit; ttl=%d", name, int(ttl/time.Second))
	case stale:
		return fmt.Sprintf("%s; hit; ttl=%d; detail=upstream-away", name, int(ttl/time.Second))
	case shared:
		return fmt.Sprintf("%s; hit; ttl=%d; detail=shared", name, int(ttl/time.Second))
	case collapsed:
		return name + "; fwd=miss; collapsed"
	case renewed:
		return name + "; fwd=stale"
	default:
		return name + "; fwd=" + string(r)
	}
}
