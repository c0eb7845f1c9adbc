// Package testinputs makes files that a test uses by other programs, such as the
// sources of a command that it builds and runs, part of the test's inputs. Go caches a
// test's result by the files that the test itself opens, and would answer "ok" for a
// broken command.
package testinputs

import (
	"io/fs"
	"path/filepath"
	"testing"
)

// Add makes all files below the given files and folders inputs of the test. It must be
// called by a test: before, Go takes no notice. A folder that is opened is an input with
// the names, sizes and times of its files.
func Add(tb testing.TB, paths ...string) {
	tb.Helper()
	for _, path := range paths {
		err := filepath.WalkDir(path, func(_ string, entry fs.DirEntry, err error) error {
			if err == nil && entry.IsDir() && entry.Name() == "node_modules" {
				return fs.SkipDir // made by the test
			}
			return err
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
}

// AddServer makes all that the server is built of inputs of the test. root is the
// module's folder, as seen from the test's.
func AddServer(tb testing.TB, root string) {
	tb.Helper()
	for _, name := range []string{"cmd", "internal", "gen", "go.mod", "go.sum"} {
		Add(tb, filepath.Join(root, name))
	}
}
