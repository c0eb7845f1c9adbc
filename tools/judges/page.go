package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"
)

const pagePath = "docs/CONFORMANCE.md"

// count is how many checks of a judge have passed, and failed as expected.
type count struct{ passed, expected int }

// row finds a judge's counts on the page.
var row = regexp.MustCompile(`(?m)^\| ([a-z0-9-]+) \|.*\| (\d+) \| (\d+) \|$`)

// readCounts reads what the page says; nothing if there is none.
func readCounts() (map[string]count, error) {
	text, err := os.ReadFile(pagePath)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	counts := map[string]count{}
	for _, found := range row.FindAllSubmatch(text, -1) {
		passed, err := strconv.Atoi(string(found[2]))
		if err != nil {
			return nil, err
		}
		failed, err := strconv.Atoi(string(found[3]))
		if err != nil {
			return nil, err
		}
		counts[string(found[1])] = count{passed, failed}
	}
	return counts, nil
}

func writePage(counts map[string]count) error {
	return os.WriteFile(pagePath, []byte(page(counts)), 0o644)
}

// checkPage shows that the page says what the table does.
func checkPage() error {
	text, err := os.ReadFile(pagePath)
	if err != nil {
		return err
	}
	counts, err := readCounts()
	if err != nil {
		return err
	}
	if page(counts) != string(text) {
		return fmt.Errorf("%s is not what the table says: go run ./tools/judges -write", pagePath)
	}
	return nil
}

// page is the page with these counts.
func page(counts map[string]count) string {
	var b strings.Builder
	b.WriteString(pageHead)
	for _, j := range judges() {
		c, quick := counts[j.name], ""
		if j.quick {
			quick = "yes"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | `%s` | %s | %d | %d |\n", j.name, j.versions(), j.about, j.command, quick, c.passed, c.expected)
	}
	b.WriteString(pageExpected)
	for _, j := range judges() {
		for _, e := range expected[j.name] {
			fmt.Fprintf(&b, "| %s | `%s` | %s |\n", j.name, e.check, e.reason)
		}
	}
	b.WriteString(pageNotAsked)
	for _, n := range notAsked {
		fmt.Fprintf(&b, "| %s | %s |\n", n.name, n.reason)
	}
	return b.String()
}

const pageHead = `# Conformance

What tools that others made say of the facade. ` + "`go run ./tools/judges`" + ` asks each of
them about a freshly built server on the sandbox, or about the sources, the contract and the
manifests. A finding that is not expected fails, and so does an expected one that is there no
longer, and a judge that makes fewer checks than here. .ci/run asks those that are quick
and need little to be installed, the hosted CI and ` + "`make verify`" + ` all. In the commands, ` + "`$HTTP`, `$GRPC` and `$ADMIN`" + ` are the server's ports.

This page is written by ` + "`go run ./tools/judges -write`" + ` and checked by each run. That a judge
does notice is shown by ` + "`go run ./tools/judges -planted`" + `: it builds a server that takes
TLS 1.0, and sslscan refuses it.

| judge | version | what is judged | command | quick | passed | expected to fail |
|---|---|---|---|---|---|---|
`

const pageExpected = `
## Expected failures

| judge | check | reason |
|---|---|---|
`

const pageNotAsked = `
## Not asked

| tool | why |
|---|---|
`
