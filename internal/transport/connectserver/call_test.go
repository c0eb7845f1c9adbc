package connectserver

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"
)

// keeper keeps what is written, as net/http may do over HTTP/2 after a stream was reset.
type keeper struct {
	http.ResponseWriter
	kept [][]byte
}

func (k *keeper) Write(data []byte) (int, error) {
	k.kept = append(k.kept, data)
	return len(data), nil
}

// TestWrite_LendsNoBuffer: what connect writes into its buffers for the next call is not
// sent to this one's caller, though net/http has not yet read what it was given.
func TestWrite_LendsNoBuffer(t *testing.T) {
	t.Parallel()
	for _, size := range []int{5, maxCopied, 5*maxCopied + 1} {
		k := &keeper{ResponseWriter: httptest.NewRecorder()}
		c := &call{ResponseWriter: k, begun: true, http2: true, status: http.StatusOK}
		own := bytes.Repeat([]byte("a"), size)
		if n, err := c.Write(own); n != size || err != nil {
			t.Fatal(n, err)
		}
		copy(own, bytes.Repeat([]byte("b"), size)) // another's
		if got := bytes.Join(k.kept, nil); len(got) != size || bytes.ContainsRune(got, 'b') {
			t.Errorf("of %d bytes, %d are sent, %d of them another's", size, len(got), bytes.Count(got, []byte("b")))
		}
	}
}
