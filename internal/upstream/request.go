package upstream

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/metadata"

	"github.com/wingspan-grpc/session-facade/internal/apierror"
)

// request is a call translated to HTTP, as it can be sent several times.
type request struct {
	verb   string
	path   string // as on the request line
	header metadata.MD
	body   []byte // empty: none
}

// isHeader tells whether a key of metadata becomes a header. What only the HTTP
// client or gRPC may say does not.
func isHeader(key string) bool {
	if strings.HasPrefix(key, "grpc-") || strings.HasPrefix(key, ":") || strings.HasSuffix(key, "-bin") {
		return false
	}
	switch key {
	case "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
		"content-length", "content-type", "host", "accept", "accept-encoding", "user-agent":
		return false
	}
	return true
}

// checkHeader refuses what cannot be a header: a line break would begin another.
func checkHeader(md metadata.MD) error {
	for key, values := range md {
		if !isHeader(key) {
			continue
		}
		for _, value := range values {
			if !httpguts.ValidHeaderFieldName(key) || !httpguts.ValidHeaderFieldValue(value) {
				return apierror.Invalid(&errdetails.BadRequest_FieldViolation{
					Field: strconv.QuoteToASCII(key), Description: "cannot be sent as an HTTP header"}).Err()
			}
		}
	}
	return nil
}

// toHTTP makes the request for net/http. Both spellings of the path are set, since
// net/http would escape the plain one by other rules than the vendor's client
// does.
func (r *request) toHTTP(ctx context.Context, options *Options) (*http.Request, error) {
	made, err := http.NewRequestWithContext(ctx, r.verb, "", bytes.NewReader(r.body))
	if err != nil {
		return nil, err
	}
	made.GetBody = nil // whether to send it again is not for net/http to decide
	plain, err := url.PathUnescape(r.path)
	if err != nil {
		return nil, errors.New("the upstream's path cannot be unescaped") // err may quote it
	}
	made.URL = &url.URL{Scheme: options.URL.Scheme, Host: options.URL.Host, Path: plain, RawPath: r.path}
	made.Host = options.URL.Host
	for key, values := range r.header {
		if isHeader(key) {
			made.Header[http.CanonicalHeaderKey(key)] = values
		}
	}
	made.Header.Set("Accept", jsonMediaType)
	made.Header.Set("Accept-Encoding", "identity")
	made.Header.Set("User-Agent", options.UserAgent)
	if len(r.body) > 0 {
		made.Header.Set("Content-Type", jsonMediaType)
	}
	return made, nil
}

const jsonMediaType = "application/json"

// carrier lets a propagator write into a request's headers.
type carrier metadata.MD

// Get implements propagation.TextMapCarrier.
func (c carrier) Get(key string) string {
	if values := metadata.MD(c).Get(key); len(values) > 0 {
		return values[0]
	}
	return ""
}

// Set implements propagation.TextMapCarrier.
func (c carrier) Set(key, value string) { metadata.MD(c).Set(key, value) }

// Keys implements propagation.TextMapCarrier.
func (c carrier) Keys() []string {
	keys := make([]string, 0, len(c))
	for key := range c {
		keys = append(keys, key)
	}
	return keys
}
