package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestIndex_NamesEachPageOnce shows that docs/README.md leads to each page of docs/, in one
// line with what it is for, and to nothing that is not there.
func TestIndex_NamesEachPageOnce(t *testing.T) {
	t.Parallel()
	rows := regexp.MustCompile(`(?m)^\| \[[^\]]+\]\(([^)#]+)[^)]*\) \| \S.*\? ?.*\|$`).FindAllStringSubmatch(readFile(t, "../docs/README.md"), -1)
	named := map[string]int{}
	for _, row := range rows {
		named[row[1]]++
		if _, err := os.Stat(filepath.Join("..", "docs", row[1])); err != nil {
			t.Errorf("docs/README.md names %s, which is not there", row[1])
		}
	}
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil || len(pages) < 10 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	for _, page := range append(pages, "../proto/README.md", "../deploy/README.md", "../CONTRIBUTING.md", "../CHANGELOG.md") {
		name := strings.TrimPrefix(page, "../docs/")
		if name != "README.md" && named[name] != 1 {
			t.Errorf("docs/README.md names %s %d times, want once, as a row: | [%s](%s) | which question it answers? |", name, named[name], name, name)
		}
	}
	if !strings.Contains(readFile(t, "../README.md"), "(docs/README.md)") {
		t.Error("README.md does not lead to docs/README.md")
	}
}

// TestMake_HelpsByItself shows that make alone says each target of the Makefile, in a line
// that fits a terminal.
func TestMake_HelpsByItself(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("make"); err != nil {
		t.Skip("make is not installed: THE MAKEFILE'S HELP WAS NOT LOOKED AT")
	}
	makefile := readFile(t, "../Makefile")
	command := exec.CommandContext(t.Context(), "make", "-s")
	command.Dir = ".."
	help, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, help)
	}
	targets := regexp.MustCompile(`(?m)^\.PHONY: (.+)$`).FindAllStringSubmatch(makefile, -1)
	if len(targets) < 10 {
		t.Errorf("the Makefile has %d targets", len(targets))
	}
	for _, target := range targets {
		if !regexp.MustCompile(`(?m)^  ` + target[1] + ` +[A-Z].{10,}$`).Match(help) {
			t.Errorf("make does not tell of %s:\n%s", target[1], help)
		}
	}
	for line := range strings.Lines(string(help)) {
		if len(line) > 100 {
			t.Errorf("longer than a terminal is wide: %s", line)
		}
	}
}
