// Package grpcserver takes calls by gRPC: grpc-go's server with the limits that it
// lacks, put in by its own hooks.
//
// A call passes them in this order, one file each:
//
//	stream.go      the tap sees its headers and bounds the time for its message;
//	               the stats handler counts it from Begin to End
//	connection.go  what its connection holds: requests that are not whole, responses
//	               that nobody takes
//	intercept.go   the message is there: the shared pipeline, then the headers back
//	codec.go       the response is charged until grpc-go has written it
//
// It knows nothing of REST nor of the upstream.
package grpcserver
