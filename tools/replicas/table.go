//go:build unix

package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
)

// figure is what was measured, and the most that it should be.
type figure struct {
	what           string
	most, measured float64
	unit           string
}

func (f figure) met() bool { return f.measured <= f.most }

func (r *run) add(what string, most, measured float64, unit string) {
	r.figures = append(r.figures, figure{what, most, measured, unit})
	fmt.Fprintf(os.Stderr, "%s: %s %s\n", what, number(measured), unit)
}

// note adds what explains figures.
func (r *run) note(format string, args ...any) {
	r.notes = append(r.notes, strings.TrimSpace(fmt.Sprintf(format, args...)))
}

// table is what was measured, as Markdown.
func (r *run) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\nThree replicas with `--session-cache-ttl=%s`; %g checks/s of %d sessions by Zipf's law, by gRPC over a connection to each; an upstream that takes %s and allows %d GETs/s; %d processors (%s) for all of it, the load included.\n\n",
		r.ttl, r.rate, r.tokens, delay, readLimit, runtime.NumCPU(), runtime.GOARCH)
	b.WriteString("| | at most | measured | |\n|---|--:|--:|---|\n")
	for _, f := range r.figures {
		verdict := "yes"
		if !f.met() {
			verdict = "**no**"
		}
		unit := ""
		if f.unit != "" {
			unit = " " + f.unit
		}
		fmt.Fprintf(&b, "| %s | %s%s | %s%s | %s |\n", f.what, number(f.most), unit, number(f.measured), unit, verdict)
	}
	for _, note := range r.notes {
		fmt.Fprintf(&b, "\n- %s", note)
	}
	return b.String() + "\n"
}

// number is a figure as people read it.
func number(x float64) string {
	if x >= 100 || x == float64(int64(x)) {
		return fmt.Sprintf("%.0f", x)
	}
	return fmt.Sprintf("%.3g", x)
}

// Where the table is written.
const (
	page       = "docs/SCALING.md"
	tableBegin = "<!-- replicas: go run ./tools/replicas -write -->\n"
	tableEnd   = "<!-- end of replicas -->"
)

// write puts the table into the page.
func (r *run) write() error {
	old, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	text, err := r.written(string(old))
	if err != nil {
		return err
	}
	return os.WriteFile(page, []byte(text), 0o600) // the page keeps its own mode
}

// written is the page with the table.
func (r *run) written(old string) (string, error) {
	before, rest, ok := strings.Cut(old, tableBegin)
	_, after, ok2 := strings.Cut(rest, tableEnd)
	if !ok || !ok2 {
		return "", fmt.Errorf("%s has no place for the table", page)
	}
	return before + tableBegin + r.table() + tableEnd + after, nil
}
