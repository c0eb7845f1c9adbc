// Where the imported .proto files come from. No Go code is built from here.
module github.com/wingspan-grpc/session-facade/tools/protos

go 1.26.0

require (
	github.com/bufbuild/protovalidate v1.2.2
	github.com/grpc-ecosystem/grpc-gateway v1.16.0
)
