// Package secretfile reads secrets from a file that only its owner and its group may read.
package secretfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
)

const (
	// Max is how many secrets a file may have: the current one, and the former while it is
	// changed.
	Max = 2

	minBytes     = 32 // as a key of HMAC-SHA256 (RFC 2104, section 3)
	maxFileBytes = 4096
)

// Read reads the secrets of a file, one a line, of which the first is current. Blank lines are
// none. They stay in memory until Clear. Errors name the file, and tell nothing that is in it.
func Read(name string) (secrets [][]byte, err error) {
	text, err := readPrivate(name)
	defer func() {
		if err != nil {
			clear(text)
		}
	}()
	if err != nil {
		return nil, err
	}
	for line := range bytes.SplitSeq(text, []byte("\n")) {
		line = bytes.TrimSuffix(line, []byte("\r"))
		switch {
		case len(line) == 0:
			continue
		case len(line) < minBytes:
			return nil, fmt.Errorf("%s has a secret that is shorter than %d bytes; openssl rand -base64 32 makes one", name, minBytes)
		case len(secrets) == Max:
			return nil, fmt.Errorf("%s has more than %d secrets: the current one, and while it is changed the former one", name, Max)
		}
		secrets = append(secrets, line)
	}
	if secrets == nil {
		return nil, fmt.Errorf("%s is empty: it needs a secret of at least %d bytes", name, minBytes)
	}
	return secrets, nil
}

// readPrivate reads a small file that not everybody may read. It opens no pipe, which would
// wait for a writer. A link is followed, as Kubernetes makes them.
func readPrivate(name string) ([]byte, error) {
	const others = 0o007
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is no file", name)
	case info.Mode().Perm()&others != 0 && runtime.GOOS != "windows": // where the mode says nothing
		return nil, fmt.Errorf("%s can be read by everybody on this machine (%s); take that away: chmod o= %s", name, info.Mode().Perm(), name)
	}
	file, err := os.Open(name) //nolint:gosec // who starts the server names it
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text := make([]byte, maxFileBytes+1) // in place: nothing of it is left elsewhere
	n, err := io.ReadFull(file, text)
	switch {
	case err == nil:
		return text, fmt.Errorf("%s is larger than %d bytes", name, maxFileBytes)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return text[:n], nil
	}
	return text, err
}

// Clear takes secrets out of memory, once keys are made of them.
func Clear(secrets [][]byte) {
	for _, secret := range secrets {
		clear(secret)
	}
}
