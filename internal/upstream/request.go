package upstream

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"

	"golang.org/x/net/http/httpguts"
	"google.golang.org/genproto/googleapis/rpc/errdetails"

	"github.com/wingspan-grpc/session-facade/internal/apierror"
)

// request is a call translated to HTTP, as it can be sent several times.
type request struct {
	verb   string
	path   string // as on the request line
	query  string // the same; empty: none
	header http.Header
	body   []byte // empty: none
}

// checkHeader refuses what cannot be a header: a line break would begin another.
func checkHeader(header http.Header) error {
	for name, values := range header {
		for _, value := range values {
			if !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
				return apierror.Invalid(&errdetails.BadRequest_FieldViolation{
					Field: strconv.QuoteToASCII(name), Description: "cannot be sent as an HTTP header"}).Err()
			}
		}
	}
	return nil
}

// The headers that every request has; read-only.
var (
	acceptJSON     = []string{jsonMediaType}
	acceptIdentity = []string{"identity"}
)

// toHTTP makes the request for net/http. Both spellings of the path are set, since
// net/http would escape the plain one by other rules than the vendor's client
// does. GetBody stays nil: whether to send it again is not for net/http to decide.
func (r *request) toHTTP(ctx context.Context, options *Options) (*http.Request, error) {
	plain, err := url.PathUnescape(r.path)
	if err != nil {
		return nil, errors.New("the upstream's path cannot be unescaped") // err may quote it
	}
	made := &http.Request{
		Method: r.verb,
		URL:    &url.URL{Scheme: options.URL.Scheme, Host: options.URL.Host, Path: plain, RawPath: r.path, RawQuery: r.query},
		Header: maps.Clone(r.header),
		Host:   options.URL.Host,
		Body:   http.NoBody,
	}
	if made.Header == nil {
		made.Header = http.Header{}
	}
	made.Header["Accept"], made.Header["Accept-Encoding"] = acceptJSON, acceptIdentity
	made.Header["User-Agent"] = []string{options.UserAgent}
	if len(r.body) > 0 {
		made.Header["Content-Type"] = acceptJSON
		made.Body, made.ContentLength = io.NopCloser(bytes.NewReader(r.body)), int64(len(r.body))
	}
	return made.WithContext(ctx), nil
}

const jsonMediaType = "application/json"
