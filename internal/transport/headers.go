package transport

import (
	"net/http"
	"slices"
	"strings"

	"google.golang.org/grpc/metadata"
)

// upward are the headers of a caller that the upstream gets. Everything else
// stays here.
var upward = []string{
	"authorization",
	"cookie",
	"x-wingspan-user",
	"accept-language",
	"x-request-id",
	"traceparent",
	"tracestate",
}

// downward are the headers of the upstream that a caller gets, most wanted
// first: where not all fit, the last are left out. Rate-limit headers, of which
// there are several families, are matched by their beginning.
var (
	downward       = []string{"set-cookie", "retry-after", "x-request-id", "cache-control"}
	downwardPrefix = []string{"ratelimit", "x-ratelimit-", "x-rate-limit-"}
)

func isUpward(key string) bool { return slices.Contains(upward, key) }

func isDownward(key string) bool {
	return slices.Contains(downward, key) ||
		slices.ContainsFunc(downwardPrefix, func(p string) bool { return strings.HasPrefix(key, p) })
}

// previousAttempts is the metadata by which a gRPC client tells that it is
// retrying, and how often it has (gRFC A6). It is for the connection to the
// upstream, and no header.
const previousAttempts = "grpc-previous-rpc-attempts"

// upwardMetadata picks what the upstream gets of a caller's metadata.
func upwardMetadata(in metadata.MD) metadata.MD {
	out := make(metadata.MD, len(upward))
	if attempts := in[previousAttempts]; len(attempts) > 0 {
		out[previousAttempts] = attempts
	}
	for _, key := range upward {
		if values := in[key]; len(values) > 0 {
			out[key] = values
		}
	}
	return out
}

// upwardHeaders are the keys of upward as HTTP spells them.
var upwardHeaders = func() (names []string) {
	for _, key := range upward {
		names = append(names, http.CanonicalHeaderKey(key))
	}
	return names
}()

// upwardHeader is upwardMetadata for HTTP. It refuses what metadata cannot carry,
// whose credential a call would go on without.
func upwardHeader(in http.Header) (metadata.MD, error) {
	out := make(metadata.MD, len(upward))
	for i, name := range upwardHeaders {
		values := in[name]
		if len(values) == 0 {
			continue
		}
		for _, value := range values {
			if strings.ContainsFunc(value, func(c rune) bool { return c < ' ' || c > '~' }) {
				return nil, refuseField(name, "must be printable ASCII")
			}
		}
		out[upward[i]] = values
	}
	return out, nil
}

// downwardMetadata picks what a caller gets of the upstream's headers.
func downwardMetadata(in metadata.MD) metadata.MD {
	var out metadata.MD // most often there is none
	for key, values := range in {
		if isDownward(key) {
			if out == nil {
				out = metadata.MD{}
			}
			out[key] = values
		}
	}
	return out
}

// asMetadata is an HTTP header as metadata.
func asMetadata(header http.Header) metadata.MD {
	md := make(metadata.MD, len(header))
	for name, values := range header {
		md[strings.ToLower(name)] = values
	}
	return md
}

// headerOverhead is what a header counts in HTTP/2 beside its name and its value
// (RFC 9113, section 10.5.1).
const headerOverhead = 32

// fit leaves out of metadata what would take it over a number of bytes, the
// least wanted first.
func fit(md metadata.MD, budget int) metadata.MD {
	if len(md) == 0 {
		return md
	}
	keys := make([]string, 0, len(md))
	for key := range md {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int { return rank(a) - rank(b) })
	out := make(metadata.MD, len(md))
	for _, key := range keys {
		size := 0
		for _, value := range md[key] {
			size += len(key) + len(value) + headerOverhead
		}
		if size <= budget {
			out[key] = md[key]
			budget -= size
		}
	}
	return out
}

func rank(key string) int {
	if i := slices.Index(downward, key); i >= 0 {
		return i
	}
	return len(downward)
}
