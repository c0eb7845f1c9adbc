package transport

import (
	"net/http"
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
