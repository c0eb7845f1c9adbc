// Package affinity holds the gRPC service config of callers whose calls are to meet
// the replica whose cache of sessions knows them.
package affinity

import (
	_ "embed"

	_ "google.golang.org/grpc/balancer/ringhash" // without it ServiceConfig balances by round_robin
)

// ServiceConfig is config.ServiceConfig, but calls with the same authorization metadata
// meet the same replica (gRFC A76). It is for callers that send each user's own token:
// one that sends a single token for all would meet a single replica.
//
//go:embed service_config.json
var ServiceConfig string
