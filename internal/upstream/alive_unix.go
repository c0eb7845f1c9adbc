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
