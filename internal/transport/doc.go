// Package transport is what all protocols share: the steps that every call passes
// between its caller and the service. The packages below it speak one protocol each
// and know nothing of one another; none of them, nor this one, knows where the
// service's answers come from.
//
// A call passes the files in this order:
//
//	call.go       what is known of the call; its request id
//	body.go       the body of an HTTP request, within bounds of time, number and memory
//	pipeline.go   the list of steps, called with the request message; a panic becomes INTERNAL
//	inflight.go   admission: the limit on calls in flight
//	headers.go    the headers that pass, up and down
//	validation.go the rules of the .proto
//	typed.go      what typed callers get beside the message
//	response.go   an HTTP response, bounded in time and in number
//	accesslog.go  the line and the figures that the call leaves
//
// waiters.go bounds those that have not come as far as that: calls whose request is
// not whole, and open streams. health.go tells whether calls are taken, cors.go whose pages
// may make them over HTTP.
package transport
