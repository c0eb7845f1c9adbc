package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
)

// message is an HTTP/1.1 request or response as the stub and the load generator
// read it: nothing of it is copied that is not looked at. net/http would take
// more of the core that they share than the facade takes of its own.
type message struct {
	first      []byte // the first line, without its end
	body       []byte
	authorized bool // has the header that every call has
	hit        bool // says that it comes from a cache
}

const token = "Bearer bench-0123456789"

var (
	nameLength   = []byte("content-length")
	nameEncoding = []byte("transfer-encoding")
	nameToken    = []byte("authorization")
	nameCache    = []byte("cache-status")
	errWire      = errors.New("not HTTP/1.1 as it is spoken here")
)

// read reads the next message of a connection into m, whose buffers it reuses.
func (m *message) read(r *bufio.Reader) error {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return err
	}
	m.first = append(m.first[:0], bytes.TrimRight(line, "\r\n")...)
	m.body, m.authorized, m.hit = m.body[:0], false, false
	length, chunked := 0, false
	for {
		if line, err = r.ReadSlice('\n'); err != nil {
			return err
		}
		if line = bytes.TrimRight(line, "\r\n"); len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(": "))
		switch {
		case bytes.EqualFold(name, nameLength):
			if length, err = strconv.Atoi(string(value)); err != nil {
				return errWire
			}
		case bytes.EqualFold(name, nameEncoding):
			chunked = true
		case bytes.EqualFold(name, nameToken):
			m.authorized = string(value) == token
		case bytes.EqualFold(name, nameCache):
			m.hit = isHit(string(value))
		}
	}
	if chunked {
		return m.readChunks(r)
	}
	return m.readBody(r, length)
}

// readBody appends so many bytes to the body.
func (m *message) readBody(r *bufio.Reader, length int) error {
	have := len(m.body)
	if need := have + length; cap(m.body) < need {
		m.body = append(make([]byte, 0, 2*need), m.body...)
	}
	m.body = m.body[:have+length]
	_, err := io.ReadFull(r, m.body[have:])
	return err
}

func (m *message) readChunks(r *bufio.Reader) error {
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		size, err := strconv.ParseUint(string(bytes.TrimRight(line, "\r\n")), 16, 31)
		if err != nil {
			return errWire
		}
		if err := m.readBody(r, int(size)); err != nil {
			return err
		}
		if _, err := r.Discard(len("\r\n")); err != nil {
			return err
		}
		if size == 0 {
			return nil
		}
	}
}
