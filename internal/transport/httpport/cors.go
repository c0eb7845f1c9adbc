package httpport

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	connectcors "connectrpc.com/cors"
	"github.com/rs/cors"

	"github.com/wingspan-grpc/session-facade/internal/transport"
)

// preflightAge is how long a browser may remember what it may call.
const preflightAge = time.Hour

// CORS lets pages of the listed origins call a handler from a browser; where none is
// listed, it is the handler itself. They may send any header: libraries add tracing
// headers of their own, and a preflight that names one which is not allowed fails the
// call. Which headers go to the upstream is decided elsewhere. They may use any verb, so
// that the page sees the 405 that says what is wrong.
func CORS(p *transport.Pipeline, handler http.Handler) http.Handler {
	if len(p.CORSOrigins) == 0 {
		return handler
	}
	return cors.New(cors.Options{
		AllowedOrigins: p.CORSOrigins,
		AllowedMethods: []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut,
			http.MethodPatch, http.MethodDelete, http.MethodOptions},
		AllowedHeaders: []string{"*"},
		// Of the facade's own errors, and of gRPC-Web's statuses.
		ExposedHeaders:   append(connectcors.ExposedHeaders(), "Allow", "Retry-After", transport.RequestIDKey, transport.Pushback),
		AllowCredentials: true,
		MaxAge:           int(preflightAge.Seconds()),
	}).Handler(handler)
}

// ExposeHeader lets a page that may read a response read the headers that are relayed with
// it: CORS has no patterns, so the rate-limit headers are named as they come.
func ExposeHeader(to, relayed http.Header) {
	if len(relayed) > 0 && to.Get("Access-Control-Allow-Origin") != "" {
		to.Add("Access-Control-Expose-Headers", strings.Join(slices.Sorted(maps.Keys(relayed)), ", "))
	}
}
