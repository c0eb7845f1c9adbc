package restgateway

import (
	"net/http"
	"time"

	"github.com/rs/cors"

	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/internal/transport"
)

// preflightAge is how long a browser may remember what it may call.
const preflightAge = time.Hour

// withCORS lets pages of the given origins call a handler from a browser.
func withCORS(handler http.Handler, rules []*httprule.Rule, origins []string) http.Handler {
	verbs := map[string]bool{http.MethodHead: true}
	for _, rule := range rules {
		verbs[rule.Verb] = true
	}
	allowed := make([]string, 0, len(verbs))
	for verb := range verbs {
		allowed = append(allowed, verb)
	}
	return cors.New(cors.Options{
		AllowedOrigins:   origins,
		AllowedMethods:   allowed,
		AllowedHeaders:   allowedHeaders(),
		ExposedHeaders:   exposed,
		AllowCredentials: true,
		MaxAge:           int(preflightAge.Seconds()),
	}).Handler(handler)
}

// exposed are the headers of an answer that a page may read. Of the families of
// rate-limit headers these are the usual members: CORS has no patterns.
var exposed = []string{
	"retry-after", "x-request-id", "ratelimit", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset",
	"ratelimit-policy", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset",
}

// allowedHeaders are the headers that a page may send.
func allowedHeaders() []string {
	names := []string{"Content-Type", "Grpc-Timeout"}
	for _, name := range transport.RequestHeaders {
		names = append(names, name.String())
	}
	return names
}
