package transport

import (
	"encoding/base64"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

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

// relayedHeader picks what a caller gets of the upstream's headers.
func relayedHeader(upstream http.Header) http.Header {
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

// requestIDBytes is what a request id that is made here takes of metadata.
const requestIDBytes = len(RequestIDKey) + RequestIDLength + headerOverhead

// responseMetadata is what a gRPC caller gets of the headers that are for callers, in at
// most so many bytes. A value that metadata cannot carry, or that does not fit, is left
// out, and only that; of the headers of caches all are, or none.
func responseMetadata(allowed http.Header, bytes int) metadata.MD {
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
	add([]string{cacheStatus})
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

// maxMetadataBytes bounds what goes down to a gRPC caller beside the message: relayed
// headers and error details. Clients in other languages refuse more (Python's at 7 KB,
// all in all).
const maxMetadataBytes = 4 << 10

// Pushback is the trailer that tells a gRPC caller not to repeat a call, where that has
// been done here (gRFC A6).
const Pushback = "grpc-retry-pushback-ms"

// previousAttempts is the header by which a caller tells that it is retrying, and how
// often it has (gRFC A6).
var previousAttempts = header("grpc-previous-rpc-attempts")

// isRetry tells whether the caller is repeating the call already.
func (c *Call) isRetry() bool {
	for _, value := range c.header.Values(previousAttempts) {
		if n, err := strconv.Atoi(value); err != nil || n > 0 {
			return true
		}
	}
	return false
}

// UpstreamError is an error of the upstream. See upstream.Error, which is not named
// here: transport does not know where errors come from.
type UpstreamError interface {
	error
	// HTTPResponse is the response of the upstream.
	HTTPResponse() (status int, header http.Header, body []byte)
	// Attempts is how often the call may have reached the upstream.
	Attempts() int
}

// ResponseHeader is what a caller gets beside the message or the error that its call has
// ended with: of the upstream's headers, if the response is the upstream's, and of what the
// cache of sessions says of it. repeated says that the call may have reached the upstream
// more than once.
func (c *Call) ResponseHeader(err error) (header http.Header, repeated bool) {
	if err == nil {
		return c.addCacheStatus(relayedHeader(c.Exchange.Response.Header)), false
	}
	var failed UpstreamError
	if !errors.As(err, &failed) {
		return nil, false
	}
	status, upstream, _ := failed.HTTPResponse()
	if header = relayedHeader(upstream); status != 0 {
		header = c.addCacheStatus(header)
	}
	return header, failed.Attempts() > 1
}

// Metadata is what a gRPC caller gets beside the message or the error that its call has
// ended with. A client takes headers for the beginning of the response, and does not retry
// what has begun: beside an error, what is said here is in the trailer.
func (c *Call) Metadata(err error) (header, trailer metadata.MD) {
	all, repeated := c.ResponseHeader(err)
	header = responseMetadata(all, maxMetadataBytes-requestIDBytes-detailBytes(err))
	if err == nil {
		return header, nil
	}
	trailer = metadata.MD{}
	c.moveCacheStatus(header, trailer)
	if repeated {
		trailer.Set(Pushback, "-1")
	}
	if c.RequestIDGenerated && len(header[RequestIDKey]) == 0 {
		trailer.Set(RequestIDKey, c.RequestID)
	}
	return header, trailer
}

// detailBytes is how much of a response's headers the details of an error take.
func detailBytes(err error) int {
	s := status.Convert(err).Proto()
	if len(s.GetDetails()) == 0 {
		return 0
	}
	return base64.RawStdEncoding.EncodedLen(proto.Size(s))
}
