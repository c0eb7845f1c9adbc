package main

import (
	"sync/atomic"
	"time"

	"github.com/wingspan-grpc/session-facade/tools/internal/server"
)

// replica is a server that is always started at the same addresses.
type replica struct {
	*server.Server

	inTurn               atomic.Bool // is ready, as the REST balancer sees it
	grpcCalls, restCalls atomic.Int64
}

// newReplica gives each replica an address of its own.
func newReplica(index int, binary, upstream string, delay time.Duration) *replica {
	return &replica{Server: server.New(index, binary, "--upstream-url="+upstream,
		"--log-level=warn", "--max-connections=1000", "--shutdown-delay="+delay.String())}
}
