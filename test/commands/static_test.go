package commands

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

// sandbox is the command that runs while the others do. It does so with the cache of
// sessions, which must make no difference to those that are for a server without one.
const (
	sandbox          = "go run ./cmd/server --sandbox"
	sandboxWithCache = sandbox + " --session-cache-ttl=30s"
)

// notRun has the commands that no test runs as the pages have them, by how they begin,
// and why.
var notRun = map[string]string{
	"go test ": ".ci/run runs all tests, this one among them",
	"grpcui ":  "opens a browser, and is not installed",
	"kubectl ": "needs a cluster",

	"git clone ":        "the test has a copy",
	"cd session-facade": "the test begins there",

	"make ":                  ".ci/run and tools/proofs do, and make verify is both; an image needs Docker",
	"tools/generate-clients": ".ci/run does",
	"tools/fuzz ":            ".ci/run does",
	"tools/with-redis ":      "tools/proofs does",
	"go run ./tools/":        ".ci/run and tools/proofs do",
	"go run -C bench ":       "measures for minutes",
	"examples/run":           ".ci/run does",
	"make -C examples/":      "examples/run does",
	"mvn ":                   "examples/run does, with Debian's packages",
	"python3 -m venv ":       "examples/run does, with Debian's packages",
	"protoc $IMAGE ":         "examples/run does, where the plugin is",
}

// pages are the Markdown files of the repository, but for the changelog, which tells
// what was.
func pages(t *testing.T) map[string][]block {
	t.Helper()
	found := map[string][]block{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch name := entry.Name(); {
		case err != nil:
			return err
		case entry.IsDir() && (name == "node_modules" || name == "third_party" || (strings.HasPrefix(name, ".") && path != root)):
			return fs.SkipDir
		case entry.IsDir() || filepath.Ext(name) != ".md" || name == "CHANGELOG.md":
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		page := filepath.ToSlash(strings.TrimPrefix(path, root+string(filepath.Separator)))
		if found[page], err = blocks(string(text)); err != nil {
			t.Errorf("%s: %v", page, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// reason is why a command is not run; "" if it is.
func reason(command string) (start, why string) {
	for s, w := range notRun {
		if strings.HasPrefix(command+" ", s) && len(s) > len(start) {
			start, why = s, w
		}
	}
	return start, why
}

// isRun says whether a block is run: it has commands, and there is no reason not to.
func (b block) isRun() bool {
	if !b.isShell() {
		return false
	}
	commands := b.commands()
	return len(commands) > 0 && !slices.ContainsFunc(commands, func(command string) bool {
		_, why := reason(command)
		return why != ""
	})
}

// TestBlocks_AreRunOrHaveAReason: a block is run whole or not at all, each reason is of
// use, and each fence says what it holds.
func TestBlocks_AreRunOrHaveAReason(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	run := 0
	for page, blocks := range pages(t) {
		for _, b := range blocks {
			if !b.isShell() {
				continue
			}
			if b.language == "" {
				t.Errorf("%s:%d: these are commands: write ```console", page, b.line)
			}
			if b.isRun() {
				run++
				continue
			}
			for _, command := range b.commands() {
				start, why := reason(command)
				if used[start] = true; why == "" {
					t.Errorf("%s:%d: %q could be run, other commands of its block can't: make it a block of its own, or give its reason in notRun", page, b.line, command)
				}
			}
		}
	}
	if run < 8 {
		t.Errorf("only %d blocks are run", run)
	}
	for start := range notRun {
		if !used[start] {
			t.Errorf("notRun: no page has a command that begins with %q", start)
		}
	}
}

// TestInline_NamesWhatThereIs: what stands inside of sentences and tables is not run
// here, but there must be what it names.
func TestInline_NamesWhatThereIs(t *testing.T) {
	t.Parallel()
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	target := regexp.MustCompile("`make ([a-z][a-z-]*)")
	path := regexp.MustCompile("`(?:go (?:run|test|build|-C|run -C|test -C) )?(?:\\./)?((?:tools|examples|cmd|test|bench|internal|\\.ci)/[A-Za-z0-9_./-]*[A-Za-z0-9_])")
	seen := 0
	for page := range pages(t) {
		text, err := os.ReadFile(filepath.Join(root, page))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range target.FindAllStringSubmatch(string(text), -1) {
			if seen++; !regexp.MustCompile(`(?m)^` + m[1] + `:`).Match(makefile) {
				t.Errorf("%s: the Makefile has no target %s", page, m[1])
			}
		}
		for _, m := range path.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join(root, m[1])); err != nil {
				t.Errorf("%s: there is no %s", page, m[1])
			}
			seen++
		}
	}
	if seen < 30 {
		t.Errorf("only %d were looked at", seen)
	}
}

// TestBlock_Commands shows how a block is read.
func TestBlock_Commands(t *testing.T) {
	t.Parallel()
	page := "Text `x`.\n\n```console\n$ a \\\n  b\nprinted\n$ c\n```\n- Save this as `../f/m.mjs`:\n\n  ```ts\n  one\n    two\n  ```\n```sh\n# why\nkubectl get\ngo x\n```\n```\nHTTP/1.1\n```\n"
	found, err := blocks(page)
	if err != nil || len(found) != 4 {
		t.Fatalf("%+v, %v", found, err)
	}
	if got := found[0]; !slices.Equal(got.commands(), []string{"a    b", "c"}) || !got.isRun() || got.line != 3 {
		t.Errorf("%+v: %q", got, got.commands())
	}
	if got := found[1]; got.file != "../f/m.mjs" || got.text != "one\n  two\n" || got.isShell() {
		t.Errorf("%+v", got)
	}
	if got := found[2]; !slices.Equal(got.commands(), []string{"kubectl get", "go x"}) || got.isRun() || got.file != "" {
		t.Errorf("%+v", got)
	}
	if got := found[3]; got.isShell() || got.isRun() {
		t.Errorf("%+v", got)
	}
	table, err := blocks("| `go` | `go_goroutines` | `make a`, `make b` |\n| `cd x && npm ci` | text `make c` |\n`make d`\n")
	if err != nil || len(table) != 4 || table[0].text != "go\n" || table[2].text != "make b\n" || table[3].text != "cd x && npm ci\n" || table[3].line != 2 {
		t.Errorf("%+v, %v", table, err)
	}
	if _, err := blocks("```sh\nx\n"); err == nil {
		t.Error("a block without an end is taken")
	}
}

// inOrder are the pages by name: README.md comes before those of folders.
func inOrder(pages map[string][]block) []string {
	return slices.SortedFunc(maps.Keys(pages), func(a, b string) int {
		if depth := strings.Count(a, "/") - strings.Count(b, "/"); depth != 0 {
			return depth
		}
		return strings.Compare(a, b)
	})
}
