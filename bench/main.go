// Command bench measures the facade beside its peers, on this machine, and says
// how it does against its goals. All that it starts is on loopback, and ends with
// it. From the root of the repository:
//
//	go run -C bench .            everything, in at most 10 minutes
//	go run -C bench . -quick     less exactly, in at most 2
//	go run -C bench . -write     also writes docs/PERFORMANCE.md and its plots
//	go run -C bench . -overload  five times as many calls as it can answer
//	go run -C bench . -promises  what is promised in milliseconds
//	go run -C bench . -checks    session checks from the cache, in at most 6; -checks=steady,cpu does some rows
//	go run -C bench . -affinity  which part of session checks three replicas know, by how they are found, in at most 6
//	go run -C bench . -profile=grpc/get/64
//	go run -C bench . -builds=/tmp/old,/tmp/new    builds of the facade beside one another
//
// The processes that it measures, and the load generator, are this program too.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// roles are what this program is when it has been started by itself.
var roles = map[string]func(args []string) error{
	"upstream":   runStub,
	vanguardName: runVanguard,
	proxyName:    runProxy,
	grpcName:     runBareGRPC,
	serverName:   runBareHTTP,
	"load":       runLoad,
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) > 0 && roles[args[0]] != nil {
		return roles[args[0]](args[1:])
	}
	o, err := parse(args)
	if err != nil {
		return err
	}
	longest := 10 * time.Minute
	if o.quick && !o.checks {
		longest = 2 * time.Minute
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	b, err := newBench(ctx, o.quick)
	if err != nil {
		return err
	}
	defer b.close()
	return b.run(o)
}

// run measures what is asked for.
func (b *bench) run(o *options) error {
	switch {
	case o.checks:
		return b.sessionChecks(o.rows, o.write)
	case o.affinity:
		return b.affinity()
	case o.overload:
		return b.overload()
	case o.promises:
		return b.promises()
	case o.builds != "":
		return b.builds(o.builds)
	case o.profile != "":
		return b.profile(o.profile)
	}
	return b.compare(o.write)
}

// options are what is asked for on the command line.
type options struct {
	quick, write, overload, promises, checks, affinity bool

	profile, builds string
	rows            string // of checks; "" is all
}

func parse(args []string) (*options, error) {
	o, flags := &options{}, flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.BoolVar(&o.quick, "quick", false, "measure less exactly, in at most 2 minutes")
	flags.BoolVar(&o.write, "write", false, "write docs/PERFORMANCE.md and its plots")
	flags.BoolVar(&o.overload, "overload", false, "measure what is left under five times the load")
	flags.BoolVar(&o.promises, "promises", false, "measure what is promised in milliseconds")
	flags.BoolVar(&o.affinity, "affinity", false, "measure which part of session checks replicas know, by how callers find them")
	flags.StringVar(&o.profile, "profile", "", "profile the facade: `protocol/op/in-flight[/delay]`, for example grpc/get/64, into bin/")
	flags.StringVar(&o.builds, "builds", "", "compare `binaries` of the facade, separated by commas")
	flags.BoolFunc("checks", "measure session checks, or only the `rows` named, separated by commas", func(value string) error {
		if o.checks = value != "false"; value != "true" {
			o.rows = value
		}
		return nil
	})
	return o, flags.Parse(args)
}

// compare measures all systems, prints the report and, if asked to, writes it.
func (b *bench) compare(write bool) error {
	if err := b.startAll(); err != nil {
		return err
	}
	began, r := time.Now(), &report{bench: b}
	var err error
	if r.footprint, err = b.measureFootprint(); err != nil {
		return fmt.Errorf("footprint: %w", err)
	}
	if r.plots, err = b.measureScale(); err != nil {
		return fmt.Errorf("scale: %w", err)
	}
	fmt.Fprintf(os.Stderr, "measured by itself in %s; now beside the peers\n", time.Since(began).Round(time.Second))
	if r.cells, err = b.measureCells(); err != nil {
		return fmt.Errorf("comparison: %w", err)
	}
	fmt.Print(r.text())
	if write {
		err = r.write()
	}
	return err
}
