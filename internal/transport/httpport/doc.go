// Package httpport is what the protocols on the HTTP port share beside the pipeline. A
// call passes the files in this order:
//
//	response.go  the response, bounded in time and in number
//	cors.go      whose pages may make it
//	body.go      the body of the request, within bounds of time, number and memory
//	header.go    the headers that responses have whatever the call is
//	age.go       how old a connection gets
//
// It knows nothing of what a body or a response holds.
package httpport
