//go:build unix

// Command replicas measures what replicas of the facade share. It starts a server of Redis,
// three facades, each with a proxy towards it, and an upstream, all on loopback; calls them, makes what they
// share fail in many ways, and prints what it measured beside what is wanted. It exits with 1
// where something is not as wanted.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/wingspan-grpc/session-facade/tools/internal/server"
)

// scale is how much is measured.
type scale struct {
	ttl            time.Duration
	tokens         int     // that are checked
	rate           float64 // checks a second
	warm, measured time.Duration
	signOuts       int
	shared         int // checks of what another replica has asked for
	faults         int
}

var (
	full  = scale{30 * time.Second, 2000, 5000, 40 * time.Second, 60 * time.Second, 1000, 3000, 100}
	quick = scale{10 * time.Second, 600, 5000, 15 * time.Second, 10 * time.Second, 100, 500, 12}
)

// row measures one or more figures.
type row struct {
	name    string
	measure func(context.Context, *run) error
}

var rows = []row{
	{"affinity", affinityLoad},
	{"turns", turnsLoad},
	{"shared", sharedChecks},
	{"ends", signOuts},
	{"restart", rollingRestart},
	{"faults", faults},
}

// run is one run of the command.
type run struct {
	scale
	seed    uint64
	dir     string
	binary  string
	cluster *cluster // of those that share, for what does not make it fail
	figures []figure
	notes   []string
}

// longest is how long a run takes at most.
const longest = 20 * time.Minute

// ownGC lets the heap grow: what collects it takes from the replicas.
const ownGC = 1000

func main() {
	small := flag.Bool("quick", false, "Measure less, in some two minutes.")
	write := flag.Bool("write", false, "Write the table into docs/SCALING.md.")
	only := flag.String("only", "", "Names of what to measure, separated by commas: affinity, turns, shared, ends, restart, faults. Empty is all.")
	seed := flag.Uint64("seed", 1, "What decides which faults come when.")
	flag.Parse()
	if os.Getenv(isSupervised) == "" {
		os.Exit(supervised())
	}
	debug.SetGCPercent(ownGC)
	r := &run{scale: full, seed: *seed}
	if *small {
		r.scale = quick
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ctx, cancel := context.WithTimeout(ctx, longest)
	err := r.all(ctx, *only)
	if len(r.figures) > 0 {
		fmt.Print(r.table())
	}
	if *write && (err == nil || errors.Is(err, errMissed)) {
		err = errors.Join(err, r.write())
	}
	cancel()
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "replicas:", err)
		os.Exit(1)
	}
}

// errMissed says that a figure is not as wanted.
var errMissed = errors.New("not all is as wanted")

// all measures the rows of given names, or all.
func (r *run) all(ctx context.Context, only string) (err error) {
	if r.dir, err = os.MkdirTemp("", "replicas"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(r.dir) }()
	if err := tryRedis(r.dir); err != nil {
		return err
	}
	if r.binary, err = server.Build(ctx, r.dir); err != nil {
		return err
	}
	defer r.end()
	names := strings.Split(only, ",")
	for _, row := range rows {
		if only != "" && !slices.Contains(names, row.name) {
			continue
		}
		began := time.Now()
		if err := row.measure(ctx, r); err != nil {
			return fmt.Errorf("%s: %w", row.name, err)
		}
		fmt.Fprintf(os.Stderr, "%s took %s\n", row.name, time.Since(began).Round(time.Second))
	}
	if slices.ContainsFunc(r.figures, func(f figure) bool { return !f.met() }) {
		return errMissed
	}
	return nil
}
