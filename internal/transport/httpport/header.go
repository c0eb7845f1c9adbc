package httpport

import (
	"math"
	"net/http"
	"strconv"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"

	"github.com/wingspan-grpc/session-facade/internal/transport"
)

// What the headers of most responses say; read-only.
var (
	nosniff = []string{"nosniff"}
	noStore = []string{"no-store"}
)

// SetDefaults sets what a response says that does not say it itself.
func SetDefaults(header http.Header) {
	header["X-Content-Type-Options"] = nosniff
	if len(header["Cache-Control"]) == 0 {
		header["Cache-Control"] = noStore // responses hold tokens
	}
}

// SetConnection ends the connection with this call where the facade is about to go, or the
// connection is old; and after a chunked body, since net/http takes one that has a Content-Length as well and
// hides that: what somebody before us took for the next request is not read.
func SetConnection(header http.Header, p *transport.Pipeline, r *http.Request) {
	if !p.Health.IsServing() || len(r.TransferEncoding) > 0 || isOld(r) {
		header.Set("Connection", "close")
	}
}

// WeakenTag makes a strong tag of the upstream's a weak one, for a response of other bytes.
func WeakenTag(header http.Header) {
	if tag := header.Get("Etag"); strings.HasPrefix(tag, `"`) {
		header.Set("Etag", "W/"+tag)
	}
}

// SetRetryAfter tells a caller by HTTP what an error's RetryInfo tells a gRPC caller.
func SetRetryAfter(header http.Header, err error) {
	for _, detail := range status.Convert(err).Details() {
		if retry, ok := detail.(*errdetails.RetryInfo); ok {
			seconds := math.Ceil(retry.GetRetryDelay().AsDuration().Seconds())
			header.Set("Retry-After", strconv.Itoa(int(seconds)))
		}
	}
}
