// Package heapdump shows tests all memory of a process, for what must not be left in it.
package heapdump

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
)

// settings have the runtime leave nothing behind: it overwrites what it frees, since a dump
// has the memory between objects too; and it does not interrupt goroutines, since each
// processor keeps the vector registers of the last one, with which texts are copied.
const settings = "clobberfree=1,asyncpreemptoff=1"

// InOwnProcess tells whether the test runs in a process of its own, which leaves nothing
// behind; if not, it runs the test in one.
func InOwnProcess(t *testing.T) bool {
	t.Helper()
	if strings.Contains(os.Getenv("GODEBUG"), settings) {
		return true
	}
	own := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v") //nolint:gosec // the test itself
	own.Env = append(os.Environ(), "GODEBUG="+settings)
	printed, err := own.CombinedOutput()
	if err != nil || !bytes.Contains(printed, []byte("--- PASS: "+t.Name())) {
		t.Errorf("%v\n%s", err, printed)
	}
	return false
}

// Take is all memory in use. It is in a file, so that it is not in that memory.
func Take(t *testing.T) io.Reader {
	t.Helper()
	file, err := os.CreateTemp(t.TempDir(), "heap")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	runtime.GC()
	runtime.GC()
	debug.WriteHeapDump(file.Fd())
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	return file
}
