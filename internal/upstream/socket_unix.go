//go:build unix

package upstream

import (
	"errors"
	"io"
	"os"
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

// hasBegun tells whether there is anything to read of an answer, and reads what
// there is.
func (c *kept) hasBegun(fd uintptr) bool {
	r := takeReader()
	n, err := syscall.Read(int(fd), r.buffer[:])
	switch {
	case errors.Is(err, syscall.EAGAIN):
		readers.Put(r)
		return false
	case err != nil:
		r.failed = os.NewSyscallError("read", err)
	case n == 0:
		r.failed = io.EOF
	default:
		r.first = r.buffer[:n]
	}
	c.reader = r
	return true
}
