// Package grpcserver takes calls by gRPC: grpc-go's server with the limits that it
// lacks, put in by its own hooks.
//
// A call passes them in this order, one file each:
//
//	connection.go  what it comes by, and what that holds of requests that are not whole
//	tap.go         its headers are seen: refusals
//	stream.go      the stats handler counts it from Begin to End, the time for its message begins
//	intercept.go   the message is there: the shared pipeline, then the headers back
//	codec.go       the response is charged until grpc-go has written it
//	unread.go      what its connection holds of responses that nobody takes
//
// It knows nothing of REST nor of the upstream.
package grpcserver
