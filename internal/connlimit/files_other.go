//go:build !unix

package connlimit

import "math"

// OpenFiles is how many files, connections among them, the process may have open; it is
// without a limit where that is not known.
func OpenFiles() uint64 { return math.MaxUint64 }
