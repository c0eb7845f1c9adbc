package transport

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"google.golang.org/grpc/metadata"
)

// HeaderName names a header in both spellings: gRPC's metadata and net/http's.
type HeaderName struct{ key, name string }

func header(key string) HeaderName { return HeaderName{key, http.CanonicalHeaderKey(key)} }

// HeaderValues are the headers that a call came with.
type HeaderValues interface {
	// Values are those of one header, in order; none where it is absent.
	Values(HeaderName) []string
}

// HTTPHeader is http.Header as HeaderValues.
type HTTPHeader http.Header

// Values implements HeaderValues.
func (h HTTPHeader) Values(n HeaderName) []string { return h[n.name] }

// Metadata is metadata.MD as HeaderValues.
type Metadata metadata.MD

// Values implements HeaderValues.
func (m Metadata) Values(n HeaderName) []string { return m[n.key] }

// The headers of a caller that the upstream gets. Everything else stays here.
var (
	authorization  = header("authorization")
	wingspanUser   = header("x-wingspan-user")
	cookie         = header("cookie")
	acceptLanguage = header("accept-language")
	requestID      = header("x-request-id")
	traceparent    = header("traceparent")
	tracestate     = header("tracestate")

	// RequestHeaders are all of them.
	RequestHeaders = []HeaderName{authorization, wingspanUser, cookie, acceptLanguage, requestID, traceparent, tracestate}
)

// usualHeaders is how many headers a request mostly has, with those that the client adds:
// a small map has room for no more.
const usualHeaders = 8

// requestHeader picks what the upstream gets of the caller's headers, each by its own
// rule:
//
//   - who calls is said once, in printable ASCII: which of two tokens counts would be
//     for each server on the way to guess
//   - cookies may come in several headers (RFC 9113, section 8.2.3) and hold what HTTP
//     allows in a field; they are joined as HTTP/1.1 needs it
//   - of several request ids the first counts; one that is made here goes up too, so
//     that the upstream's log and ours name the call alike
//   - two traceparents are none, and what belongs to them is none (W3C Trace Context)
//   - lists may come in several headers (RFC 9110, section 5.3)
func (c *Call) requestHeader() (http.Header, error) {
	up := make(http.Header, usualHeaders)
	for _, name := range RequestHeaders {
		values := c.values(name)
		switch {
		case len(values) == 0:
			continue
		case name == cookie:
			values = []string{strings.Join(values, "; ")}
		case name == authorization, name == wingspanUser:
			if err := checkCredential(name, values); err != nil {
				return nil, err
			}
		}
		up[name.name] = values
	}
	up[requestID.name] = []string{c.RequestID}
	return up, nil
}

// values are those of a header, if it counts.
func (c *Call) values(name HeaderName) []string {
	if (name == traceparent || name == tracestate) && len(c.header.Values(traceparent)) > 1 {
		return nil
	}
	return c.header.Values(name)
}

// checkCredential refuses what says twice who calls, or says it in bytes that the
// servers on the way may read differently. A comma joins two headers to one.
func checkCredential(name HeaderName, values []string) error {
	switch {
	case len(values) > 1, strings.Contains(values[0], ","):
		return RefuseField(name.key, "must be given only once")
	case !isPrintableASCII(values[0]):
		return RefuseField(name.key, "must be printable ASCII")
	}
	return nil
}

func isPrintableASCII(value string) bool {
	return !strings.ContainsFunc(value, func(c rune) bool { return c < ' ' || c > '~' })
}

// The headers of the upstream that a caller gets, most wanted first: where not all
// fit, the last are left out. Rate-limit headers, of which there are several families,
// are matched by their beginning.
var (
	responseHeaders = []string{"Set-Cookie", "Retry-After", "X-Request-Id", "Www-Authenticate"}
	// cacheHeaders mean something only together: without Vary, a cache would give one
	// caller what another got.
	cacheHeaders = []string{"Cache-Control", "Vary", "Age", "Expires", "Etag"}
	ratePrefixes = []string{"Ratelimit", "X-Ratelimit-", "X-Rate-Limit-"}
)

// isResponseHeader tells whether a caller gets a header, by its canonical name.
func isResponseHeader(name string) bool {
	return slices.Contains(responseHeaders, name) || slices.Contains(cacheHeaders, name) || isRateHeader(name)
}

func isRateHeader(name string) bool {
	return slices.ContainsFunc(ratePrefixes, func(p string) bool { return strings.HasPrefix(name, p) })
}

// ResponseHeader picks what a REST caller gets of the upstream's headers.
func ResponseHeader(upstream http.Header) http.Header {
	var out http.Header // most often there is none
	for name, values := range upstream {
		if isResponseHeader(name) {
			if out == nil {
				out = make(http.Header)
			}
			out[name] = values
		}
	}
	return out
}

// headerOverhead is what a header counts in HTTP/2 beside its name and its value
// (RFC 9113, section 10.5.1).
const headerOverhead = 32

// RequestIDKey is the metadata key of a request id.
const RequestIDKey = "x-request-id"

// RequestIDBytes is what a request id that is made here takes of metadata.
const RequestIDBytes = len(RequestIDKey) + RequestIDLength + headerOverhead

// ResponseMetadata picks what a gRPC caller gets of the upstream's headers, in at most
// so many bytes. A value that metadata cannot carry, or that does not fit, is left out,
// and only that; of the headers of caches all are, or none.
func ResponseMetadata(upstream http.Header, bytes int) metadata.MD {
	allowed := ResponseHeader(upstream)
	if len(allowed) == 0 {
		return nil
	}
	md := make(metadata.MD, len(allowed))
	add := func(names []string) {
		for _, name := range names {
			for _, value := range allowed[name] {
				if size := metadataSize(name, value); size <= bytes && isPrintableASCII(value) {
					md.Append(name, value)
					bytes -= size
				}
			}
		}
	}
	add(responseHeaders)
	if fitsMetadata(allowed, bytes) {
		add(cacheHeaders)
	}
	add(slices.DeleteFunc(slices.Sorted(maps.Keys(allowed)), func(name string) bool { return !isRateHeader(name) }))
	return md
}

// fitsMetadata tells whether all headers of caches can be sent.
func fitsMetadata(all http.Header, bytes int) bool {
	for _, name := range cacheHeaders {
		for _, value := range all[name] {
			if bytes -= metadataSize(name, value); bytes < 0 || !isPrintableASCII(value) {
				return false
			}
		}
	}
	return true
}

func metadataSize(name, value string) int { return len(name) + len(value) + headerOverhead }
