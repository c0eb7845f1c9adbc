package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/wingspan-grpc/session-facade/test/httpclient"
)

// profile takes profiles of the facade under a load, "grpc/get/64", or with a
// delay in the upstream, "rest/get/2000/50ms", or of hits, "grpc/check/64": processor time into bin/cpu.pprof,
// what is in use meanwhile into bin/heap.pprof, all that was allocated into
// bin/allocs.pprof.
func (b *bench) profile(what string) error {
	seconds := 10
	if b.quick {
		seconds = 4
	}
	j, err := profileJob(what, time.Duration(seconds)*time.Second)
	if err != nil {
		return err
	}
	args := []string{"--pprof"}
	if j.Op == opCheck {
		args, j.Checks = append(args, unpaced...), &checks{Prefix: "profile", Tokens: checkedSessions, Zipf: true}
	}
	facade, err := b.startFacade(b.secureURL(), args...) // production's path
	if err != nil {
		return err
	}
	defer facade.stop()
	taken := make(chan error, 1)
	go func() {
		time.Sleep(j.Warmup)
		taken <- errors.Join(
			b.save(facade, fmt.Sprintf("profile?seconds=%d", seconds-2), "cpu.pprof"),
			b.save(facade, "heap?gc=1", "heap.pprof"))
	}()
	r, err := b.load(j, facade)
	if err != nil {
		return err
	}
	fmt.Printf("%s µs of CPU per call, %s calls/s\n", number(perCall(0, r)), number(rate(*r)))
	if err := <-taken; err != nil {
		return err
	}
	return b.save(facade, "allocs", "allocs.pprof")
}

// profileJob makes the job that is named by its protocol, its op, the calls in flight
// and, perhaps, the delay.
func profileJob(what string, takes time.Duration) (job, error) {
	parts := strings.Split(what, "/")
	if len(parts) != 3 && len(parts) != 4 {
		return job{}, fmt.Errorf("%q is no protocol/op/in-flight or protocol/op/in-flight/delay", what)
	}
	j := job{System: facadeName, Protocol: parts[0], Op: parts[1], List: 1000, Warmup: time.Second, Measure: takes}
	var err error
	if j.InFlight, err = strconv.Atoi(parts[2]); err == nil && len(parts) == 4 {
		j.Delay, err = time.ParseDuration(parts[3])
	}
	return j, err
}

// save writes a profile into bin/ at the root of the repository.
func (b *bench) save(facade *child, query, name string) error {
	text, err := b.admin(facade, "/debug/pprof/"+query)
	if err != nil {
		return err
	}
	if err := os.MkdirAll("../bin", 0o750); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join("../bin", name), text, 0o600)
}

// admin asks the facade's admin port.
func (b *bench) admin(facade *child, path string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+facade.Admin+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := httpclient.Shared.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", path, response.Status)
	}
	return text, err
}
