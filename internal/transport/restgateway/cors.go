package restgateway

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/rs/cors"

	"github.com/wingspan-grpc/session-facade/internal/transport"
)

// preflightAge is how long a browser may remember what it may call.
const preflightAge = time.Hour

// withCORS lets pages of the given origins call a handler from a browser. They may send
// any header: libraries add tracing headers of their own, and a preflight that names
// one which is not allowed fails the call. Which headers go to the upstream is decided
// elsewhere. They may use any verb, so that the page sees the 405 that says what is
// wrong.
func withCORS(handler http.Handler, origins []string) http.Handler {
	return cors.New(cors.Options{
		AllowedOrigins: origins,
		AllowedMethods: []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut,
			http.MethodPatch, http.MethodDelete, http.MethodOptions},
		AllowedHeaders:   []string{"*"},
		ExposedHeaders:   []string{"Allow", "Retry-After", transport.RequestIDKey}, // of the facade's own errors
		AllowCredentials: true,
		MaxAge:           int(preflightAge.Seconds()),
	}).Handler(handler)
}

// relayHeader adds the upstream's headers. What stands there already, of CORS, stays.
// Where a page may read the response, it may read these: CORS has no patterns, so the
// rate-limit headers are named as they come.
func relayHeader(to, from http.Header) {
	relayed := transport.ResponseHeader(from)
	for name, values := range relayed {
		to[name] = append(to[name], values...)
	}
	if len(relayed) > 0 && to.Get("Access-Control-Allow-Origin") != "" {
		to.Add("Access-Control-Expose-Headers", strings.Join(slices.Sorted(maps.Keys(relayed)), ", "))
	}
}
