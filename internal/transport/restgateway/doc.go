// Package restgateway takes calls by REST: grpc-gateway's mux, with the strictness in
// front of it that it lacks.
//
// A call passes the files in this order:
//
//	responses.go  the bounds of time and number for responses that wait for their peers
//	handler.go    path, verb and headers are checked, the access line is written at the end
//	body.go       the body is read, within bounds of time and memory
//	gateway.go    grpc-gateway's mux, with the exact values of the path; compression
//	marshaler.go  the body is decoded to be checked, and passed on as it came
//	channel.go    the service is called in process, through the shared pipeline
//	errors.go     errors, the upstream's own as it sent them
//
// It knows nothing of gRPC's wire format nor of the upstream.
package restgateway
