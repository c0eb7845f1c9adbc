package sessioncache

import (
	"fmt"
	"net/http"
	"time"

	"google.golang.org/grpc/status"

	"github.com/wingspan-grpc/session-facade/internal/relay"
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

// upstreamError is an error with the upstream's response, if it gave one; see
// upstream.Error, which is not named here.
type upstreamError interface {
	error
	GRPCStatus() *status.Status
	HTTPResponse() (status int, header http.Header, body []byte)
	WithHeader(header http.Header) error
}

// responseOf is the response that an error is of.
func responseOf(err upstreamError) *relay.Response {
	code, header, body := err.HTTPResponse()
	return &relay.Response{Status: code, Header: header, Body: body}
}
