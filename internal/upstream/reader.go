package upstream

import (
	"bufio"
	"errors"
	"net"
	"sync"
)

// answerReader is what an answer is read with. Only a call whose answer has begun
// has one: most of the time calls wait, and connections are idle.
type answerReader struct {
	*bufio.Reader
	first  []byte // what is left of that which came with the end of the wait
	failed error  // what came instead
	buffer [4 << 10]byte
}

var readers = sync.Pool{New: func() any { return &answerReader{Reader: bufio.NewReaderSize(nil, 4<<10)} }}

func takeReader() *answerReader {
	r, _ := readers.Get().(*answerReader) // the pool holds nothing else
	return r
}

// isEmpty tells whether all that has come has been read.
func (r *answerReader) isEmpty() bool { return r.Buffered() == 0 && len(r.first) == 0 }

// await waits for an answer, and takes a reader for it. A socket that can be
// asked is read from as soon as it has something; under TLS, which may have read
// ahead, it cannot.
func (c *kept) await() error {
	if c.socket != nil && c.Conn == net.Conn(c.counting) {
		if err := c.socket.Read(c.begins); err != nil {
			return err
		}
	}
	if c.reader == nil {
		c.reader = takeReader()
	}
	c.reader.Reset((*limitedConn)(c))
	return nil
}

func (c *kept) releaseReader() {
	if r := c.reader; r != nil {
		r.Reset(nil)
		r.first, r.failed = nil, nil
		readers.Put(r)
		c.reader = nil
	}
}

// limitedConn reads from a connection no more than may be.
type limitedConn kept

var errHeaderTooLarge = errors.New("the headers of the answer are too large")

// Read implements io.Reader.
func (c *limitedConn) Read(b []byte) (n int, err error) {
	if c.unread <= 0 {
		return 0, errHeaderTooLarge
	}
	b = b[:min(int64(len(b)), c.unread)]
	switch r := c.reader; {
	case len(r.first) > 0:
		n = copy(b, r.first)
		r.first = r.first[n:]
	case r.failed != nil:
		err = r.failed
	default:
		n, err = c.Conn.Read(b)
	}
	c.unread -= int64(n)
	return n, err
}
