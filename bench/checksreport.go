package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// checksHeading begins the section of session checks, the last of the report.
const checksHeading = "\n## Session checks\n"

// splitReport is the written report without its session checks, and these.
func splitReport() (rest, checks string, err error) {
	text, err := os.ReadFile(filepath.Join(docs, "PERFORMANCE.md"))
	if err != nil {
		return "", "", err
	}
	rest, checks, found := strings.Cut(string(text), checksHeading)
	if found {
		checks = checksHeading + checks
	}
	return rest, checks, nil
}

func writeReport(text string) error {
	return os.WriteFile(filepath.Join(docs, "PERFORMANCE.md"), []byte(text), 0o644) //nolint:gosec // for everybody to read
}

// write puts the section where the report is.
func (r *checksReport) write() error {
	rest, _, err := splitReport()
	if err != nil {
		return err
	}
	return writeReport(rest + r.text())
}

// text is the section in Markdown.
func (r *checksReport) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nMade by `go run -C bench . -checks -write`, in %s, on %s, on %s with %d cores.", checksHeading, r.took.Round(time.Second),
		time.Now().UTC().Format(time.DateOnly), cpuModel(), runtime.NumCPU())
	if r.cores.measured != "" {
		fmt.Fprintf(&b, " The facade has core %s to itself, and so one of Go's processors; the upstream and the load generator have core %s.", r.cores.measured, r.cores.others)
	}
	if r.quick {
		b.WriteString(" This was a quick run: its figures are rough.")
	}
	fmt.Fprintf(&b, "\n\nThe upstream speaks TLS and HTTP/2, takes %s for a check and answers %d checks a second; more get 429. "+
		"There are %s sessions, some checked more often than others: by Zipf's law, with an exponent of %s. Each checks itself, so that each is an entry and a caller of its own. "+
		"The facade runs with `%s`. Where many calls are to be joined, sessions end, memory is measured or CPU is compared, the upstream has no limit and the facade no pace; "+
		"for CPU and memory it answers at once, as for the peers above. A hit is an answer whose `Cache-Status` says so; calls are begun at their rate, whatever becomes of those before.\n\n",
		checkDelay, checkLimit, number(checkedSessions), number(zipfExponent), strings.Join(checkFlags, " "))
	b.WriteString(goalTable(r.reached) + "\n")
	for _, note := range r.notes {
		b.WriteString("- " + note + "\n")
	}
	b.WriteString("\nWhat it costs with its flags unset is told by builds beside one another, the one without the cache first: " +
		"`go run -C bench . -builds=/tmp/without,/tmp/with`; the goal is 1 % at most.\n")
	return b.String()
}
