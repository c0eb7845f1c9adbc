package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// The systems that are measured.
const (
	facadeName   = "facade"
	vanguardName = "vanguard"
	proxyName    = "proxy"
	upstreamName = "upstream" // called directly
)

// The protocols by which they are called.
const (
	protocolGRPC    = "grpc"
	protocolREST    = "rest"
	protocolConnect = "connect" // in JSON
	protocolGRPCWeb = "grpcweb"
)

// protocolNames are the protocols in words.
var protocolNames = map[string]string{protocolGRPC: "gRPC", protocolREST: "REST", protocolConnect: "Connect in JSON", protocolGRPCWeb: "gRPC-Web"}

// bench holds what runs, and for how long it measures.
type bench struct {
	ctx             context.Context
	deadline        time.Time
	quick           bool
	warmup, measure time.Duration
	rounds          int
	repeats         int // of what is measured outside of rounds
	perCaller       int // calls that each caller makes at least
	roundsDone      int

	dir, ca string
	binary  string // the facade
	self    string
	cores   cores

	upstream *child
	plain    map[string]*child // by name, in front of the plain upstream
	secure   map[string]*child // in front of the one over TLS and HTTP/2
}

func newBench(ctx context.Context, quick bool) (*bench, error) {
	b := &bench{ctx: ctx, quick: quick, warmup: 250 * time.Millisecond, measure: 800 * time.Millisecond, rounds: 7, repeats: 3, perCaller: 3,
		cores: findCores(), plain: map[string]*child{}, secure: map[string]*child{}}
	if quick {
		b.warmup, b.measure, b.rounds, b.repeats, b.perCaller = 50*time.Millisecond, 200*time.Millisecond, 3, 1, 1
	}
	b.deadline, _ = ctx.Deadline()
	var err error
	if b.self, err = os.Executable(); err != nil {
		return nil, err
	}
	if b.dir, err = os.MkdirTemp("", "bench"); err != nil {
		return nil, err
	}
	b.ca, b.binary = filepath.Join(b.dir, "ca.pem"), filepath.Join(b.dir, "server")
	if err := errors.Join(b.build(), b.keepAway(), b.startUpstream()); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

// build builds the facade as it is shipped.
func (b *bench) build() error {
	build := exec.CommandContext(b.ctx, "go", "build", "-C", "..", "-trimpath", "-tags", "grpcnotrace", //nolint:gosec // a path of our own
		"-ldflags", "-s -w", "-o", b.binary, "./cmd/server")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building the facade: %w: %s", err, out)
	}
	return nil
}

// keepAway takes this process, which reads the log of what is measured, off the
// core of what is measured.
func (b *bench) keepAway() error {
	if b.cores.others == "" {
		return nil
	}
	out, err := exec.CommandContext(b.ctx, "taskset", "-a", "-p", "-c", b.cores.others, strconv.Itoa(os.Getpid())).CombinedOutput() //nolint:gosec // ourselves
	if err != nil {
		return fmt.Errorf("taskset: %w: %s", err, out)
	}
	return nil
}

func (b *bench) startUpstream() (err error) {
	b.upstream, err = start(b.ctx, b.cores.others, b.self, "upstream", b.ca)
	return err
}

func (b *bench) plainURL() string  { return "http://" + b.upstream.Plain }
func (b *bench) secureURL() string { return "https://" + b.upstream.Secure }

// startFacade starts the facade with production's defaults and what is given.
func (b *bench) startFacade(upstream string, args ...string) (*child, error) {
	args = append([]string{"--grpc-addr=127.0.0.1:0", "--http-addr=127.0.0.1:0", "--admin-addr=127.0.0.1:0", "--upstream-url=" + upstream}, args...)
	if upstream == b.secureURL() {
		args = append(args, "--upstream-ca="+b.ca)
	}
	return start(b.ctx, b.cores.measured, b.binary, args...)
}

func (b *bench) startPeer(name, upstream string) (*child, error) {
	return start(b.ctx, b.cores.measured, b.self, name, upstream, b.ca)
}

func (b *bench) startOne(name, upstream string) (*child, error) {
	if name == facadeName {
		return b.startFacade(upstream)
	}
	return b.startPeer(name, upstream)
}

// startAll starts each system in front of each upstream. One that is not called
// takes nothing.
func (b *bench) startAll() error {
	for upstream, into := range map[string]map[string]*child{b.plainURL(): b.plain, b.secureURL(): b.secure} {
		for _, name := range []string{facadeName, vanguardName, proxyName, grpcName, serverName} {
			started, err := b.startOne(name, upstream)
			if err != nil {
				return err
			}
			into[name] = started
			if err := b.warm(name, started); err != nil {
				return err
			}
		}
	}
	return nil
}

// warm calls a system until its heap, its pools and its connections are as they
// stay.
func (b *bench) warm(name string, system *child) error {
	for _, protocol := range []string{protocolGRPC, protocolREST} {
		if protocol == protocolGRPC && system.GRPC == "" || protocol == protocolREST && system.HTTP == "" {
			continue
		}
		j := job{System: name, Protocol: protocol, Op: opGet, InFlight: 64, Warmup: b.measure, Measure: b.warmup, AtLeast: 64}
		if _, err := b.load(j, system); err != nil {
			return err
		}
	}
	return nil
}

// close ends all processes.
func (b *bench) close() {
	for _, set := range []map[string]*child{b.plain, b.secure, {upstreamName: b.upstream}} {
		for _, c := range set {
			c.stop()
		}
	}
	_ = os.RemoveAll(b.dir)
}

// load runs a job by a load generator. Against is the process that is called, nil
// for the upstream itself.
func (b *bench) load(j job, against *child) (*result, error) {
	j.Control = b.upstream.Control
	core := b.cores.others
	switch {
	case j.System == clientName:
		j.CA, core = b.ca, b.cores.measured
	case against == nil:
		j.Address = b.upstream.Plain
	case j.Protocol == protocolGRPC:
		j.Address, j.PID = against.GRPC, against.pid()
	default:
		j.Address, j.PID = against.HTTP, against.pid()
	}
	text, err := json.Marshal(j)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(b.ctx, j.Warmup+j.Measure+time.Minute)
	defer cancel()
	generator := command(ctx, core, b.self, "load", string(text))
	if j.Yields {
		generator = command(ctx, b.cores.others, "nice", b.self, "load", string(text))
	}
	var failure bytes.Buffer
	generator.Stderr = &failure
	out, err := generator.Output()
	if err != nil {
		return nil, fmt.Errorf("%s, %s %s, %d in flight: %w: %s", j.System, j.Protocol, j.Op, j.InFlight, err, failure.Bytes())
	}
	r := &result{}
	return r, json.Unmarshal(out, r)
}
