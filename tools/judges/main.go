package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/wingspan-grpc/session-facade/tools/judges/internal/judge"
	"github.com/wingspan-grpc/session-facade/tools/judges/internal/testbed"
)

func main() {
	var o options
	flag.BoolVar(&o.quick, "quick", false, "run those that take seconds")
	flag.StringVar(&o.only, "only", "", "run the judge of this `name`")
	flag.BoolVar(&o.write, "write", false, "write "+pagePath)
	flag.BoolVar(&o.planted, "planted", false, "plant a mistake, which a judge must catch")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "judges:", err)
		os.Exit(1) //nolint:gocritic // nothing is left to stop
	}
}

type options struct {
	quick, write, planted bool
	only                  string
}

func run(ctx context.Context, o options) error {
	if o.planted {
		return showPlanted(ctx)
	}
	e, err := testbed.New()
	if err != nil {
		return err
	}
	defer e.Close()
	counts, err := readCounts()
	if err != nil {
		return err
	}
	chosen, wrong := choose(o), 0
	if len(chosen) == 0 {
		return fmt.Errorf("there is no judge %q", o.only)
	}
	for _, j := range chosen {
		before := counts[j.name].passed + counts[j.name].expected
		if o.write {
			before = 0
		}
		r, ran := ask(ctx, e, j, before)
		wrong += len(r.wrong)
		if ran {
			counts[j.name] = count{r.passed, r.expected}
		}
	}
	if wrong > 0 {
		return fmt.Errorf("%d findings are not as the table says", wrong)
	}
	if o.write {
		return writePage(counts)
	}
	return checkPage()
}

func choose(o options) []entry {
	var chosen []entry
	for _, j := range judges() {
		if o.only == "" && (j.quick || !o.quick) || o.only == j.name {
			chosen = append(chosen, j)
		}
	}
	return chosen
}

// ask runs a judge and prints what it finds.
func ask(ctx context.Context, e *testbed.Env, j entry, before int) (r result, ran bool) {
	start := time.Now()
	v := &judge.Verdict{Failed: map[string]string{}}
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	err := e.Install(ctx, j.tools)
	if errors.Is(err, testbed.ErrUnavailable) && os.Getenv("CI") != "true" {
		fmt.Printf("\n*** %s IS NOT ASKED: %v ***\n", j.name, err)
		return r, false
	}
	if err == nil {
		err = j.run(ctx, e, v)
	}
	if err != nil {
		r.wrong = []string{err.Error()}
	} else {
		r = against(v, expected[j.name], before)
	}
	fmt.Printf("%-20s %5d passed, %3d fail as expected, %5.1f s\n", j.name, r.passed, r.expected, time.Since(start).Seconds())
	for _, line := range r.wrong {
		fmt.Printf("  %s\n", line)
	}
	return r, true
}
