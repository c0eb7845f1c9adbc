package main

import (
	"fmt"
	"strings"
)

// goal is a figure that the facade is to stay under, now and then.
type goal struct {
	what      string
	now, then float64
	measured  float64
	unit      string
}

// goals compares what was measured with what is wanted.
func (r *report) goals() []goal {
	get, list := r.find(opGet, 0, doorGRPC, 64, false), r.find(opList, 1000, doorGRPC, 64, false)
	rest, post := r.find(opGet, 0, doorREST, 64, false), r.find(opCreate, 0, doorREST, 64, false)
	secure, alone := r.find(opGet, 0, doorGRPC, 64, true), r.find(opGet, 0, doorREST, 1, false)
	f := r.footprint
	return []goal{
		{"gRPC GET, CPU per call, to Vanguard", 0.40, 0.25, get.ratio(vanguardName), ""},
		{"gRPC list of 1,000, to Vanguard", 0.25, 0.18, list.ratio(vanguardName), ""},
		{"REST GET, to httputil.ReverseProxy", 1.00, 0.75, rest.ratio(proxyName), ""},
		{"REST POST, to httputil.ReverseProxy", 1.05, 0.80, post.ratio(proxyName), ""},
		{"gRPC GET, upstream over TLS + HTTP/2, to Vanguard", 0.45, 0.30, secure.ratio(vanguardName), ""},
		{"memory per call in flight, gRPC", 44, 40, f.perCall[doorGRPC], "KiB"},
		{"memory per call in flight, REST", 72, 60, f.perCall[doorREST], "KiB"},
		{"p50 added over the upstream, one REST GET at a time, to ReverseProxy's", 1.1, 0.9, alone.added(facadeName) / alone.added(proxyName), ""},
		{"new upstream connections for 1,000 calls, gRPC", 1, 0, f.opened[doorGRPC], ""},
		{"new upstream connections for 1,000 calls, REST", 1, 0, f.opened[doorREST], ""},
		{"ready after start", 60, 40, f.ready, "ms"},
		{"idle memory", 30, 24, f.idle / 1024, "MiB"},
		{"binary", 28, 22, f.binary / (1 << 20), "MiB"},
	}
}

// find is the cell of a kind of call.
func (r *report) find(op string, list int, door string, inFlight int, secure bool) *cell {
	for _, c := range r.cells {
		if c.job.Op == op && c.job.List == list && c.job.Door == door && c.job.InFlight == inFlight && c.secure == secure {
			return c
		}
	}
	return &cell{}
}

// ratio is the facade's processor time per call to a peer's: of medians.
func (c *cell) ratio(peer string) float64 {
	ours, _ := c.cpu(facadeName)
	theirs, _ := c.cpu(peer)
	return ours / theirs
}

// added is how much longer a call takes than the upstream called directly.
func (c *cell) added(name string) float64 { return c.median(name, p50) - c.median(upstreamName, p50) }

func (g goal) verdict() string {
	switch {
	case g.measured <= g.then:
		return "yes, both"
	case g.measured <= g.now:
		return "yes"
	}
	return "**no**"
}

func goalTable(goals []goal) string {
	var b strings.Builder
	b.WriteString("| | goal | then | measured | met? |\n|---|--:|--:|--:|---|\n")
	for _, g := range goals {
		unit := ""
		if g.unit != "" {
			unit = " " + g.unit
		}
		fmt.Fprintf(&b, "| %s | ≤ %s%s | ≤ %s%s | %s%s | %s |\n", g.what,
			number(g.now), unit, number(g.then), unit, number(g.measured), unit, g.verdict())
	}
	return b.String()
}
