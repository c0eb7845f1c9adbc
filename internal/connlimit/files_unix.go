//go:build unix

package connlimit

import (
	"math"

	"golang.org/x/sys/unix"
)

// OpenFiles is how many files, connections among them, the process may have open; it is
// without a limit where that is not known. Go has raised the soft limit to the hard one.
func OpenFiles() uint64 {
	var files unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &files); err != nil {
		return math.MaxUint64
	}
	return uint64(files.Cur) //nolint:unconvert // it is signed on some systems
}
