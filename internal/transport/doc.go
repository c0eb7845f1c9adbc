// Package transport is what all protocols share: the steps that every call passes
// between its caller and the service. The packages below it speak one protocol each
// and know nothing of one another, but for httpport, which holds what those on the HTTP
// port share; none of them, nor this one, knows where the service's responses come from.
//
// A call passes the files in this order:
//
//	protocol.go  what all calls by a protocol share
//	call.go      what is known of the call; its request id; its trace
//	pipeline.go  the list of steps, called with the request message; a panic becomes INTERNAL
//	limits.go    admission: the limit on calls in flight
//	headers.go   the headers that the upstream gets
//	caching.go   what a caller says to the cache of sessions, and that to it
//	errors.go    refusals, those by the rules of the .proto among them
//	metadata.go  the headers that the caller gets, and what a gRPC caller gets beside the message
//	accesslog.go the line that the call leaves
//	metrics.go   the figures that it leaves
//
// limits.go also bounds those that have not come as far as that: calls whose request is
// not whole, and open streams. health.go tells whether calls are taken.
package transport
