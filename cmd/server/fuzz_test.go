package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

// FuzzConfiguration: whatever the command line and the environment say, it is
// refused or printed so that it says the same again.
func FuzzConfiguration(f *testing.F) {
	f.Add("--grpc-addr=:1\n--upstream-url=https://a.example/b", "2s")
	f.Add("--sandbox\n--http-addr=[::1]:0", "")
	f.Add("--http-addr=", "")
	f.Add("--upstream-url=\n--max-in-flight=\n--cors-origins=", "1s")
	f.Add("--sandbox=1\nx\n--nope\n--upstream-url=", "")
	f.Add("--pprof\n---docs\n-=1\n--=", "1s")
	f.Add("--cors-origins=https://a.example,http://b:1\n--retry-budget=0.1", "1h")
	f.Add("--upstream-url=http://u:p@h\n-x\n--", "-1s")
	f.Fuzz(func(t *testing.T, lines, timeout string) {
		env := func(name string) (string, bool) { return timeout, name == "UPSTREAM_TIMEOUT" }
		c, err := parse(strings.Split(lines, "\n"), env, io.Discard)
		if err != nil {
			return
		}
		var first, second bytes.Buffer
		c.print(&first)
		if strings.Contains(strings.ReplaceAll(first.String(), "\n--", ""), "\n") != strings.HasSuffix(first.String(), "\n") {
			return // a value with a line break can't be read back from lines
		}
		again, err := parse(strings.Split(strings.TrimSpace(first.String()), "\n"), noEnv, io.Discard)
		if err != nil {
			t.Fatalf("printed %q, which is refused: %v", first.String(), err)
		}
		again.print(&second)
		if first.String() != second.String() {
			t.Fatalf("printed %q, then %q", first.String(), second.String())
		}
	})
}
