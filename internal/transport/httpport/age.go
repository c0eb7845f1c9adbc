package httpport

import (
	"context"
	"math/rand/v2"
	"net"
	"net/http"
	"time"
)

type expiryKey struct{}

// LimitAge makes a server's connections end at an age, give or take a tenth, so that their
// clients find new replicas. It is for SetConnection to end them, with a call: net/http
// then sends GOAWAY over HTTP/2, and lets the calls under way finish. One without calls is
// idle.
func LimitAge(server *http.Server, age time.Duration) {
	server.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
		return context.WithValue(ctx, expiryKey{}, time.Now().Add(age-age/10).Add(rand.N(age/5+1))) //nolint:gosec // spreads load
	}
}

// isOld tells whether the connection of a request has reached its age.
func isOld(r *http.Request) bool {
	expiry, limited := r.Context().Value(expiryKey{}).(time.Time)
	return limited && !time.Now().Before(expiry)
}
