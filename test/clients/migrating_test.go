package clients

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wingspan-grpc/session-facade/test/testinputs"
)

const (
	migratingPage = "../../docs/MIGRATING.md"
	connectDir    = "../../examples/typescript-connect"
	stubsReadme   = "../../gen/ts/README.md"
)

// given declares what the page's snippets leave to the reader.
const given = "declare const token: string, email: string, password: string, id: string, error: unknown;"

// snippets is the program that the page's snippets of one side make, before or
// after the migration: each is a block of its own, but for the one that sets up
// what the others use. All lines stay where they are on the page, so that a
// compiler's complaints lead there.
func snippets(page, side string) string {
	lines := strings.Split(page, "\n")
	program := make([]string, len(lines), len(lines)+1)
	var imports []string
	in, setsUp := "", false
	for i, line := range lines {
		switch {
		case line == "```ts":
			in, setsUp = "before", lines[i-2] == "Set up once:"
			if !setsUp {
				program[i] = "{"
			}
		case line == "```" && in != "":
			in = ""
			if !setsUp {
				program[i] = "}"
			}
		case strings.HasPrefix(line, "// before"):
			in = "before"
		case strings.HasPrefix(line, "// after"):
			in = "after"
		case in != side:
		case strings.HasPrefix(line, "import "):
			imports = append(imports, line)
		default:
			program[i] = line
		}
	}
	program[0] = strings.Join(imports, " ") + given + " async function main() {"
	return strings.Join(append(program, "}"), "\n")
}

// snippet is the first one of a language on a page.
func snippet(t *testing.T, page, language string) string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "\n```"+language+"\n")
	snippet, _, closed := strings.Cut(rest, "\n```\n")
	if !found || !closed {
		t.Fatalf("%s has no %s", page, language)
	}
	return snippet + "\n"
}

// TestMigratingCompiles: the snippets of docs/MIGRATING.md, and the one in our
// package's README, are right by the types of the vendor's SDK and of ours.
func TestMigratingCompiles(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(migratingPage)
	if err != nil {
		t.Fatal(err)
	}
	installTypeScript(t, typeScriptDir)
	installTypeScript(t, connectDir)
	work := t.TempDir()
	for name, from := range map[string]string{
		"@wingspan/users": typeScriptDir, "@wingspan-grpc": connectDir, "@connectrpc": connectDir,
		"@bufbuild": connectDir, "@types": connectDir,
	} {
		link(t, filepath.Join(from, "node_modules", name), filepath.Join(work, "node_modules", name))
	}
	compile := []string{
		filepath.Join(connectDir, "node_modules", "typescript", "bin", "tsc"), "--noEmit", "--strict", "--skipLibCheck",
		"--target", "es2022", "--module", "preserve", "--types", "node", "--typeRoots", filepath.Join(work, "node_modules", "@types"),
	}
	for _, side := range []string{"before", "after"} {
		file := filepath.Join(work, side+".ts")
		if err := os.WriteFile(file, []byte(snippets(string(page), side)), 0o600); err != nil {
			t.Fatal(err)
		}
		compile = append(compile, file)
	}
	readme := filepath.Join(work, "readme.ts")
	if err := os.WriteFile(readme, []byte(snippet(t, stubsReadme, "ts")), 0o600); err != nil {
		t.Fatal(err)
	}
	compile = append(compile, readme)
	testinputs.Add(t, filepath.Join("..", "..", "gen", "ts"))
	output, err := exec.CommandContext(t.Context(), "node", compile...).CombinedOutput()
	if err != nil {
		t.Errorf("%s or %s does not compile (lines of before.ts and after.ts are the page's): %v\n%s",
			migratingPage, stubsReadme, err, output)
	}
}

// link makes a package be found from elsewhere; what it imports is found where it
// is.
func link(t *testing.T, from, to string) {
	t.Helper()
	from, err := filepath.Abs(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(from, to); err != nil {
		t.Fatal(err)
	}
}
