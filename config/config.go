// Package config holds the gRPC service configs that callers of the facade should
// use. It has a folder of its own since gen/ is cleared whenever it is generated,
// a file can be embedded only from the folder that it is in, and callers can't
// import internal/. The JSON files are there for callers in other languages.
package config

import (
	_ "embed"

	_ "google.golang.org/grpc/balancer/ringhash" // AffinityServiceConfig would be round_robin without it
)

// ServiceConfig is for grpc.WithDefaultServiceConfig. Calls without side effects
// are tried up to three times while the facade is UNAVAILABLE, all others once.
// The timeout is longer than the facade's own, whose error says more. For the
// health checks to take place, the caller's program has to import
// google.golang.org/grpc/health.
//
//go:embed service_config.json
var ServiceConfig string

// AffinityServiceConfig is ServiceConfig, but calls with the same authorization
// metadata meet the same replica (gRFC A76), whose cache of sessions knows them. It is
// for callers that send each user's own token: one that sends a single token for all
// would meet a single replica.
//
//go:embed service_config_affinity.json
var AffinityServiceConfig string
