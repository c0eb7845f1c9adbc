//go:build unix

package connlimit

import "golang.org/x/sys/unix"

// OpenFiles is how many files, connections among them, the process may have open; ok
// is false where that is not known. Go has raised the soft limit to the hard one.
func OpenFiles() (limit uint64, ok bool) {
	var files unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &files); err != nil {
		return 0, false
	}
	return uint64(files.Cur), true //nolint:unconvert // it is signed on some systems
}
