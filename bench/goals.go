package main

import (
	"fmt"
	"strings"
)

// goal is a figure that the facade is to stay under.
type goal struct {
	what     string
	most     float64
	measured float64
	unit     string
	// alone is what the libraries of the facade come to without it; 0 where that says
	// nothing.
	alone float64
}

// goals compares what was measured with what is wanted.
func (r *report) goals() []goal {
	get := func(protocol string, secure bool) *cell { return r.find(opGet, 0, protocol, 64, secure) }
	list, single := r.find(opList, 1000, protocolGRPC, 64, true), r.find(opGet, 0, protocolREST, 1, false)
	f := r.footprint
	alone := func(protocol string, secure bool, peer string) float64 {
		server, client := r.libraries(protocol, secure)
		theirs, _ := get(protocol, secure).cpu(peer)
		return (server + client) / theirs
	}
	return []goal{
		{"gRPC GET, CPU per call, to Vanguard", 0.42, get(protocolGRPC, true).ratio(vanguardName), "", alone(protocolGRPC, true, vanguardName)},
		{"gRPC list of 1,000, to Vanguard", 0.40, list.ratio(vanguardName), "", 0},
		{"REST GET, to httputil.ReverseProxy", 1.30, get(protocolREST, true).ratio(proxyName), "", alone(protocolREST, true, proxyName)},
		{"gRPC GET, to its libraries alone", 1.25, r.toLibraries(protocolGRPC), "", 1},
		{"REST GET, to its libraries alone", 1.25, r.toLibraries(protocolREST), "", 1},
		{"gRPC GET, plain HTTP/1.1, to Vanguard", 0.60, get(protocolGRPC, false).ratio(vanguardName), "", alone(protocolGRPC, false, vanguardName)},
		{"Connect GET in JSON, to Vanguard", 0.90, get(protocolConnect, true).ratio(vanguardName), "", 0},
		{"gRPC-Web GET, to Vanguard", 0.80, get(protocolGRPCWeb, true).ratio(vanguardName), "", 0},
		{"memory per call in flight, gRPC", 84, f.perCall[protocolGRPC], "KiB", 0},
		{"memory per call in flight, REST", 123, f.perCall[protocolREST], "KiB", 0},
		{"p50 added over the upstream, one REST GET at a time, plain HTTP/1.1, to ReverseProxy's", 1.25, single.added(facadeName) / single.added(proxyName), "", 0},
		{"new upstream connections for 1,000 calls, gRPC", 1, f.opened[protocolGRPC], "", 0},
		{"new upstream connections for 1,000 calls, REST", 1, f.opened[protocolREST], "", 0},
		{"ready after start", 18, f.ready, "ms", 0},
		{"idle memory", 26, f.idle / 1024, "MiB", 0},
		{"binary", 26, f.binary / (1 << 20), "MiB", 0},
	}
}

// libraries is the processor time of a GET's two halves, each by its library alone.
func (r *report) libraries(protocol string, secure bool) (server, client float64) {
	// The client's cells are gRPC's: the call to the upstream is the same.
	client, _ = r.find(opGet, 0, protocolGRPC, 64, secure).cpu(clientName)
	name := map[string]string{protocolGRPC: grpcName, protocolREST: serverName}[protocol]
	server, _ = r.find(opGet, 0, protocol, 64, secure).cpu(name)
	return server, client
}

func (r *report) toLibraries(protocol string) float64 {
	ours, _ := r.find(opGet, 0, protocol, 64, true).cpu(facadeName)
	server, client := r.libraries(protocol, true)
	return ours / (server + client)
}

// find is the cell of a kind of call.
func (r *report) find(op string, list int, protocol string, inFlight int, secure bool) *cell {
	for _, c := range r.cells {
		if c.job.Op == op && c.job.List == list && c.job.Protocol == protocol && c.job.InFlight == inFlight && c.secure == secure {
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
	if g.measured <= g.most {
		return "yes"
	}
	return "**no**"
}

func goalTable(goals []goal) string {
	var b strings.Builder
	b.WriteString("| | goal | measured | met? | the libraries alone |\n|---|--:|--:|---|--:|\n")
	for _, g := range goals {
		unit := ""
		if g.unit != "" {
			unit = " " + g.unit
		}
		alone := "–"
		if g.alone > 0 {
			alone = number(g.alone)
		}
		fmt.Fprintf(&b, "| %s | ≤ %s%s | %s%s | %s | %s |\n", g.what,
			number(g.most), unit, number(g.measured), unit, g.verdict(), alone)
	}
	return b.String()
}
