package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// builds compares builds of the facade with one another, the first with the rest,
// so that what a change has brought can be told from the moods of the machine:
// they run at the same time, and take turns. Paths are seen from this module's folder.
func (b *bench) builds(list string) error {
	b.warmup, b.measure, b.rounds = 100*time.Millisecond, 400*time.Millisecond, 9
	paths := strings.Split(list, ",")
	for _, upstream := range []string{b.secureURL(), b.plainURL()} { // production's first
		if err := b.compareBuilds(paths, upstream); err != nil {
			return err
		}
	}
	return nil
}

// compareBuilds compares builds in front of one upstream.
func (b *bench) compareBuilds(paths []string, upstream string) error {
	fmt.Println(map[string]string{b.secureURL(): "over TLS + HTTP/2:", b.plainURL(): "over plain HTTP/1.1:"}[upstream])
	running := make([]*child, len(paths))
	for i, path := range paths {
		var err error
		b.binary = path
		if running[i], err = b.startFacade(upstream); err != nil {
			return err
		}
		defer running[i].stop()
		if err := b.warm(facadeName, running[i]); err != nil {
			return err
		}
	}
	for _, protocol := range []string{protocolGRPC, protocolREST} {
		for _, j := range []job{{Op: opGet}, {Op: opCreate}, {Op: opList, List: 20}, {Op: opList, List: 1000}, {Op: opEnd}} {
			j.System, j.Protocol, j.InFlight, j.AtLeast = facadeName, protocol, 64, 64
			j.Warmup, j.Measure = b.warmup, b.measure
			if err := b.takeTurns(j, paths, running); err != nil {
				return err
			}
		}
		if err := b.compareGrowth(protocol, paths, upstream); err != nil {
			return err
		}
	}
	return nil
}

// compareGrowth prints how much memory a call in flight takes each build.
func (b *bench) compareGrowth(protocol string, paths []string, upstream string) error {
	fmt.Printf("%-4s memory", protocol)
	for _, path := range paths {
		b.binary = path
		var grown []float64
		for range b.repeats {
			perCall, _, err := b.growth(facadeName, protocol, upstream)
			if err != nil {
				return err
			}
			grown = append(grown, perCall)
		}
		fmt.Printf("  %s %s KiB", filepath.Base(path), number(median(grown)))
	}
	fmt.Println()
	return nil
}

// takeTurns prints what a call costs each build at least, since what else the
// machine does only adds to it, and that as a part of the first's.
func (b *bench) takeTurns(j job, paths []string, running []*child) error {
	cpu := make([][]float64, len(paths))
	for range b.rounds {
		for i, process := range running {
			r, err := b.load(j, process)
			if err != nil {
				return err
			}
			cpu[i] = append(cpu[i], perCall(0, r))
		}
	}
	fmt.Printf("%-4s %-6s", j.Protocol, j.Op)
	for i, path := range paths {
		fmt.Printf("  %s %s µs (%.3f)", filepath.Base(path), number(slices.Min(cpu[i])), slices.Min(cpu[i])/slices.Min(cpu[0]))
	}
	fmt.Println()
	return nil
}
