package deploycheck

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestImage_IsBuiltWithWhatCITests checks that the image's compiler is that of the tests,
// unless somebody gives another.
func TestImage_IsBuiltWithWhatCITests(t *testing.T) {
	base := capture(t, "../../Dockerfile", `(?m)^ARG GO_IMAGE=(\S+)$`)
	if tested := capture(t, "../../.github/workflows/ci.yml", `(?m)^    container: (\S+)$`); base != tested {
		t.Errorf("the image is built with %s, but CI tests with %s", base, tested)
	}
	if used := capture(t, "../../Dockerfile", `(?m)^FROM \S+ (\S+) AS build$`); used != "$GO_IMAGE" {
		t.Errorf("the image is built with %s, whatever GO_IMAGE is", used)
	}
}

// capture is what a pattern's group matches in a file.
func capture(t *testing.T, file, pattern string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(pattern).FindSubmatch(text)
	if found == nil {
		t.Fatalf("%s has no %s", file, pattern)
	}
	return string(found[1])
}

// TestImageContext checks that .dockerignore lets through each file that the server is
// compiled from: one that is new to it would be missing in the image's build only, which
// few changes run.
func TestImageContext(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, ".dockerignore"))
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	for line := range strings.Lines(string(text)) {
		if path, is := strings.CutPrefix(strings.TrimSpace(line), "!"); is {
			kept = append(kept, path)
		}
	}
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-tags=grpcnotrace",
		"-f", `{{with .Module}}{{if .Main}}{{range $.GoFiles}}{{$.Dir}}/{{.}}
{{end}}{{range $.EmbedFiles}}{{$.Dir}}/{{.}}
{{end}}{{end}}{{end}}`, "./cmd/server")
	list.Dir = root
	files, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	needed := []string{"go.mod", "go.sum", "tools/license-texts"}
	for file := range strings.Lines(string(files)) {
		if file = strings.TrimSpace(file); file != "" {
			relative, err := filepath.Rel(root, file)
			if err != nil {
				t.Fatal(err)
			}
			needed = append(needed, filepath.ToSlash(relative))
		}
	}
	if len(needed) < 50 {
		t.Fatalf("the server is compiled from %v", needed)
	}
	for _, path := range needed {
		if !slices.ContainsFunc(kept, func(k string) bool { return path == k || strings.HasPrefix(path, k+"/") }) {
			t.Errorf(".dockerignore keeps %s out of the image's build", path)
		}
	}
}
