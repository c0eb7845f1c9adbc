package restgateway

import (
	"context"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"

	gatewayv1 "github.com/wingspan-grpc/session-facade/gen/gateway/wingspan/users/v1"
	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	usersv1json "github.com/wingspan-grpc/session-facade/gen/wirejson/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

// Service is a service with what is generated for its REST side.
type Service struct {
	// Desc is the service's, Server its implementation.
	Desc   *grpc.ServiceDesc
	Server any
	// JSON are the bodies of the RPCs.
	JSON wirejson.Methods
	// Register gives a mux grpc-gateway's handlers, which call the service by a channel.
	Register func(*runtime.ServeMux, grpc.ClientConnInterface) error
}

// Users is the service of the contract.
func Users(server usersv1.SessionAndAuthenticationServiceServer) Service {
	return Service{
		Desc: &usersv1.SessionAndAuthenticationService_ServiceDesc, Server: server, JSON: usersv1json.Methods,
		Register: func(mux *runtime.ServeMux, channel grpc.ClientConnInterface) error {
			client := usersv1.NewSessionAndAuthenticationServiceClient(channel)
			return gatewayv1.RegisterSessionAndAuthenticationServiceHandlerClient(context.Background(), mux, client)
		},
	}
}
