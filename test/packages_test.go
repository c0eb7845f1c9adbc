package test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/wingspan-grpc/session-facade/test/testinputs"
)

const repository = "https://github.com/wingspan-grpc/session-facade"

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// firstGroup is what the first group of an expression matches.
func firstGroup(t *testing.T, expression, text string) string {
	t.Helper()
	found := regexp.MustCompile(expression).FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("nothing is like %s in:\n%s", expression, text)
	}
	return found[1]
}

// TestPackagesSayTheSame: the packages of all languages have the same version,
// home and licence, and a README.
func TestPackagesSayTheSame(t *testing.T) {
	t.Parallel()
	npm, pip, maven := readFile(t, "../gen/ts/package.json"), readFile(t, "../gen/python/pyproject.toml"), readFile(t, "../gen/java/pom.xml")
	version := firstGroup(t, `"version": "([^"]+)"`, npm)
	for file, got := range map[string]string{
		"gen/python/pyproject.toml": firstGroup(t, `(?m)^version = "([^"]+)"`, pip),
		"gen/java/pom.xml":          firstGroup(t, `</artifactId>\s*<version>([^<]+)</version>\s*<name>`, maven),
		"examples/java/pom.xml": firstGroup(t, `<artifactId>session-facade-client</artifactId>\s*<version>([^<]+)</version>`,
			readFile(t, "../examples/java/pom.xml")),
	} {
		if got != version {
			t.Errorf("%s has version %s, gen/ts/package.json %s", file, got, version)
		}
	}
	const licence = "Proprietary until the owner chooses a licence"
	for folder, says := range map[string]struct{ text, licence, home string }{
		"ts":     {npm, `"license": "UNLICENSED"`, `"homepage": "` + repository + `"`},
		"python": {pip, `license = {text = "` + licence + `"}`, `Homepage = "` + repository + `"`},
		"java":   {maven, "<name>" + licence + "</name>", "<url>" + repository + "</url>"},
	} {
		for _, part := range []string{says.licence, says.home} {
			if !strings.Contains(says.text, part) {
				t.Errorf("the package in gen/%s does not say %s", folder, part)
			}
		}
		if !strings.Contains(readFile(t, filepath.Join("../gen", folder, "README.md")), licence) {
			t.Errorf("gen/%s/README.md does not tell the licence", folder)
		}
	}
	if !strings.Contains(pip, `"Private :: Do Not Upload"`) || !strings.Contains(npm, `"private": true`) {
		t.Error("a package could be published")
	}
}

// TestGoModule: `go get` and `go install` of a version work for others, whom a
// replace directive would stop; the page for callers names the module and the
// least Go.
func TestGoModule(t *testing.T) {
	t.Parallel()
	testinputs.Add(t, "../go.mod")
	edit := exec.CommandContext(t.Context(), "go", "mod", "edit", "-json")
	edit.Dir = ".."
	output, err := edit.Output()
	if err != nil {
		t.Fatal(err)
	}
	var mod struct {
		Module  struct{ Path string }
		Go      string
		Replace []any
	}
	if err := json.Unmarshal(output, &mod); err != nil {
		t.Fatal(err)
	}
	if len(mod.Replace) > 0 {
		t.Errorf("go.mod replaces %v", mod.Replace)
	}
	page := readFile(t, "../docs/CLIENTS.md")
	for _, part := range []string{
		"go get " + mod.Module.Path + "`", mod.Module.Path + "/gen/go/wingspan/users/v1`",
		"Go " + strings.TrimSuffix(mod.Go, ".0") + " or newer",
	} {
		if !strings.Contains(page, part) {
			t.Errorf("docs/CLIENTS.md does not say %q", part)
		}
	}
}
