// Package connectserver takes calls by Connect, gRPC-Web and gRPC on an HTTP port:
// connect's handlers, made of the same descriptions that grpc-go serves, with the bounds
// that they lack.
//
// A call passes the files in this order:
//
//	server.go    its path is one of ours, its response is bounded
//	call.go      what is known of it, and its response; the access line at the end
//	handler.go   what its headers are enough to refuse
//	text.go      gRPC-Web as text becomes gRPC-Web
//	request.go   the message is read and charged, within bounds of time and memory
//	unary.go     the message is decoded; the shared pipeline, then the headers back
//	stream.go    health watches and reflection
//	codec.go     Connect's JSON, whose errors name the field
//	errors.go    statuses become connect's errors; what connect refuses by itself
//
// Responses of a kilobyte and more are compressed where the caller asks for it, but for
// those that can hold a secret: beside what a caller chooses, the length of a compressed
// response tells what the secret is like (BREACH). A contract says which these are, by
// debug_redact. For the same reason a call is taken by GET only where its request can
// hold no secret: URLs are logged on the way.
//
// It knows nothing of REST nor of the upstream.
package connectserver
