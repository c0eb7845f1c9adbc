package main

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// docs is where the report is written, seen from this module's folder.
const docs = "../docs"

// techniques is what does not change from run to run.
//
//go:embed techniques.md
var techniques string

// report is all that a run has measured.
type report struct {
	bench     *bench
	footprint *footprint
	plots     []plot
	cells     []*cell
}

// text is the report in Markdown.
func (r *report) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Performance\n\nMade by `go run -C bench . -write`; not edited by hand.\n\n%s\n", r.machine())
	b.WriteString("CPU is user and system time of the process that is measured, for a call, as the kernel tells it in /proc. " +
		"The facade runs as shipped, with its defaults on: access log, metrics, validation, limits, retries, breaker. " +
		"Its peers do none of that. Vanguard v0.4.0 translates in front of an httputil.ReverseProxy; " +
		"what is called ReverseProxy is one alone, translating nothing. Both keep as many idle connections as the facade does.\n\n")
	b.WriteString("Production's path is an upstream over TLS and HTTP/2. It comes first, and is meant wherever nothing else is said; plain HTTP/1.1 stands beside it.\n\n")
	b.WriteString("## Goals\n\n" + goalTable(r.goals()))
	b.WriteString("\n## What the libraries cost alone\n\n" + r.aloneTable())
	for _, protocol := range []string{protocolGRPC, protocolREST, protocolConnect, protocolGRPCWeb} {
		fmt.Fprintf(&b, "\n## %s\n\n%s", protocolNames[protocol], r.comparison(protocol))
	}
	b.WriteString(r.notes())
	b.WriteString("\n## Memory under many calls\n\n" + r.memory())
	b.WriteString("\n## How cost grows\n\nThe facade's alone; both axes are logarithmic, so what is in proportion is a slope, " +
		"and what is level costs the same whatever its number.\n")
	for _, p := range r.plots {
		fmt.Fprintf(&b, "\n![%s](%s.svg)\n", p.title+": "+p.y, p.file)
	}
	return b.String() + "\n" + techniques
}

// machine tells when and on what this was measured.
func (r *report) machine() string {
	pinned := "No process was bound to a core."
	if r.bench.cores.measured != "" {
		pinned = fmt.Sprintf("What is measured has core %s to itself; the upstream and the load generator, processes of their own, have core %s.",
			r.bench.cores.measured, r.bench.cores.others)
	}
	mode := ""
	if r.bench.quick {
		mode = " This was a quick run: its figures are rough."
	}
	return fmt.Sprintf("%s, on %s with %d cores, %s, %s/%s. %s %d rounds, the systems in turn within each; medians.%s\n",
		time.Now().UTC().Format(time.DateOnly), cpuModel(), runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH,
		pinned, r.bench.roundsDone, mode)
}

func cpuModel() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "an unknown processor"
	}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "an unknown processor"
}

// aloneTable sets a GET beside its two halves by the libraries alone.
func (r *report) aloneTable() string {
	var b strings.Builder
	b.WriteString("A GET with 64 in flight, CPU µs per call: a server that answers from memory, a client that calls the upstream for nobody, and the facade, " +
		"which does both and translates, checks, limits and logs between them.\n\n" +
		"| call | server alone | client alone (net/http) | both | facade | to both |\n|---|--:|--:|--:|--:|--:|\n")
	for _, protocol := range []string{protocolGRPC, protocolREST} {
		for _, secure := range []bool{true, false} {
			server, client := r.libraries(protocol, secure)
			c := r.find(opGet, 0, protocol, 64, secure)
			ours, _ := c.cpu(facadeName)
			name := map[string]string{protocolGRPC: "gRPC (grpc-go)", protocolREST: "REST (net/http)"}[protocol] + strings.TrimPrefix(c.name(), "GET one")
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %.2f |\n", name, number(server), number(client), number(server+client), number(ours), ours/(server+client))
		}
	}
	return b.String()
}

// comparison is the table of one protocol.
func (r *report) comparison(protocol string) string {
	var b strings.Builder
	if protocol != protocolREST {
		b.WriteString("| call | in flight | facade, CPU µs | Vanguard, CPU µs | to Vanguard | spread | p50 µs, facade | Vanguard | p99 µs, facade | Vanguard | calls/s, facade | Vanguard |\n" +
			"|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	} else {
		b.WriteString("| call | in flight | facade, CPU µs | ReverseProxy | Vanguard | to ReverseProxy | spread | p50 µs, facade | ReverseProxy | upstream itself | p99 µs, facade | ReverseProxy | calls/s, facade | ReverseProxy |\n" +
			"|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	}
	for _, c := range r.cells {
		if c.job.Protocol == protocol {
			b.WriteString(c.row())
		}
	}
	b.WriteString("\nSpread is how far apart the facade's own rounds are, as a part of their median.\n")
	return b.String()
}

func (c *cell) row() string {
	ours, spread := c.cpu(facadeName)
	micros := func(name string, figure func(result) float64) string { return figureOr(c.median(name, figure) * 1e6) }
	cpu := func(name string) string {
		value, _ := c.cpu(name)
		return figureOr(value)
	}
	peer := vanguardName
	columns := []string{c.name(), number(float64(c.job.InFlight)), number(ours), cpu(vanguardName)}
	if c.job.Protocol == protocolREST {
		peer = proxyName
		columns = []string{c.name(), number(float64(c.job.InFlight)), number(ours), cpu(proxyName), cpu(vanguardName)}
	}
	ratio := "–"
	if len(c.results[peer]) > 0 {
		ratio = fmt.Sprintf("%.2f", c.ratio(peer))
	}
	columns = append(columns, ratio, fmt.Sprintf("%.0f %%", spread*100), micros(facadeName, p50), micros(peer, p50))
	if c.job.Protocol == protocolREST {
		columns = append(columns, micros(upstreamName, p50))
	}
	columns = append(columns, micros(facadeName, p99), micros(peer, p99), figureOr(c.median(facadeName, rate)), figureOr(c.median(peer, rate)))
	return "| " + strings.Join(columns, " | ") + " |\n"
}

func figureOr(v float64) string {
	if v == 0 {
		return "–"
	}
	return number(v)
}

// notes tells which peers could not do what they were asked.
func (r *report) notes() string {
	missing := map[string]bool{}
	for _, c := range r.cells {
		for name := range c.failed {
			missing[fmt.Sprintf("%s by %s (%s)", c.name(), protocolNames[c.job.Protocol], name)] = true
		}
	}
	if len(missing) == 0 {
		return ""
	}
	var names []string
	for name := range missing {
		names = append(names, name)
	}
	return "\nA dash is a call that a peer does not answer as the contract says: " + strings.Join(names, "; ") + ".\n"
}

func (r *report) memory() string {
	f := r.footprint
	var b strings.Builder
	fmt.Fprintf(&b, "%s calls in flight, %s in the upstream: how much the process grows at most, by call in flight.\n\n", number(manyInFlight), manyDelay)
	b.WriteString("| protocol | facade, KiB | peer, KiB | calls/s, facade |\n|---|--:|--:|--:|\n")
	fmt.Fprintf(&b, "| gRPC | %s | %s (Vanguard) | %s |\n", number(f.perCall[protocolGRPC]), number(f.perCallOf[protocolGRPC]), number(f.rates[protocolGRPC]))
	fmt.Fprintf(&b, "| REST | %s | %s (ReverseProxy) | %s |\n", number(f.perCall[protocolREST]), number(f.perCallOf[protocolREST]), number(f.rates[protocolREST]))
	return b.String()
}

// write puts the report and its plots where the documents are, and keeps the section
// of session checks.
func (r *report) write() error {
	_, checks, err := splitReport()
	errs := []error{err, writeReport(r.text() + checks)}
	for _, p := range r.plots {
		errs = append(errs, os.WriteFile(filepath.Join(docs, p.file+".svg"), []byte(p.svg()), 0o644)) //nolint:gosec // as above
	}
	return errors.Join(errs...)
}
