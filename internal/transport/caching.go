package transport

import (
	"net/http"

	"golang.org/x/net/http/httpguts"
	"google.golang.org/grpc/metadata"
)

// cacheControl is the header by which a caller says what it takes of a cache. It goes no
// further.
var cacheControl = header("cache-control")

// wantsUpstream tells whether the caller wants the upstream's word, not one that was kept:
// by the directive no-cache (RFC 9111, section 5.2.1.4), which has no argument in requests.
// The other directives are advice that is not taken (section 5.2.1). Members of a list in
// quotes count as well: the upstream is asked once too often.
func (c *Call) wantsUpstream() bool {
	return httpguts.HeaderValuesContainsToken(c.header.Values(cacheControl), "no-cache")
}

// The headers by which the cache of sessions tells what it did.
const (
	cacheStatus = "Cache-Status"
	age         = "Age"
)

// addCacheStatus adds what the cache of sessions says of a response.
func (c *Call) addCacheStatus(to http.Header) http.Header {
	said := &c.Exchange.Response
	if said.CacheStatus == "" {
		return to
	}
	if to == nil {
		to = make(http.Header)
	}
	to[cacheStatus] = []string{said.CacheStatus}
	if said.Age != "" {
		to[age] = []string{said.Age}
	}
	return to
}

// moveCacheStatus moves it from the header to the trailer.
func (c *Call) moveCacheStatus(header, trailer metadata.MD) {
	said := &c.Exchange.Response
	for name, value := range map[string]string{cacheStatus: said.CacheStatus, age: said.Age} {
		if value != "" && len(header.Get(name)) > 0 {
			trailer.Set(name, value)
			header.Delete(name)
		}
	}
}
