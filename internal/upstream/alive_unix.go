//go:build unix

package upstream

import (
	"errors"
	"syscall"
)

// look notes whether a socket has nothing to read: neither its end nor bytes that
// nobody asked for.
func (c *kept) look(fd uintptr) bool {
	var b [1]byte
	_, err := syscall.Read(int(fd), b[:])
	c.silent = errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EINTR)
	return true
}

// hasBegun tells whether a socket has something to read, its end or an error
// included, and leaves it there.
func (c *kept) hasBegun(fd uintptr) bool {
	var b [1]byte
	_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK)
	return !errors.Is(err, syscall.EAGAIN)
}
