// Package config holds the gRPC service config that callers of the facade should
// use. It has a folder of its own since gen/ is cleared whenever it is generated,
// a file can be embedded only from the folder that it is in, and callers can't
// import internal/. service_config.json is there for callers in other languages.
package config

import _ "embed"

// ServiceConfig is for grpc.WithDefaultServiceConfig. Calls without side effects
// are tried up to three times while the facade is UNAVAILABLE, all others once.
// The timeout is longer than the facade's own, whose error says more. For the
// health checks to take place, the caller's program has to import
// google.golang.org/grpc/health.
//
//go:embed service_config.json
var ServiceConfig string
