// Command allocs keeps the hot parts from allocating more: it runs their
// benchmarks and compares the allocations per operation with the figures in
// bench/allocs.txt. Times, which depend on the machine, are not looked at.
//
//	go run ./tools/allocs           compares
//	go run ./tools/allocs -update   renews the figures
package main

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	figures = "bench/allocs.txt"
	longest = 5 * time.Minute
)

// packages are those with benchmarks of hot parts.
var packages = []string{"./internal/httprule", "./internal/wirejson", "./test"}

func main() {
	update := flag.Bool("update", false, "renew the figures")
	flag.Parse()
	if err := run(*update); err != nil {
		fmt.Fprintln(os.Stderr, "allocs:", err)
		os.Exit(1)
	}
}

func run(update bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), longest)
	defer cancel()
	measured, err := measure(ctx)
	if err != nil {
		return err
	}
	if update {
		return os.WriteFile(figures, format(measured), 0o644)
	}
	text, err := os.ReadFile(figures)
	if err != nil {
		return err
	}
	committed, err := parse(text)
	if err != nil {
		return err
	}
	return compare(committed, measured)
}

// measure runs the benchmarks. One processor and no collection, so that pools
// give back what was put into them, and the figures are the same each time.
func measure(ctx context.Context) (map[string]int, error) {
	args := append([]string{"test", "-run=^$", "-bench=.", "-benchmem", "-benchtime=200x", "-cpu=1"}, packages...)
	command := exec.CommandContext(ctx, "go", args...)
	command.Env = append(os.Environ(), "GOGC=off", "GOMEMLIMIT=2GiB")
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	measured, pkg := map[string]int{}, ""
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		switch {
		case len(fields) == 2 && fields[0] == "pkg:":
			_, pkg, _ = strings.Cut(fields[1], "/session-facade/")
		case len(fields) > 2 && fields[len(fields)-1] == "allocs/op":
			n, err := strconv.Atoi(fields[len(fields)-2])
			if err != nil {
				return nil, fmt.Errorf("%q: %w", line, err)
			}
			measured[pkg+" "+fields[0]] = n
		}
	}
	return measured, nil
}

// compare finds what has grown, and what is not in both.
func compare(committed, measured map[string]int) error {
	wrong := 0
	for _, name := range slices.Sorted(maps.Keys(measured)) {
		was, known := committed[name]
		is, verdict := measured[name], "ok"
		switch {
		case !known:
			verdict = "NEW: no figure is committed"
		case is > allowed(was):
			verdict = fmt.Sprintf("GROWN: at most %d", allowed(was))
		case is < was:
			verdict = "less: renew the figures to keep it"
		}
		if verdict[0] == 'N' || verdict[0] == 'G' {
			wrong++
		}
		fmt.Printf("%-44s %7d was %7d  %s\n", name, is, was, verdict)
	}
	for _, name := range slices.Sorted(maps.Keys(committed)) {
		if _, there := measured[name]; !there {
			wrong++
			fmt.Printf("%-44s %7s was %7d  GONE\n", name, "-", committed[name])
		}
	}
	if wrong > 0 {
		return fmt.Errorf("%d benchmarks are not as %s says; if that is meant: go run ./tools/allocs -update", wrong, figures)
	}
	return nil
}

// allowed is how many allocations pass where there were so many: a little more of
// many, since goroutines that meet by chance take one more now and then; of a few,
// none.
func allowed(was int) int { return was + was*2/100 }

func format(measured map[string]int) []byte {
	var b bytes.Buffer
	b.WriteString("# Allocations per operation. Renew: go run ./tools/allocs -update\n")
	for _, name := range slices.Sorted(maps.Keys(measured)) {
		fmt.Fprintf(&b, "%s %d\n", name, measured[name])
	}
	return b.Bytes()
}

func parse(text []byte) (map[string]int, error) {
	committed := map[string]int{}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		line := lines.Text()
		if line == "" || line[0] == '#' {
			continue
		}
		at := strings.LastIndexByte(line, ' ')
		n, err := strconv.Atoi(line[at+1:])
		if err != nil || at < 0 {
			return nil, fmt.Errorf("%s: %q is no figure", figures, line)
		}
		committed[line[:at]] = n
	}
	return committed, nil
}
