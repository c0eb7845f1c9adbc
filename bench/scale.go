package main

import (
	"fmt"
	"time"
)

// point is one measurement of a curve.
type point struct{ x, y float64 }

// curve is how a cost grows.
type curve struct {
	name   string
	points []point
}

// plot is a picture of curves over one axis.
type plot struct {
	file, title, x, y string
	curves            []curve
}

// series says what a plot is made of: one job for each x.
type series struct {
	plot
	protocols []string
	at        []float64
	job       func(x float64) job
	value     func(x float64, r *result) float64
}

// perCall is processor time in microseconds for a call.
func perCall(_ float64, r *result) float64 { return r.CPU / float64(r.Calls) * 1e6 }

func allSeries() []series {
	both := []string{protocolGRPC, protocolREST}
	const y = "µs of CPU per call"
	return []series{
		{plot{file: "scale-in-flight", title: "Calls in flight", x: "calls in flight", y: y}, both, []float64{1, 4, 16, 64, 256, 1024},
			func(x float64) job { return job{Op: opGet, InFlight: int(x)} }, perCall},
		{plot{file: "scale-list", title: "List length", x: "sessions in the list", y: y}, both, []float64{1, 10, 100, 1000, 5000},
			func(x float64) job { return job{Op: opList, List: int(x), InFlight: 8} }, perCall},
		{plot{file: "scale-body", title: "Request body", x: "KiB in the request", y: y}, both, []float64{1, 4, 16, 64, 256, 1024},
			func(x float64) job { return job{Op: opCreate, BodyBytes: int(x) << 10, InFlight: 8} }, perCall},
		{plot{file: "scale-delay", title: "Upstream delay", x: "ms in the upstream", y: y}, both, []float64{1, 5, 20, 100},
			func(x float64) job {
				return job{Op: opGet, InFlight: 256, Delay: time.Duration(x * float64(time.Millisecond))}
			}, perCall},
		{plot{file: "scale-connections", title: "Connections of gRPC callers", x: "connections, 64 calls in flight", y: y}, []string{protocolGRPC}, []float64{1, 4, 16, 64},
			func(x float64) job { return job{Op: opGet, InFlight: 64, Connections: int(x)} }, perCall},
	}
}

// measureScale measures how the facade's cost grows.
func (b *bench) measureScale() ([]plot, error) {
	var plots []plot
	for _, s := range allSeries() {
		p := s.plot
		for _, protocol := range s.protocols {
			c := curve{name: map[string]string{protocolGRPC: "gRPC", protocolREST: "REST"}[protocol]}
			for _, x := range s.at {
				j := s.job(x)
				j.System, j.Protocol, j.Warmup, j.Measure, j.AtLeast = facadeName, protocol, b.warmup, b.measure/2, j.InFlight
				r, err := b.load(j, b.secure[facadeName])
				if err != nil {
					return nil, fmt.Errorf("%s: %w", s.title, err)
				}
				c.points = append(c.points, point{x, s.value(x, r)})
			}
			p.curves = append(p.curves, c)
		}
		plots = append(plots, p)
	}
	return plots, nil
}
