// Package relay holds what travels beside a call's messages, from its protocol to the
// upstream and back: headers, the JSON of a REST caller and of the upstream as bytes, so
// that it is passed on as it came, and what the call is charged for its bodies. transport
// puts the request there, upstream.Conn the response; typed callers neither see nor set
// the JSON.
package relay

import (
	"context"
	"net/http"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/membudget"
)

// Exchange is one call's request and response beside the messages. It belongs to the
// call: one goroutine at a time uses it.
type Exchange struct {
	// Header is what the upstream gets of the caller's headers. upstream.Conn adds its own.
	Header http.Header
	// CallerRetries says that the caller is repeating the call already: retries on both
	// sides would multiply.
	CallerRetries bool
	// Peer is the caller's host. It tells callers apart that have no credential.
	Peer string
	// NoCache says that the caller wants the upstream's word, not one that was kept.
	NoCache bool
	// Deadline is until when somebody waits for a turn to call the upstream; zero is as long
	// as the call may take.
	Deadline time.Time
	// OnTurn is called when there is a turn to call the upstream; nil is nobody.
	OnTurn func()
	// Background says that nobody waits for the response: it is asked for ahead of time.
	Background bool
	// Raw says that the bodies are relayed as bytes: Request and Query are sent in place
	// of the encoded message, and Response gets the body in place of the message, which
	// stays empty.
	Raw bool
	// Query is the caller's query, read and escaped anew; empty where there is none.
	Query string
	// Request is the caller's body as it came; empty where there is none.
	Request []byte
	// Lease is charged for bodies; nil is charged for nothing.
	Lease *membudget.Lease
	// Response is the upstream's, if it gave one.
	Response Response
	// Cache is how the cache of sessions came to the response, in one word for the access
	// log, for example "hit"; empty where it had nothing to do with it.
	Cache string
}

// Response is what the upstream answered.
type Response struct {
	// Status is the HTTP status; 0 where the upstream gave no response.
	Status int
	// Header is read-only.
	Header http.Header
	// Body is read-only. It is set where Exchange.Raw is.
	Body []byte
	// CacheStatus is what the cache of sessions says to the caller of how it came to the
	// response (RFC 9211), an error of the upstream's as well; empty where it had nothing to
	// do with it. What an upstream says under that name is not relayed.
	CacheStatus string
	// Age is how old the cache says that the response is, in seconds, in place of the Age of
	// Header; empty where it does not say so. It goes with CacheStatus only.
	Age string
}

type exchangeKey struct{}

// NewContext returns a context that carries a call's exchange.
func NewContext(ctx context.Context, e *Exchange) context.Context {
	return context.WithValue(ctx, exchangeKey{}, e)
}

// FromContext returns the exchange of the call that ctx belongs to; an empty one where
// there is none.
func FromContext(ctx context.Context) *Exchange {
	if e, ok := ctx.Value(exchangeKey{}).(*Exchange); ok {
		return e
	}
	return &Exchange{}
}
