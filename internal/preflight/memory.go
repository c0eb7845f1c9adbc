package preflight

import (
	"fmt"
	"math"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
)

// MemoryBounds are what a server may hold, in bytes.
type MemoryBounds struct {
	Setting  string // the name of that of bodies
	Bodies   int64
	Sessions int64
}

// ownMemory is what the program takes itself: 27 MiB idle, and 32 MiB of garbage.
const ownMemory = 59 << 20

// MemoryLimits are what the process may take; math.MaxInt64 is without a limit.
type MemoryLimits struct {
	Soft int64 // of Go's collector, GOMEMLIMIT
	Hard int64 // of the container, over which the process is killed
}

// FindMemoryLimits reads the limits of this process. That of a container is where the
// container itself sees it.
func FindMemoryLimits() MemoryLimits {
	limits := MemoryLimits{Soft: debug.SetMemoryLimit(-1), Hard: math.MaxInt64}
	for _, file := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		text, err := os.ReadFile(file) //nolint:gosec // one of two
		if err != nil {
			continue
		}
		// "max" is none; without one, the older kind has a number that no machine has.
		if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && n < 1<<60 {
			limits.Hard = n
		}
		break
	}
	return limits
}

// Memory compares the bounds with the limits.
func Memory(bounds MemoryBounds, limits MemoryLimits) Finding {
	const mib = 1 << 20
	need := ownMemory + bounds.Bodies + bounds.Bodies/4 + bounds.Sessions // a quarter more for requests that are not whole
	may := fmt.Sprintf("bodies, sessions and the program may take %d MiB", need/mib)
	switch {
	case need > limits.Hard:
		return Finding{Warning, bounds.Setting, fmt.Sprintf("%s, and the container is killed over %d. Lower it, or give the container more", may, limits.Hard/mib)}
	case need > limits.Soft:
		return Finding{Warning, "GOMEMLIMIT", fmt.Sprintf("%s, and over %d the collector of garbage takes most of the CPU. Raise it, or lower %s", may, limits.Soft/mib, bounds.Setting)}
	case limits.Soft > limits.Hard:
		return Finding{Warning, "GOMEMLIMIT", fmt.Sprintf("is not below the container's %d MiB, over which it is killed before the collector tries hard. Set it to %dMiB",
			limits.Hard/mib, limits.Hard/mib*9/10)}
	}
	if least := min(limits.Soft, limits.Hard); least < math.MaxInt64 {
		may += fmt.Sprintf(" of %d", least/mib)
	}
	return Finding{OK, bounds.Setting, may}
}
