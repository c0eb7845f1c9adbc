// Package relay holds what travels beside a call's messages: the JSON of a REST
// caller and of the upstream as bytes, so that it is passed on as it came. The REST
// gateway puts the request there, upstream.Conn the response; typed callers neither
// see nor set it.
package relay

import (
	"context"
	"net/http"
)

// Exchange is one call's raw request and response. It belongs to the call: one
// goroutine at a time uses it.
type Exchange struct {
	// Raw says that the bodies are relayed as bytes: Request is sent in place of the
	// encoded message, and Response gets the body.
	Raw bool
	// Request is the caller's body as it came; empty where there is none.
	Request []byte
	// Response is the upstream's, if it gave one.
	Response Response
}

// Response is what the upstream answered.
type Response struct {
	// Status is the HTTP status; 0 where the upstream gave no response.
	Status int
	// Header is read-only.
	Header http.Header
	// Body is read-only. It is set where Exchange.Raw is.
	Body []byte
}

type exchangeKey struct{}

// NewContext returns a context that carries a call's exchange.
func NewContext(ctx context.Context, e *Exchange) context.Context {
	return context.WithValue(ctx, exchangeKey{}, e)
}

// FromContext returns the exchange of the call that ctx belongs to; nil where there
// is none.
func FromContext(ctx context.Context) *Exchange {
	e, _ := ctx.Value(exchangeKey{}).(*Exchange)
	return e
}
