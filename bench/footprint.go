package main

import (
	"context"
	"net/http"
	"os"
	"time"

	"github.com/wingspan-grpc/session-facade/test/httpclient"
)

const (
	manyInFlight = 2000
	manyDelay    = 50 * time.Millisecond
)

// footprint is what the facade takes beside processor time.
type footprint struct {
	ready     float64            // milliseconds from start to ready
	idle      float64            // KiB of memory before the first call
	binary    float64            // bytes
	perCall   map[string]float64 // KiB for each call in flight, by protocol
	rates     map[string]float64 // calls in a second meanwhile, by protocol
	opened    map[string]float64 // connections to the upstream for 1,000 calls, by protocol
	perCallOf map[string]float64 // the same by protocol, of the peer
	peerOf    map[string]string
}

func (b *bench) measureFootprint() (*footprint, error) {
	f := &footprint{perCall: map[string]float64{}, rates: map[string]float64{}, opened: map[string]float64{}, perCallOf: map[string]float64{},
		peerOf: map[string]string{protocolGRPC: vanguardName, protocolREST: proxyName}}
	info, err := os.Stat(b.binary)
	if err != nil {
		return nil, err
	}
	f.binary = float64(info.Size())
	if err := b.measureStart(f); err != nil {
		return nil, err
	}
	for _, protocol := range []string{protocolGRPC, protocolREST} {
		if err := b.measureMany(f, protocol); err != nil {
			return nil, err
		}
		j := job{System: facadeName, Protocol: protocol, Op: opGet, InFlight: 64, Warmup: 4 * b.warmup, Measure: b.measure}
		r, err := b.load(j, b.secure[facadeName])
		if err != nil {
			return nil, err
		}
		f.opened[protocol] = float64(r.Opened) * 1000 / float64(r.Calls)
	}
	return f, nil
}

// measureStart starts the facade several times. It listens where it is told to,
// so that it can be asked from the first moment on.
func (b *bench) measureStart(f *footprint) error {
	var ready, idle []float64
	for range 3 * b.repeats {
		listener, err := listen()
		if err != nil {
			return err
		}
		admin := listener.Addr().String()
		_ = listener.Close() // the facade gets the port
		began, done := time.Now(), make(chan time.Duration, 1)
		go func() { done <- b.awaitReady(admin, began) }()
		facade, err := b.startFacade(b.secureURL(), "--admin-addr="+admin)
		if err != nil {
			return err
		}
		ready = append(ready, float64((<-done).Microseconds())/1e3)
		time.Sleep(b.measure / 2) // idle
		kib, err := memory(facade.pid(), "VmRSS")
		facade.stop()
		if err != nil {
			return err
		}
		idle = append(idle, kib)
	}
	f.ready, f.idle = median(ready), median(idle)
	return nil
}

// awaitReady asks until the facade is ready, and tells how long that took.
func (b *bench) awaitReady(admin string, began time.Time) time.Duration {
	for time.Since(began) < 10*time.Second {
		ctx, cancel := context.WithTimeout(b.ctx, time.Second)
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+admin+"/readyz", http.NoBody)
		if err == nil {
			response, err := httpclient.Shared.Do(request)
			if err == nil {
				_ = response.Body.Close()
				if response.StatusCode == http.StatusOK {
					cancel()
					return time.Since(began)
				}
			}
		}
		cancel()
		time.Sleep(time.Millisecond)
	}
	return time.Since(began)
}

// measureMany holds many calls in flight and tells how much memory each takes:
// what a process that has answered a few has grown by, at most.
func (b *bench) measureMany(f *footprint, protocol string) error {
	for _, name := range []string{facadeName, f.peerOf[protocol]} {
		var grown, rates []float64
		for range b.repeats {
			perCall, calls, err := b.growth(name, protocol, b.secureURL())
			if err != nil {
				return err
			}
			grown, rates = append(grown, perCall), append(rates, calls)
			if name != facadeName {
				break // nobody's goal
			}
		}
		if name == facadeName {
			f.perCall[protocol], f.rates[protocol] = median(grown), median(rates)
		} else {
			f.perCallOf[protocol] = median(grown)
		}
	}
	return nil
}

func (b *bench) growth(name, protocol, upstream string) (perCall, calls float64, err error) {
	fresh, err := b.startOne(name, upstream)
	if err != nil {
		return 0, 0, err
	}
	defer fresh.stop()
	j := job{System: name, Protocol: protocol, Op: opGet, InFlight: 1, Warmup: b.warmup, Measure: b.warmup}
	if _, err := b.load(j, fresh); err != nil {
		return 0, 0, err
	}
	before, err := memory(fresh.pid(), "VmRSS")
	if err != nil {
		return 0, 0, err
	}
	j.InFlight, j.Delay, j.Warmup, j.Measure = manyInFlight, manyDelay, time.Second, max(time.Second, b.measure)
	r, err := b.load(j, fresh)
	if err != nil {
		return 0, 0, err
	}
	return (r.HighMemory - before) / manyInFlight, rate(*r), nil
}
