// Package readme keeps the generated tables of README.md and docs/: tests make them from
// what they describe, and fail where the file says otherwise.
package readme

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the generated parts of README.md and docs/")

// Check compares the part of a page between `<!-- name: … -->` and
// `<!-- end -->` with what it should be, or rewrites it with -update.
func Check(tb testing.TB, path, name, want string) {
	tb.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), "<!-- "+name+": ")
	command, rest, closed := strings.Cut(rest, " -->\n")
	got, after, ended := strings.Cut(rest, "<!-- end -->")
	switch {
	case !found || !closed || !ended:
		tb.Fatalf("%s has no part %s", path, name)
	case got == want:
	case *update:
		whole := before + "<!-- " + name + ": " + command + " -->\n" + want + "<!-- end -->" + after
		if err := os.WriteFile(path, []byte(whole), 0o600); err != nil {
			tb.Fatal(err)
		}
	default:
		tb.Errorf("%s: the part %s is out of date; run %s", path, name, command)
	}
}

// CheckLines compares the lines of a file that hold a mark, which are one part of it, with
// what they should be, or rewrites them with -update, which command says how to give. It
// tells whether they were as they should be.
func CheckLines(tb testing.TB, path, mark, want, command string) bool {
	tb.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	var got, whole strings.Builder
	for line := range strings.Lines(string(text)) {
		if !strings.Contains(line, mark) {
			whole.WriteString(line)
			continue
		}
		if got.Len() == 0 {
			whole.WriteString(want)
		}
		got.WriteString(line)
	}
	switch {
	case got.String() == want:
	case *update:
		if err := os.WriteFile(path, []byte(whole.String()), 0o600); err != nil {
			tb.Fatal(err)
		}
	default:
		tb.Errorf("%s is out of date; run %s", path, command)
	}
	return got.String() == want
}
