package main

import "fmt"

// What else needs open files: logs, certificates, DNS and the runtime.
const (
	otherFiles       = 64
	leastConnections = 64
	portCount        = 3
)

// fitConnections lowers the bound on connections to what the limit on open files
// allows: over that limit, no port accepts, and the upstream is not reached either.
// lowered is what to log where it does.
func fitConnections(c *config, files uint64) (lowered []any, err error) {
	others := c.UpstreamMaxConnections + otherFiles
	if c.Sandbox {
		others += c.UpstreamMaxConnections // the other ends of them
	}
	needed := func(connections int) uint64 { return uint64(portCount*(connections+1) + others) } //nolint:gosec // small
	if needed(c.MaxConnections) <= files {
		return nil, nil
	}
	if files < needed(leastConnections) || c.MaxConnections <= leastConnections {
		return nil, fmt.Errorf("%d connections need %d open files, and %d are allowed: raise the limit (ulimit -n) to at least %d",
			c.MaxConnections, needed(c.MaxConnections), files, needed(min(c.MaxConnections, leastConnections)))
	}
	allowed := (int(files)-others)/portCount - 1 //nolint:gosec // less than what is needed
	lowered = []any{"asked", c.MaxConnections, "allowed", allowed, "needed_files", needed(c.MaxConnections), "allowed_files", files}
	c.MaxConnections = allowed
	return lowered, nil
}
